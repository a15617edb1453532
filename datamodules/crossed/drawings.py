"""Drawings of the training films into folds."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drawings:
    """Ways to cut the training films into folds, each of which is left out in turn.

    Attributes:
        fold: (n_drawings, n_train) int8, of each training row.
        n_folds: in each drawing.
    """

    fold: np.ndarray
    n_folds: int

    @classmethod
    def leave_one_out(cls, film: np.ndarray) -> "Drawings":
        """Leave out a film at a time, once: for labels of so few films that a tenth of all is too much to miss.

        Args:
            film: (n_train,) int64, the film of each training row as a code from 0, which is its fold.
        """
        return cls(film[None], int(film.max(initial=-1)) + 1)

    @classmethod
    def of_films(cls, film: np.ndarray, n_folds: int = 10, n_drawings: int = 4, seed: int = 0) -> "Drawings":
        """Draw folds of equal size at random; all rows of a film are in one.

        Args:
            film: (n_train,) int64, the film of each training row as a code from 0.
        """
        n_films = int(film.max(initial=-1)) + 1
        generator = np.random.default_rng(seed)
        of_films = np.stack([generator.permutation(n_films) % n_folds for _ in range(n_drawings)])
        return cls(of_films[:, film].astype(np.int8), n_folds)
