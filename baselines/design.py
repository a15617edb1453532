"""The columns of a linear regression: numbers in their own unit, and a 0/1 column a label."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from greenlight_films.baselines.baseline import Stored
from greenlight_films.baselines.columns import matching
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, FeatureSpace
from greenlight_films.datamodules.feature_sets import block_columns

MOST_VALUES = 50
"""Of a column that nobody named: one with more labels is left out."""

TOLERANCE = 1e-7
"""Below this share of its length, what other columns leave of a column is rounding."""


class Design(Stored):
    """A constant, numbers, and labels; the first label of a column that always has exactly one is left out.

    Attributes:
        names: of the columns, the constant first.
        dense: places among the columns of numbers.
        labels: places among the label columns.
        references: by column, the label that the others are compared with.
    """

    stored = ("names", "dense", "labels", "references")

    def fit(self, training: Sample, patterns: Sequence[str] | None, option: str) -> Self:
        """Choose columns by patterns of the table's columns; by default numbers, and columns of up to 50 labels."""
        space = training.space
        chosen = matching(space, patterns, option)
        self.dense, kept = chosen.dense, [np.array([], int)]
        self.references: dict[str, str] = {}
        for block, places in zip(space.labels, block_columns(space.labels), strict=True):
            wanted = places[np.isin(places, chosen.labels)]
            if not len(wanted) or (patterns is None and len(wanted) > MOST_VALUES):
                continue
            in_cell = np.diff(training.films.labels[:, wanted].indptr)
            if (in_cell == 1).all():
                self.references[block.column] = space.label_names()[wanted[0]]
                wanted = wanted[1:]
            kept.append(wanted)
        self.labels = np.concatenate(kept)
        numbers, labels = np.array(_number_names(space), dtype=object), np.array(space.label_names(), dtype=object)
        self.names = ["const", *numbers[self.dense], *labels[self.labels]]
        return self

    @property
    def n_columns(self) -> int:
        return len(self.names)

    def matrix(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows, n_columns) float64."""
        constant = np.ones((films.n_rows, 1))
        return np.hstack([constant, films.unscaled[:, self.dense], films.labels[:, self.labels].toarray() != 0])


def _number_names(space: FeatureSpace) -> list[str]:
    """Return the names of numbers, with the logarithm that was taken."""
    both = zip(space.dense_names(), space.in_logarithms(), strict=True)
    return [f"log1p({name})" if is_log else name for name, is_log in both]


def dependent(matrix: np.ndarray, names: Sequence[str]) -> dict[int, str]:
    """Return the columns that are constant or a sum of earlier ones, by place, and why.

    Args:
        matrix: (n_rows, n_columns), the first column constant.
    """
    centred = matrix[:, 1:] - matrix[:, 1:].mean(0)
    length = np.sqrt((centred**2).sum(0))
    constant = length <= TOLERANCE * np.sqrt((matrix[:, 1:] ** 2).sum(0))
    found = {int(place) + 1: "never varies" for place in np.flatnonzero(constant)}
    kept = np.flatnonzero(~constant)
    unit = centred[:, kept] / length[kept]
    left = np.abs(np.diag(np.linalg.qr(unit, mode="r")))
    left = np.append(left, np.zeros(len(kept) - len(left)))
    alone = left > TOLERANCE
    for column in np.flatnonzero(~alone):
        before = np.flatnonzero(alone[:column])
        share = np.linalg.lstsq(unit[:, before], unit[:, column], rcond=None)[0]
        others = [names[kept[place] + 1] for place in before[np.abs(share) > TOLERANCE**0.5]]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        found[int(kept[column]) + 1] = f"is told by {', '.join(others[:3])}{more}"
    return found
