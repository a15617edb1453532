"""A number put into intervals, each a 0/1 column."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import encode_values, vocabulary
from greenlight_films.datamodules.tables.cells import read_numbers
from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of


@dataclass(frozen=True)
class Bins(Feature[np.ndarray]):
    """A number put into intervals, each open below and closed above; a number outside of all has no label.

    Attributes:
        edges: ascending; `.inf` leaves the last interval open.
        labels: one an interval; by default its bounds.
    """

    reads_text = False
    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        refuse_bad_intervals(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> np.ndarray:
        return read_numbers(column)

    def fit(self, parsed: np.ndarray, train: np.ndarray) -> list[Block]:
        lists = put_into_intervals(parsed, self.edges, self.labels)
        return [Block(self.column, self.named_role, "label", vocabulary(lists, train))]

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        return [encode_values(put_into_intervals(parsed, self.edges, self.labels), blocks[0].values)]


def refuse_bad_intervals(column: str, edges: list[float], labels: list[str] | None) -> None:
    """Refuse edges that do not ascend, and labels that do not fit their number."""
    if len(edges) < 2 or any(not low < high for low, high in pairwise(edges)):
        raise InputError(f"column '{column}': `edges` must be two or more ascending numbers, got {edges}")
    if labels is not None and not len(set(labels)) == len(labels) == len(edges) - 1:
        raise InputError(
            f"column '{column}': `labels` must be {len(edges) - 1} different texts, one an interval, got {labels}"
        )


def put_into_intervals(values: np.ndarray, edges: list[float], labels: list[str] | None) -> LabelLists:
    """Return the interval of each value as its label; none for NaN and for values outside."""
    names = labels or [f"{low:.15g} to {high:.15g}" for low, high in pairwise(edges)]
    codes = np.searchsorted(edges, values, side="left") - 1
    inside = (codes >= 0) & (codes < len(names)) & ~np.isnan(values)
    return LabelLists(offsets_of(inside), codes[inside].astype(np.int32), pa.array(names, pa.large_string()))
