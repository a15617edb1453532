"""What a column of a table holds, as far as its name and cells tell."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.features import Feature, declared
from greenlight_films.datamodules.tables.date_cells import Dates
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.label_notations import Notation

Kind = Literal[
    "number", "money", "percentage", "duration", "date", "year", "flag", "category", "labels", "title", "text", "id",
    "url", "nothing",
]  # fmt: skip
NUMBERS = ("number", "money", "percentage", "duration", "year", "flag")
"""Kinds whose cells are numbers."""


@dataclass(frozen=True)
class Proposed:
    """A part of a config: a class, its arguments, and the reason in a few words."""

    name: str
    arguments: dict[str, Any]
    comment: str = ""

    def feature(self) -> Feature[Any]:
        """Make the feature."""
        return declared(self.name, **self.arguments)

    def config(self) -> dict[str, Any]:
        """Return it as a config has it."""
        return {"class_path": self.name, "init_args": self.arguments}


@dataclass(frozen=True)
class ColumnLook:
    """A column, and what it seems to hold.

    Attributes:
        values: numbers as (n_rows,) float64, dates, labels by row, or texts; missing is NaN, NaT, no label or null.
        missing: how many rows each text that means missing has.
        sentinels: how many rows each number that means missing has, such as budgets of 0.
        notation: of labels.
        role: of labels in a film, such as actor.
        sources: the table's columns, where several hold the labels of one role.
        fault: why it can't be read as what it seems to be, and what to do; empty where it can.
        left_out: why it can be no feature; empty where it can.
        notices: what was assumed, or is strange.
    """

    name: str
    kind: Kind
    values: np.ndarray | Dates | LabelLists | pa.Array
    unit: str = ""
    format: Format = Format()
    missing: dict[str, int] = field(default_factory=dict)
    sentinels: dict[str, int] = field(default_factory=dict)
    notation: Notation | None = None
    role: str | None = None
    sources: tuple[str, ...] = ()
    fault: str = ""
    left_out: str = ""
    notices: tuple[str, ...] = ()

    @property
    def known(self) -> np.ndarray:
        """Tell which rows say something, (n_rows,) bool."""
        if isinstance(self.values, np.ndarray):
            return ~np.isnan(self.values)
        if isinstance(self.values, Dates):
            return ~np.isnat(self.values.values)
        if isinstance(self.values, LabelLists):
            return self.values.counts() > 0
        return self.values.is_valid().to_numpy(zero_copy_only=False)

    @property
    def missing_share(self) -> float:
        """The share of rows that say nothing."""
        known = self.known
        return 1 - float(known.mean()) if len(known) else 1.0

    def to_list(self) -> list[Any]:
        """Return a value a row: numbers, ISO dates as precise as the cell, lists of labels, texts; None is missing."""
        if isinstance(self.values, np.ndarray):
            return [None if np.isnan(value) else float(value) for value in self.values]
        if isinstance(self.values, Dates):
            return self.values.texts()
        if isinstance(self.values, LabelLists):
            return self.values.to_lists()
        return self.values.to_pylist()

    def extremes(self) -> tuple[Any, Any] | None:
        """Return the smallest and the largest number or date; None where there are none, or for labels and texts."""
        known = self.known
        if isinstance(self.values, np.ndarray) and known.any():
            values = self.values[known]
            return float(values.min()), float(values.max())
        if isinstance(self.values, Dates) and known.any():
            texts, days = self.values.texts(), np.where(known, self.values.values, np.datetime64("NaT"))
            return texts[int(np.nanargmin(days))], texts[int(np.nanargmax(days))]
        return None

    def examples(self, count: int = 3) -> list[str]:
        """Return the most frequent labels, or the first texts."""
        if isinstance(self.values, LabelLists):
            order = np.argsort(-np.bincount(self.values.codes, minlength=len(self.values.names)), kind="stable")
            return self.values.names.take(pa.array(order[:count])).to_pylist()
        if isinstance(self.values, pa.Array | pa.ChunkedArray):
            counts = pc.value_counts(self.values.drop_null())
            order = np.argsort(-counts.field("counts").to_numpy(), kind="stable")[:count]
            return counts.field("values").take(pa.array(order)).to_pylist()
        return []
