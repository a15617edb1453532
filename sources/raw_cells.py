"""Columns of raw text become numbers, dates, ids, lists of names or of objects; unreadable cells are recorded."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.missing_cells import LABELS_MISSING
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RawFile

COMMA_BEFORE_SUFFIX = r", (Inc\.?|Ltd\.?|LLC|L\.L\.C\.|L\.P\.|S\.A\.|GmbH|Corp\.?|Jr\.?|Sr\.?)(, |$)"
"""The end of a name that has a comma in it: `Metro-Goldwyn-Mayer, Inc.`; Arrow's RE2 knows no lookahead."""

STAND_IN = "\x1f"  # replaces such a comma while names are split

DATES = (
    (r"^\d{4}-\d{2}-\d{2}(?:[ T]\d[\d:.,+Z -]*)?$", "%Y-%m-%d", 10),
    (r"^\d{1,2}/\d{1,2}/\d{4}$", "%m/%d/%Y", None),
    (r"^\d{1,2}/\d{1,2}/\d{2}$", "%m/%d/%y", None),
    (r"^\d{1,2} [A-Za-z]{3} \d{4}$", "%d %b %Y", None),
    (r"^[A-Za-z]+ \d{1,2}, \d{4}$", "%B %d, %Y", None),
)
"""Pattern of a cell, format of its date, and how many characters of the cell are the date (None: all)."""

DAY_FIRST = r"^(?:1[3-9]|2\d|3[01])/(?:0?[1-9]|1[0-2])/\d{2,4}$"  # no date unless its day comes first
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
    """Return cells as datetime64[s]; what is no date is missing and recorded."""
    texts = stripped(cells)
    values = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    for pattern, form, length in DATES:
        matches = texts.str.match(pattern).fillna(False).to_numpy(bool)
        parsed = pd.to_datetime(texts[matches].str.slice(0, length), format=form, errors="coerce")
        values[matches] = parsed.astype("datetime64[s]")
    preparation.reject_cells(file, cells, (texts.notna() & values.isna()).to_numpy(), "is no date")
    if n_day_first := int(texts.str.match(DAY_FIRST).fillna(False).sum()):
        note = f"dates were read as month/day/year; {n_day_first:,} cells can only be day/month/year"
        preparation.notes.append(f"{cells.name}: {note}")
    return values


def split_names(cells: pd.Series, separator: str) -> pd.Series:
    """Return the names of each cell without repetition, as Arrow lists; missing where there is none.

    The separator ", " leaves names whole that have a comma themselves, such as `Orion, Inc.`.
    """
    texts = stripped(cells)
    if separator == ", ":
        texts = texts.str.replace(COMMA_BEFORE_SUFFIX, STAND_IN + r"\1\2", regex=True)
    lists = pc.split_pattern(pa.array(texts.to_numpy(object), pa.string(), from_pandas=True), separator)
    names = pc.utf8_trim_whitespace(lists.flatten())
    owners = pc.list_parent_indices(lists).to_numpy()
    again = pd.DataFrame({"cell": owners, "name": names.dictionary_encode().indices.to_numpy()}).duplicated()
    kept = pc.and_(pc.not_equal(names, ""), pa.array(~again.to_numpy()))
    counts = np.bincount(owners[kept.to_numpy(False)], minlength=len(cells))
    return arrow_lists(pc.replace_substring(names.filter(kept), STAND_IN, ", "), counts, cells.index)


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
