"""A condition on the rows of a table, as a tree of comparisons, and the rows that meet it."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.date_cells import read_dates
from greenlight_films.datamodules.tables.date_columns import looks_like_dates
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import is_nested, read_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.datamodules.written_values import WrittenValue

Value = float | str | np.datetime64 | WrittenValue

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Comparison:
    """A column compared with a value, or with several by `in`; a missing cell meets `!=` alone."""

    column: str
    operator: str
    values: tuple[Value, ...]

    @property
    def need(self) -> Need:
        """Return what the column is read as: what the values are."""
        value = self.values[0]
        if isinstance(value, WrittenValue):
            return value.need
        return "text" if isinstance(value, str) else "date" if isinstance(value, np.datetime64) else "number"

    def mask(self, frame: pd.DataFrame, formats: Formats) -> np.ndarray:
        """Return (n_rows,) bool."""
        column, format = frame[self.column], formats.of(self.column)
        if self.need == "text":
            return self._of_labels(_labels(column, format))
        cells = read_dates(column, format).values if self.need == "date" else self._numbers(column, format)
        if self.operator == "in":
            return np.isin(cells, np.array(self.values))
        value = self.values[0]
        value = value.value(self.column, format) if isinstance(value, WrittenValue) else value
        return np.asarray(OPERATORS[self.operator](cells, value), dtype=bool)

    def _numbers(self, column: pd.Series, format: Format) -> np.ndarray:
        try:
            return read_numbers(column, format)
        except InputError:
            if looks_like_dates(column).kind == "date":
                raise InputError(
                    f"data.where: column '{self.column}' holds dates; compare it with a day, such as 2000-05-01"
                ) from None
            raise

    def _of_labels(self, labels: LabelLists) -> np.ndarray:
        wanted = np.asarray(pc.is_in(labels.names, pa.array(self.values, labels.names.type)))
        is_wanted = np.zeros(labels.n_rows, dtype=bool)
        is_wanted[labels.counts() > 0] = wanted[labels.codes]
        return ~is_wanted if self.operator == "!=" else is_wanted

    def unknown(self, frame: pd.DataFrame, formats: Formats) -> list[str]:
        """Return a sentence for each text that no cell of the column holds."""
        if self.need != "text":
            return []
        names = _labels(frame[self.column], formats.of(self.column)).names.to_pylist()
        return [
            f"no cell of '{self.column}' is {value!r}{nearest(str(value), names).rstrip('?')}"
            for value in self.values
            if value not in set(names)
        ]


@dataclass(frozen=True)
class Missing:
    """A column's cell is missing."""

    column: str
    need: Need = "text"

    def mask(self, frame: pd.DataFrame, formats: Formats) -> np.ndarray:
        """Return (n_rows,) bool."""
        return missing_cells(frame[self.column], formats.of(self.column))


@dataclass(frozen=True)
class Combined:
    """Parts of which all, or any, or not the single one must be met."""

    word: str
    parts: tuple["Tree", ...]

    def mask(self, frame: pd.DataFrame, formats: Formats) -> np.ndarray:
        """Return (n_rows,) bool."""
        masks = [part.mask(frame, formats) for part in self.parts]
        if self.word == "not":
            return ~masks[0]
        return reduce(np.logical_and if self.word == "and" else np.logical_or, masks)


Tree = Comparison | Missing | Combined


@dataclass(frozen=True)
class Condition:
    """A condition that rows must meet."""

    text: str
    tree: Tree

    def needs(self) -> dict[str, set[Need]]:
        """Return what its columns are read as."""
        needs = dict[str, set[Need]]()
        for leaf in _leaves(self.tree):
            needs.setdefault(leaf.column, set()).add(leaf.need)
        return needs

    def rows_of(self, frame: pd.DataFrame, formats: Formats = Formats()) -> tuple[pd.DataFrame, list[str]]:
        """Return the rows that meet it, with the index they had, and what to say of the others."""
        mask = self.tree.mask(frame, formats)
        comparisons = [leaf for leaf in _leaves(self.tree) if isinstance(leaf, Comparison)]
        unknown = dict.fromkeys(text for leaf in comparisons for text in leaf.unknown(frame, formats))
        hints = "".join(f"; {text}" for text in unknown)
        n_out = int((~mask).sum())
        if n_out == len(mask):
            raise InputError(
                f"data.where leaves none of {counted(len(mask), 'row')}: {self.text}{hints}; give another condition"
            )
        if not n_out:
            return frame, [f"data.where leaves out no row of {len(mask):,}: {self.text}{hints}."]
        for name in dict.fromkeys(leaf.column for leaf in comparisons):
            gaps = int((missing_cells(frame[name], formats.of(name)) & ~mask).sum())
            hints += f"; {gaps:,} of these lack {name}" if gaps else ""
        return frame[mask], [f"data.where leaves out {n_out:,} of {counted(len(mask), 'row')}: {self.text}{hints}."]


def missing_cells(column: pd.Series, format: Format = Format()) -> np.ndarray:
    """Return whether each cell says nothing, (n_rows,) bool."""
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return np.isnan(read_numbers(column, format))
    if isinstance(kind, pd.StringDtype) or (kind.kind == "O" and not is_nested(column)):
        return read_labels(column, format).counts() == 0
    return column.isna().to_numpy(dtype=bool)


def _labels(column: pd.Series, format: Format) -> LabelLists:
    if is_nested(column):
        raise InputError(
            f"data.where: column '{column.name}' must hold one text a cell, got lists; compare another column"
        )
    return read_labels(column, format)


def _leaves(tree: Tree) -> list[Comparison | Missing]:
    """Return the comparisons of a condition, in the order of its text."""
    return [leaf for part in tree.parts for leaf in _leaves(part)] if isinstance(tree, Combined) else [tree]
