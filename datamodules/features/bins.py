"""Numbers, and counts of films with the same value, put into intervals, each a 0/1 column."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import (
    columns_of_names,
    encode_values,
    frequent,
    n_films,
    names_of,
    vocabulary,
)
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_cells import read_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.datamodules.tables.spellings import merge_spellings, spell_as


@dataclass(frozen=True)
class Bins(Feature[np.ndarray]):
    """A number put into intervals, each open below and closed above; a number outside of all has no label.

    Attributes:
        edges: ascending; `.inf` leaves the last interval open.
        labels: one an interval; by default its bounds.
    """

    need = "number"
    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_bad_intervals(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series, format: Format = Format()) -> np.ndarray:
        return read_numbers(column, format)

    def fit(self, parsed: np.ndarray, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        lists = _put_into_intervals(parsed, self.edges, self.labels)
        return [Block(self.column, self.named_role, "label", vocabulary(lists, train))]

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        return [encode_values(_put_into_intervals(parsed, self.edges, self.labels), blocks[0].values)]


@dataclass(frozen=True)
class Popularity(Feature[LabelLists]):
    """The number of training films that share the value, put into intervals as in `Bins`.

    A value with fewer than the first edge, or none, falls into the lowest interval.
    """

    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_bad_intervals(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series, format: Format = Format()) -> LabelLists:
        return read_labels(column, format)

    def prepared(self, parsed: LabelLists) -> tuple[LabelLists, list[str]]:
        (merged,), notices = merge_spellings([parsed], self.column)
        return merged, notices

    def fit(self, parsed: LabelLists, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        seen = frequent(parsed, train, film=film)
        counts = n_films(parsed, train, film)
        fitted = {"value": names_of(parsed, seen), "films": counts[seen].tolist()}
        values = vocabulary(self._intervals(parsed, fitted), train)
        return [Block(self.column, self.named_role, "label", values, fitted)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        return [encode_values(self._intervals(parsed, blocks[0].fitted), blocks[0].values)]

    def _intervals(self, parsed: LabelLists, fitted: dict[str, Any]) -> LabelLists:
        parsed = spell_as(parsed, fitted["value"])
        counts = np.append(np.asarray(fitted["films"], dtype=np.float64), 0.0)  # index -1: a value not seen
        films = counts[columns_of_names(parsed.names, fitted["value"])]
        shared = np.full(parsed.n_rows, np.nan)
        shared[parsed.counts() > 0] = films[parsed.codes]
        lowest = np.nextafter(self.edges[0], np.inf)
        return _put_into_intervals(np.maximum(shared, lowest), self.edges, self.labels)


def _refuse_bad_intervals(column: str, edges: list[float], labels: list[str] | None) -> None:
    """Refuse edges that do not ascend, and labels that do not fit their number."""
    if len(edges) < 2 or any(not low < high for low, high in pairwise(edges)):
        raise InputError(f"column '{column}': `edges` must be two or more ascending numbers, got {edges}")
    if labels is not None and not len(set(labels)) == len(labels) == len(edges) - 1:
        raise InputError(
            f"column '{column}': `labels` must be {len(edges) - 1} different texts, one an interval, got {labels}"
        )


def _put_into_intervals(values: np.ndarray, edges: list[float], labels: list[str] | None) -> LabelLists:
    """Return the interval of each value as its label; none for NaN and for values outside."""
    names = labels or [f"{low:.15g} to {high:.15g}" for low, high in pairwise(edges)]
    codes = np.searchsorted(edges, values, side="left") - 1
    inside = (codes >= 0) & (codes < len(names)) & ~np.isnan(values)
    return LabelLists(offsets_of(inside), codes[inside].astype(np.int32), pa.array(names, pa.large_string()))
