"""How many training rows share a cell's value, put into intervals, each a 0/1 column."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.bins import put_into_intervals, refuse_bad_intervals
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import (
    columns_of_names,
    encode_values,
    frequent,
    names_of,
    training_codes,
    vocabulary,
)
from greenlight_films.datamodules.tables.cells import read_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists


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
        refuse_bad_intervals(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> LabelLists:
        return read_labels(column)

    def fit(self, parsed: LabelLists, train: np.ndarray) -> list[Block]:
        seen = frequent(parsed, train)
        counts = np.bincount(training_codes(parsed, train), minlength=len(parsed.names))
        fitted = {"value": names_of(parsed, seen), "films": counts[seen].tolist()}
        values = vocabulary(self._intervals(parsed, fitted), train)
        return [Block(self.column, self.named_role, "label", values, fitted)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        return [encode_values(self._intervals(parsed, blocks[0].fitted), blocks[0].values)]

    def _intervals(self, parsed: LabelLists, fitted: dict[str, Any]) -> LabelLists:
        counts = np.append(np.asarray(fitted["films"], dtype=np.float64), 0.0)  # index -1: a value not seen
        films = counts[columns_of_names(parsed.names, fitted["value"])]
        shared = np.full(parsed.n_rows, np.nan)
        shared[parsed.counts() > 0] = films[parsed.codes]
        lowest = np.nextafter(self.edges[0], np.inf)
        return put_into_intervals(np.maximum(shared, lowest), self.edges, self.labels)
