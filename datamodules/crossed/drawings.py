"""Drawings of the training films into folds."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drawings:
    """Ways to cut the training films into folds, for each of which something is fitted on other folds.

    Attributes:
        fold: (n_drawings, n_train) int8, of each training row.
        n_folds: in each drawing.
        is_ordered: whether folds are blocks of years, for which it is fitted on those before; else on all others.
    """

    fold: np.ndarray
    n_folds: int
    is_ordered: bool = False

    @classmethod
    def leave_one_out(cls, film: np.ndarray) -> "Drawings":
        """Leave out a film at a time, once: for labels of so few films that a tenth of all is too much to miss.

        Args:
            film: (n_train,) int64, the film of each training row as a code from 0, which is its fold.
        """
        return cls(film[None], int(film.max(initial=-1)) + 1)

    @classmethod
    def of_films(cls, film: np.ndarray, n_folds: int = 10, n_drawings: int = 4, seed: int = 0) -> "Drawings":
        """Draw folds of equal size at random; all rows of a film are in the same.

        Args:
            film: (n_train,) int64, the film of each training row as a code from 0.
        """
        n_films = int(film.max(initial=-1)) + 1
        generator = np.random.default_rng(seed)
        of_films = np.stack([generator.permutation(n_films) % n_folds for _ in range(n_drawings)])
        return cls(of_films[:, film].astype(np.int8), n_folds)

    @classmethod
    def of_years(cls, year: np.ndarray, n_folds: int = 10, n_drawings: int = 4) -> "Drawings":
        """Cut the years into blocks with about as many rows each; another drawing cuts elsewhere.

        Args:
            year: (n_train,) int64.
        """
        shares = (np.arange(1, n_folds) + (np.arange(n_drawings)[:, None] + 0.5) / n_drawings - 0.5) / n_folds
        cuts = np.quantile(year, shares, method="higher")
        fold = np.stack([np.searchsorted(cut, year, side="right") for cut in cuts])
        return cls(fold.astype(np.int8), n_folds, is_ordered=True)

    def fitted_on(self, drawing: int) -> np.ndarray:
        """Return the rows that are fitted on for each fold, (n_train, n_folds) bool."""
        fold, of_fit = self.fold[drawing][:, None], np.arange(self.n_folds)
        return fold < of_fit if self.is_ordered else fold != of_fit
