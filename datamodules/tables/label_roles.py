"""Several columns that are one role: actor_1, actor_2, ...; genre_Drama, genre_War, ... as 0 and 1."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.bad_cells import refuse_cells
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of
from greenlight_films.datamodules.tables.number_cells import read_numbers

_NUMBERED = re.compile(r"(.*?[^\d_\W])[_ .#-]*(\d{1,2})((?:[_ .-]?(?:name|names))?)")
_PREFIXED = re.compile(r"([^\W_]+?)(?:__|[_.:=|/ -])\s*(.+)")
_NO_PREFIXES = ("is", "has", "was", "in", "on", "no", "with", "the", "num", "n")  # is_sequel, is_remake: two things


@dataclass(frozen=True)
class RoleColumns:
    """Columns of a table that hold the labels of one role; `format` as of `Labels`."""

    columns: list[str]
    format: Literal["text", "dummies"]


def role_columns(frame: pd.DataFrame) -> dict[str, RoleColumns]:
    """Return the roles that stand in several columns of a table, by name.

    Numbered columns hold texts; those that begin alike hold 1 or 0, yes or no.
    """
    numbered, prefixed = defaultdict[str, dict[int, str]](dict), defaultdict[str, list[str]](list)
    for name in map(str, frame.columns):
        if (match := _NUMBERED.fullmatch(name)) and _are_texts(frame[name]):
            numbered[match[1] + match[3]].setdefault(int(match[2]), name)
        elif (match := _PREFIXED.fullmatch(name)) and match[1].lower() not in _NO_PREFIXES and _are_flags(frame[name]):
            prefixed[match[1]].append(name)
    roles = {}
    for role, columns in numbered.items():
        ordered = [columns[number] for number in sorted(columns)]
        if len(ordered) > 1 and max(columns) - min(columns) < len(columns) and min(columns) <= 1:
            roles[role] = RoleColumns(ordered, "text")
    for role, names in prefixed.items():
        if len(names) > 2 and role not in roles:
            roles[role] = RoleColumns(names, "dummies")
    return roles


def dummy_labels(column: str, columns: Sequence[str]) -> list[str]:
    """Return the labels that columns of 0 and 1 stand for: their names without what all begin with.

    >>> dummy_labels("genre", ["genre_Drama", "genre_Science Fiction"])
    ['Drama', 'Science Fiction']
    """
    for prefix in (column, column.removesuffix("s")):
        if prefix and all(name.startswith(prefix) and len(name) > len(prefix) + 1 for name in columns):
            rest = [name.removeprefix(prefix) for name in columns]
            if all(not text[0].isalnum() for text in rest):
                return [text.lstrip("_.:=|/ -") or text for text in rest]
    matches = [_PREFIXED.fullmatch(name) for name in columns]
    if all(matches) and len({match[1] for match in matches if match}) == 1:
        return [match[2] for match in matches if match]
    return list(columns)


def read_dummies(column: str, frame: pd.DataFrame, formats: Formats = Formats()) -> LabelLists:
    """Return the labels whose columns are 1 in each row, in the columns' order; a missing cell is no label.

    Args:
        column: the name of them all.
    """
    labels = dummy_labels(column, list(map(str, frame.columns)))
    if len(set(labels)) < len(labels):
        raise InputError(f"column '{column}': `from_columns` must name each column once, got {list(frame.columns)}")
    present = np.zeros(frame.shape, dtype=bool)
    for position, name in enumerate(frame.columns):
        cells = frame[name]
        values = read_numbers(cells, formats.of(str(name)))
        refuse_cells(
            cells, ~np.isin(values, (0, 1)) & ~np.isnan(values), "must be 0 or 1, or yes or no, as of `dummies`"
        )
        present[:, position] = values == 1
    codes = np.nonzero(present)[1].astype(np.int32)
    return LabelLists(offsets_of(present.sum(axis=1)), codes, pa.array(labels, pa.large_string()))


def _are_texts(column: pd.Series) -> bool:
    if is_nested(column) or pd.api.types.is_numeric_dtype(column.dtype):
        return False
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    given = column.dropna().astype("str").str.strip()
    given = given[given != ""].head(1000)
    return len(given) > 0 and bool(given.str.contains(r"[^\W\d_]{2}").mean() > 0.9)


def _are_flags(column: pd.Series) -> bool:
    if is_nested(column):
        return False
    try:
        values = read_numbers(column.iloc[:10_000], Format())
    except InputError:
        return False
    return bool(np.isin(values[~np.isnan(values)], (0, 1)).all() and (values == values).any())
