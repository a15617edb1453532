"""The rows that a classical model is fitted to or scored on: encoded films with their targets."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from sklearn.model_selection import GroupKFold

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, Films, Fitted, InputError, TargetScale


@dataclass(frozen=True)
class Sample:
    """Rows of one side of the split, or all that models learn from."""

    films: EncodedFilms
    actual: np.ndarray  # (n_rows,) float64, the target in its own unit
    film: np.ndarray  # (n_rows,) int64, the same for rows of the same film
    number: np.ndarray  # (n_rows,), the row's number in the table, from 1
    scale: TargetScale  # as for the network
    space: FeatureSpace  # names the columns of `films`
    weights: np.ndarray | None = None  # (n_rows,) float64, 0 or more with mean 1; None where all rows weigh the same
    validation: "Sample | None" = None  # of training rows: the rows by which settings are chosen
    year: np.ndarray | None = None  # (n_rows,) float64, where the split is by time

    @classmethod
    def of(cls, films: Films, fitted: Fitted, side: Literal["train", "val", "test", "learnt"]) -> "Sample":
        """Return the rows of one side, or those learnt from; training rows come with those that validate.

        What weighs 0 is in none but the test rows.
        """
        assert films.rows is not None
        rows = films.learnt if side == "learnt" else getattr(films.rows, side)
        if side != "test":
            rows = films.weighted(rows)
        film = films.film_codes()[rows]
        encoded = films.encoded.take(rows)
        given = None if films.weights is None else films.weights[rows]
        weights = None if given is None or not np.ptp(given) else given / given.mean()
        space = fitted.encoder.space
        validation = cls.of(films, fitted, "val") if side == "train" and len(films.weighted(films.rows.val)) else None
        year = films.years[rows] if films.years is not None and fitted.split.get("rule") == "TimeSplit" else None
        return cls(
            encoded, films.actual[rows], film, films.number[rows], fitted.scale, space, weights, validation, year
        )

    @cached_property
    def target(self) -> np.ndarray:
        """Return the scaled target, (n_rows,) float64."""
        return self.scale.forward(self.actual)

    @property
    def n_rows(self) -> int:
        return len(self.actual)

    def take(self, rows: np.ndarray) -> "Sample":
        """Return some rows, by index, without those that validate."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(
            self,
            films=self.films.take(rows),
            actual=self.actual[rows],
            film=self.film[rows],
            number=self.number[rows],
            weights=weights,
            validation=None,
            year=None if self.year is None else self.year[rows],
        )

    def choices(self) -> list[tuple["Sample", "Sample"]]:
        """Return the rows to fit and the rows to score by which settings are chosen.

        As for the network they are the training and the validation rows; without validation rows parts of the training
        rows as the split would make them: five folds of films, or by time five blocks of years and all years before.
        """
        if self.validation is not None:
            return [(self, self.validation)]
        is_by_time = self.year is not None and len(np.unique(self.year)) > 1
        parts = self.blocks_of_years(5) if is_by_time else self.folds(5)
        return [(self.take(train), self.take(held_out)) for train, held_out in parts]

    def blocks_of_years(self, n_blocks: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the rows of all years before a block of whole years, and those of the block, by index.

        Blocks have about as many rows each; there are fewer where there are fewer years.
        """
        assert self.year is not None
        ends = np.quantile(self.year, np.arange(1, n_blocks + 1) / (n_blocks + 1), method="lower")
        block = np.unique(np.searchsorted(ends, self.year), return_inverse=True)[1]
        return [
            (np.flatnonzero(block < number), np.flatnonzero(block == number)) for number in range(1, block.max() + 1)
        ]

    def folds(self, n_folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the other rows and the rows of each fold, by index; a film's rows stay together.

        With fewer films than `n_folds` there are as many folds as films; a single film is refused.
        """
        n_films = len(np.unique(self.film))
        if n_films < 2:
            raise InputError("its settings are chosen among 2 training films or more, got 1")
        folds = GroupKFold(min(n_folds, n_films), shuffle=True, random_state=0)
        return list(folds.split(np.empty(self.n_rows), groups=self.film))
