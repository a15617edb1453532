"""Columns of raw text become numbers, dates, ids, lists of names or of objects; unreadable cells are recorded."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.date_cells import MONTH, YEAR, parse_dates
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.missing_cells import LABELS_MISSING
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RawFile

LONGEST = 1_000_000  # characters of a list of objects; real ones have a third, and longer ones take many seconds


def stripped(cells: pd.Series) -> pd.Series:
    """Return cells without blanks around them; empty ones, `N/A`, `null` and the like are missing."""
    texts = cells.str.strip()
    return texts.mask(texts.isin(LABELS_MISSING))


def numbers(preparation: Preparation, file: RawFile, cells: pd.Series) -> pd.Series:
    """Return cells as float64; what is no number or below 0 is missing and recorded."""
    parsed = parse_numbers(cells, Format(decimal="."))
    unread = parsed.unread | parsed.disputed | np.isinf(parsed.values)
    preparation.reject_cells(file, cells, unread, "is no number")
    values = pd.Series(parsed.values, cells.index, name=cells.name).mask(unread)
    below = (values < 0).to_numpy()
    preparation.reject_cells(file, cells, below, "is below 0")
    return values.mask(below)


def amounts(preparation: Preparation, file: RawFile, cells: pd.Series, plural: str) -> pd.Series:
    """Return `numbers` whose zeros are missing, unless the user keeps them; `plural` names them in the note."""
    values = numbers(preparation, file, cells)
    if not preparation.zero_is_missing:
        return values
    zeros = (values == 0).to_numpy()
    preparation.note(f"{plural} of 0, taken as missing", int(zeros.sum()))
    return values.mask(zeros)


def whole_ids(cells: pd.Series) -> pd.Series:
    """Return whole-number ids such as `862` or `862.0` as text without decimals; others are missing."""
    digits = stripped(cells).str.extract(r"^(\d+)(?:\.0*)?$", expand=False)
    return digits.str.lstrip("0").mask(digits.str.fullmatch("0+"), "0")


def identified(preparation: Preparation, file: RawFile, rows: pd.DataFrame, column: str = "id") -> pd.DataFrame:
    """Return the rows with a whole number as id, which becomes text without decimals; others are rejected."""
    rows = rows.assign(**{column: stripped(rows[column])})
    rows = preparation.without(file, rows, rows[column].isna(), f"{column} is missing")
    ids = whole_ids(rows[column])
    rows = preparation.without(file, rows, ids.isna(), f"{column} is no whole number: shifted or cut off")
    return rows.assign(**{column: ids.dropna()})


def dates(preparation: Preparation, file: RawFile, cells: pd.Series) -> pd.Series:
    """Return cells as datetime64[s], or as ISO dates where some tell only a month or a year: none is made finer.

    What is no date is missing and recorded. The collections write the month first; where a column's cells neither show
    nor contradict that, so do we.
    """
    texts = stripped(cells)
    parsed = parse_dates(texts)
    lost = (texts.notna().to_numpy() & (parsed.precision == 0)) & ~parsed.undecided
    preparation.reject_cells(file, cells, lost, "is no date")
    if parsed.undecided.any():
        month_first = parse_dates(texts, Format(day_first=False))
        if month_first.unread.sum() > parsed.unread.sum():  # some can only be day first, others only month first
            preparation.reject_cells(file, cells, parsed.undecided, "may be two dates, day or month first")
        else:
            text = (
                f"{cells.name} such as {texts[parsed.undecided].iloc[0]}, read as month/day/year, which no cell decides"
            )
            preparation.note(text, int(parsed.undecided.sum()))
            parsed = month_first
    text = f"{cells.name} with a year of two digits, read as none after {parsed.format.latest_year}"
    preparation.note(text, int(parsed.short_years.sum()))
    preparation.note(f"{cells.name} with several dates, of which the first is taken", int(parsed.spans.sum()))
    if np.isin(parsed.precision, (YEAR, MONTH)).any():
        return pd.Series(parsed.texts(), cells.index, dtype="str")
    return pd.Series(parsed.values.astype("datetime64[s]"), cells.index)


def split_names(cells: pd.Series, separator: str) -> pd.Series:
    """Return the names of each cell without repetition, as Arrow lists; missing where there is none.

    The separator ", " leaves names whole that have a comma themselves, such as `Orion, Inc.`.
    """
    lists = split_labels(cells, separator).distinct()
    return arrow_lists(lists.names.take(pa.array(lists.codes)).cast(pa.string()), lists.counts(), cells.index)


def arrow_lists(values: pa.Array, counts: np.ndarray, index: pd.Index) -> pd.Series:
    """Return a column of Arrow lists, cut from `values` by the length of each; an empty list is missing."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(counts == 0))
    return pd.Series(pd.array(lists, dtype=pd.ArrowDtype(lists.type)), index=index)


def as_lists(lists: list[list[str]], index: pd.Index) -> pd.Series:
    """Return Python lists as a column of Arrow lists; an empty list is missing."""
    kind = pd.ArrowDtype(pa.list_(pa.string()))
    return pd.Series([names or None for names in lists], index, kind)


def joined(lists: pd.Series) -> pd.Series:
    """Return a column of Arrow lists as text, `A|B`."""
    texts = pc.binary_join(pa.chunked_array(pa.array(lists)), "|")
    return pd.Series(pd.array(texts, dtype=pd.ArrowDtype(pa.string())), index=lists.index).astype("str")


def object_lists(
    preparation: Preparation, file: RawFile, cells: pd.Series, loads: Callable[[str], Any]
) -> list[list[dict[str, Any]] | None]:
    """Return the objects that each cell lists, by `json.loads` or a reader from `literal_lists`.

    None stands for a missing cell, and for one that is no such list.
    """
    texts = stripped(cells)
    long = (texts.str.len() > LONGEST).to_numpy(bool)
    values = [None if pd.isna(text) else _objects(text, loads) for text in texts.mask(long)]
    bad = texts.notna().to_numpy() & ~long & np.array([value is None for value in values], dtype=bool)
    kind = "JSON" if loads is json.loads else "Python"
    preparation.reject_cells(file, cells, bad, f"is no list of {kind} objects")
    preparation.reject_cells(file, cells, long, f"is longer than {LONGEST:,} characters")
    return values


def _objects(text: str, loads: Callable[[str], Any]) -> list[dict[str, Any]] | None:
    try:
        value = loads(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else None
