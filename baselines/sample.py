"""The rows that a classical model is fitted to or scored on: encoded films with their targets."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from sklearn.model_selection import GroupKFold

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, Films, Fitted, InputError, TargetScale

N_FOLDS = 5


@dataclass(frozen=True)
class Sample:
    """Rows of one side of the split.

    Attributes:
        actual: (n_rows,) float64, the target in its own unit.
        film: (n_rows,) int64, a number for each film; rows with the same number are of the same film.
        number: (n_rows,), the row's number in the table, from 1.
        scale: transforms and scales the target as for the network.
        space: names the columns of `films`.
    """

    films: EncodedFilms
    actual: np.ndarray
    film: np.ndarray
    number: np.ndarray
    scale: TargetScale
    space: FeatureSpace

    @classmethod
    def of(cls, films: Films, fitted: Fitted, side: Literal["train", "val", "test"]) -> "Sample":
        """Return the rows of one side."""
        assert films.rows is not None
        rows = getattr(films.rows, side)
        film = films.film_codes()[rows]
        encoded = films.encoded.take(rows)
        return cls(encoded, films.actual[rows], film, films.number[rows], fitted.scale, fitted.encoder.space)

    @cached_property
    def target(self) -> np.ndarray:
        """Return the scaled target, (n_rows,) float64."""
        return self.scale.forward(self.actual)

    @property
    def n_rows(self) -> int:
        return len(self.actual)

    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the rows to fit and the rows to score for five-fold cross-validation; a film's rows stay together.

        With fewer than five films there are as many folds as films.

        Raises:
            InputError: there is a single film.
        """
        n_films = len(np.unique(self.film))
        if n_films < 2:
            raise InputError("its settings are chosen among 2 training films or more, got 1")
        folds = GroupKFold(min(N_FOLDS, n_films), shuffle=True, random_state=0)
        return list(folds.split(np.empty(self.n_rows), groups=self.film))
