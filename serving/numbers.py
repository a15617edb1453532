"""`FilmNumber`: a number that a film's prediction goes by, and which of the table's columns it is read from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from greenlight_films.datamodules import FilmEncoder
from greenlight_films.datamodules.features import Date, Number


@dataclass(frozen=True)
class FilmNumber:
    """A number of films.

    Attributes:
        column: of the feature that it is of.
        name: its own, as contributions have it, such as `Released year`.
        index: among the dense columns.
        part: of a date, such as `year`; empty for a number.
        median: of training films, as it is encoded.
        log1p: whether it is encoded as a logarithm.
    """

    column: str
    name: str
    index: int
    part: str
    median: float
    log1p: bool

    @property
    def has_ends(self) -> bool:
        """Whether it can lie beyond those of other films: a season goes round."""
        return self.part != "season"

    def in_table(self, encoded: np.ndarray) -> np.ndarray:
        """Return encoded numbers as the table has them."""
        return np.expm1(encoded) if self.log1p else encoded


def numbers_of(encoder: FilmEncoder) -> Iterator[FilmNumber]:
    """Yield the numbers of columns of numbers and dates, in the order of the dense columns."""
    index = 0
    for feature, group in zip(encoder.features, encoder.space.groups, strict=True):
        for block in group:
            if block.kind == "number" and isinstance(feature, Number | Date):
                part = block.column.removeprefix(feature.column).strip() if isinstance(feature, Date) else ""
                log1p = isinstance(feature, Number) and feature.log1p
                yield FilmNumber(feature.column, block.column, index, part, block.fitted["median"], log1p)
            index += len(block.values) if block.kind != "label" else 0
