"""Cells of raw files: numbers, money, dates and names, as the collections write them."""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.delimited_text import MISSING
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RawFile

NUMBER = r"^\s*\$?\s*([-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)(?:[eE][-+]?\d+)?)\.?\s*(?:min|minutes)?\s*$"
"""`862`, `862.0`, `$292,576,195`, `1,234`, `148 min`; a comma stands before three digits only, so `7,5` is none."""

TAIL = r", (Inc\.?|Ltd\.?|LLC|L\.L\.C\.|L\.P\.|S\.A\.|GmbH|Corp\.?|Jr\.?|Sr\.?)(, |$)"
"""The end of a name that has a comma in it: `Metro-Goldwyn-Mayer, Inc.`; RE2, which Arrow has, knows no lookahead."""

HELD = "\x1f"
"""Stands for such a comma while names are split."""

DATES = (
    (r"^\d{4}-\d{2}-\d{2}(?:[ T]\d[\d:.,+Z -]*)?$", "%Y-%m-%d", 10),
    (r"^\d{1,2}/\d{1,2}/\d{4}$", "%m/%d/%Y", None),
    (r"^\d{1,2}/\d{1,2}/\d{2}$", "%m/%d/%y", None),
    (r"^\d{1,2} [A-Za-z]{3} \d{4}$", "%d %b %Y", None),
    (r"^[A-Za-z]+ \d{1,2}, \d{4}$", "%B %d, %Y", None),
)
"""How dates are written: as a pattern, the parser's format, and how many characters of the cell are the date."""

DAY_FIRST = r"^(?:1[3-9]|2\d|3[01])/(?:0?[1-9]|1[0-2])/\d{2,4}$"
"""A date that has no thirteenth month only if its day comes first."""

LONGEST = 1_000_000
"""Characters of a cell that lists objects; real ones have a third of it, and longer ones take many seconds."""


def known(cells: pd.Series) -> pd.Series:
    """Return cells without blanks around them; what says that nothing is known is missing."""
    trimmed = cells.str.strip()
    return trimmed.mask(trimmed.isin(MISSING))


def numbers(preparation: Preparation, file: RawFile, cells: pd.Series, lowest: float = 0) -> pd.Series:
    """Return cells as float64; what is no number, or below the lowest that makes sense, is missing, and told of."""
    given = known(cells)
    values = pd.to_numeric(given, errors="coerce").astype(np.float64)  # most are plain, and patterns are slow
    others = (given.notna() & ~np.isfinite(values)).to_numpy()
    found = given[others].str.extract(NUMBER, expand=False).str.replace(",", "")
    values[others] = pd.to_numeric(found, errors="coerce").to_numpy(np.float64)
    values = values.where(np.isfinite(values))
    preparation.bad_cells(file, cells, (given.notna() & values.isna()).to_numpy(), "is no number")
    below = (values < lowest).to_numpy()
    preparation.bad_cells(file, cells, below, f"is below {lowest:g}")
    return values.mask(below)


def ids(cells: pd.Series) -> pd.Series:
    """Return whole-number ids such as `862` or `862.0` as text; others are missing."""
    whole = known(cells).str.extract(r"^(\d+)(?:\.0*)?$", expand=False)
    return whole.str.lstrip("0").mask(whole.str.fullmatch("0+"), "0")


def identified(preparation: Preparation, file: RawFile, rows: pd.DataFrame, column: str = "id") -> pd.DataFrame:
    """Return the rows with a whole number as id, which becomes text without a decimal point; others are rejected."""
    rows = preparation.present(file, rows.assign(**{column: known(rows[column])}), column)
    found = ids(rows[column])
    rows = preparation.without(file, rows, found.isna(), f"{column} is no whole number: shifted or cut off")
    return rows.assign(**{column: found[found.notna()]})


def zero_is_missing(preparation: Preparation, values: pd.Series, plural: str) -> pd.Series:
    """Return numbers without zeros, where that was asked for."""
    if not preparation.zero_is_missing:
        return values
    zeros = (values == 0).to_numpy()
    preparation.note(f"{plural} of 0, taken as missing", int(zeros.sum()))
    return values.mask(zeros)


def dates(preparation: Preparation, file: RawFile, cells: pd.Series) -> pd.Series:
    """Return dates, to the second as pandas has them; what is no date is missing, and told of."""
    given = known(cells)
    found = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    for pattern, form, length in DATES:
        these = given.str.match(pattern).fillna(False).to_numpy(bool)
        if these.any():
            texts = given[these].str.slice(0, length)
            found[these] = pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[s]")
    preparation.bad_cells(file, cells, (given.notna() & found.isna()).to_numpy(), "is no date")
    if n_day_first := int(given.str.match(DAY_FIRST).fillna(False).sum()):
        preparation.notes.append(
            f"{cells.name}: dates were read as month/day/year; {n_day_first:,} cells can only be day/month/year"
        )
    return found


def split_names(cells: pd.Series, separator: str) -> pd.Series:
    """Return the names of each cell, each once, as a list, an Arrow column; missing where there is none.

    Args:
        separator: between the names; ", " leaves names whole that have a comma themselves, such as `Orion, Inc.`.
    """
    texts = known(cells)
    if separator == ", ":
        texts = texts.str.replace(TAIL, HELD + r"\1\2", regex=True)
    lists = pc.split_pattern(pa.array(texts.to_numpy(object), pa.string(), from_pandas=True), separator)
    names = pc.utf8_trim_whitespace(lists.flatten())
    owners = pc.list_parent_indices(lists).to_numpy()
    again = pd.DataFrame({"cell": owners, "name": names.dictionary_encode().indices.to_numpy()}).duplicated()
    kept = pc.and_(pc.not_equal(names, ""), pa.array(~again.to_numpy()))
    counts = np.bincount(owners[kept.to_numpy(False)], minlength=len(cells))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    whole = pc.replace_substring(names.filter(kept), HELD, ", ")
    lists = pa.ListArray.from_arrays(pa.array(offsets), whole, mask=pa.array(counts == 0))
    return pd.Series(pd.array(lists, dtype=pd.ArrowDtype(lists.type)), index=cells.index)


def as_lists(lists: list[list[str] | None], index: pd.Index) -> pd.Series:
    """Return a column of lists of text; an empty list is missing."""
    kind = pa.list_(pa.string())
    return pd.Series(pd.array([one or None for one in lists], dtype=pd.ArrowDtype(kind)), index=index)


def joined(lists: pd.Series) -> pd.Series:
    """Return a column of lists as text, `A|B`."""
    texts = pc.binary_join(pa.chunked_array(pa.array(lists)), "|")
    return pd.Series(pd.array(texts, dtype=pd.ArrowDtype(pa.string())), index=lists.index).astype("str")


def literals(
    preparation: Preparation,
    file: RawFile,
    cells: pd.Series,
    loads: Callable[[str], Any] = ast.literal_eval,
) -> list[list[dict[str, Any]] | None]:
    """Return the objects that each cell lists; None for a missing cell, or one that is no such list, which is told of.

    Args:
        loads: `ast.literal_eval`, which runs no code, a reader from `literal_lists`, or `json.loads`.
    """
    bad, long = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    values: list[list[dict[str, Any]] | None] = []
    for place, text in enumerate(known(cells)):
        value = None
        if not pd.isna(text):
            long[place] = len(text) > LONGEST
            value = None if long[place] else _objects(text, loads)
            bad[place] = value is None and not long[place]
        values.append(value)
    kind = "JSON" if loads is json.loads else "Python"
    preparation.bad_cells(file, cells, bad, f"is no list of {kind} objects")
    preparation.bad_cells(file, cells, long, f"is longer than {LONGEST:,} characters")
    return values


def _objects(text: str, loads: Callable[[str], Any]) -> list[dict[str, Any]] | None:
    try:
        value = loads(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    return None


def year_of(text: pd.Series) -> pd.Series:
    """Return the first four digits of each text as a year, float64."""
    return pd.to_numeric(text.str.extract(r"((?:18|19|20)\d{2})", expand=False)).astype(np.float64)


JSON = json.loads
COUNTRY = re.compile(r"\s*\(([^)]*)\)\s*$")
"""Behind a date: `June 13, 1980 (United States)`."""
