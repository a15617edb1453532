"""Films of one side, as classical models take them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, Films, Fitted, TargetScale


@dataclass(frozen=True)
class Sample:
    """Some rows of a table.

    Attributes:
        actual: (n_rows,) float64, the target in the original unit.
        film: (n_rows,) int64, what film a row belongs to: its rows are never torn apart to choose a setting.
        number: (n_rows,) the row's number in the table, from 1.
        scale: makes of the target what the network sees.
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
