"""Intervals: of a number, or of how many training rows share a value."""

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
    encode_labels,
    films_with,
    frequent,
    names_of,
    places_of,
    vocabulary,
)
from greenlight_films.datamodules.tables.cells import LabelLists, read_labels, read_numbers


@dataclass(frozen=True)
class Bins(Feature[np.ndarray]):
    """A number put into intervals, each open below and closed above; what lies outside has no label.

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
        _check_bins(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> np.ndarray:
        return read_numbers(column)

    def fit(self, parsed: np.ndarray, train: np.ndarray) -> list[Block]:
        lists = _binned(parsed, self.edges, self.labels)
        return [Block(self.column, self.named_role, "label", vocabulary(lists, train))]

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        lists = _binned(parsed, self.edges, self.labels)
        return [encode_labels(lists, places_of(lists.names, blocks[0].values))]


@dataclass(frozen=True)
class Popularity(Feature[LabelLists]):
    """The number of training rows that share the value, put into intervals as in `Bins`.

    A value with fewer than the first edge, or none, falls into the lowest interval.
    """

    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        _check_bins(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> LabelLists:
        return read_labels(column)

    def fit(self, parsed: LabelLists, train: np.ndarray) -> list[Block]:
        counts = films_with(parsed, train)
        seen = frequent(parsed, train, 1)
        fitted = {"value": names_of(parsed.names, seen), "films": counts[seen].tolist()}
        lists = self._binned(parsed, fitted)
        return [Block(self.column, self.named_role, "label", vocabulary(lists, train), fitted)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        lists = self._binned(parsed, blocks[0].fitted)
        return [encode_labels(lists, places_of(lists.names, blocks[0].values))]

    def _binned(self, parsed: LabelLists, fitted: dict[str, Any]) -> LabelLists:
        place = places_of(parsed.names, fitted["value"])
        films = np.append(np.asarray(fitted["films"], dtype=np.float64), 0.0)[place]
        shared = np.full(parsed.n_rows, np.nan)
        shared[parsed.counts() > 0] = films[parsed.codes]
        lowest = np.nextafter(self.edges[0], np.inf)
        return _binned(np.maximum(shared, lowest), self.edges, self.labels)


def _check_bins(column: str, edges: list[float], labels: list[str] | None) -> None:
    if len(edges) < 2 or any(not low < high for low, high in pairwise(edges)):
        raise InputError(f"column '{column}': `edges` must be two or more ascending numbers, got {edges}")
    if labels is not None and (len(labels) != len(edges) - 1 or len(set(labels)) != len(labels)):
        raise InputError(
            f"column '{column}': `labels` must be {len(edges) - 1} different texts, one an interval, got {labels}"
        )


def _binned(values: np.ndarray, edges: list[float], labels: list[str] | None) -> LabelLists:
    names = labels or [f"{low:.15g} to {high:.15g}" for low, high in pairwise(edges)]
    codes = np.searchsorted(edges, values, side="left") - 1
    inside = (codes >= 0) & (codes < len(names)) & ~np.isnan(values)
    offsets = np.concatenate(([0], np.cumsum(inside)))
    return LabelLists(offsets, codes[inside].astype(np.int32), pa.array(names, pa.large_string()))
