"""Columns of numbers and dates: their kind, unit, and numbers that stand where nothing is known."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError, declaration
from greenlight_films.datamodules.films_in_rows import holds_releases
from greenlight_films.datamodules.look.column import ColumnLook, Kind
from greenlight_films.datamodules.look.names import (
    CODES,
    DURATIONS,
    IDS,
    TEXTS,
    has_name,
    is_called,
    is_only_id,
    is_title,
    role_of_ids,
)
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.column_names import counts_rows
from greenlight_films.datamodules.tables.date_cells import Dates, all_read, parse_dates
from greenlight_films.datamodules.tables.date_columns import YEAR_WORDS, find_date_formats, has_word, looks_like_dates
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import texts_of
from greenlight_films.datamodules.tables.missing_cells import mask_missing, propose_missing, uninformative
from greenlight_films.datamodules.tables.number_cells import Numbers, numbers_in_table, parse_numbers, read_numbers
from greenlight_films.datamodules.tables.number_names import MONEY
from greenlight_films.datamodules.tables.sentinels import propose_sentinels

SAMPLE = 2000  # cells that tell whether the others are worth reading as numbers or dates
MOST_NUMBERS = 0.5  # share of cells that are numbers, from which on the others are mistakes
NEARLY_ALL = 0.9  # distinct values a row, from which on they are ids


@dataclass(frozen=True)
class TableContext:
    """A table, and what is known of how its cells are written."""

    frame: pd.DataFrame
    formats: Formats
    delimiter: str | None
    units: Mapping[str, str]


def nothing(name: str, n_rows: int, why: str) -> ColumnLook:
    """Return the look at a column that says nothing."""
    notice = f"column '{name}' is {why} in all {counted(n_rows, 'row')} (missing: {n_rows:,}); left out"
    nothing = pa.nulls(n_rows, pa.large_string())
    return ColumnLook(name, "nothing", nothing, missing={"": n_rows}, left_out=why, notices=(notice,))


def as_numbers(name: str, context: TableContext) -> ColumnLook | None:
    """Return a column of dates or numbers; None where most cells are neither."""
    column, format = context.frame[name], context.formats.of(name)
    is_text = pd.api.types.is_string_dtype(column.dtype) and not pd.api.types.is_numeric_dtype(column.dtype)
    is_written = is_title(name) or is_called(name, TEXTS) or holds_releases(column)
    if is_text and is_written and not _mostly_digits(column):
        return None
    if is_text and not _are_numbers(column, format):
        return None
    guess = looks_like_dates(column, format)
    if guess.kind == "date":
        return _date_look(name, guess.dates, context)
    numbers = numbers_in_table(context.frame, name, format, context.delimiter)
    odd = propose_missing(column, numbers.unread, int((~np.isnan(numbers.values)).sum())) if is_text else {}
    if odd:
        others = tuple(format.missing or numbers.missing)
        tokens = tuple(dict.fromkeys((*others, *odd)))
        numbers = numbers_in_table(context.frame, name, replace(format, missing=tokens), context.delimiter)
        counts = " and ".join(f"{text!r} in {counted(count, 'row')}" for text, count in odd.items())
        notice = _taken_as_missing(name, counts, others)
        numbers = replace(numbers, notices=(*numbers.notices, notice))
    if not numbers.faults and numbers.share_read < MOST_NUMBERS:
        return None
    if numbers.faults and numbers.share_read == 0 and not _mostly_digits(column):
        return None
    return _number_look(name, numbers, guess.kind == "year", context)


def _are_numbers(column: pd.Series, format: Format) -> bool:
    """Tell from a sample whether the texts of a large column may be numbers or dates."""
    if len(column) < 2 * SAMPLE:
        return True
    sample = column.iloc[np.linspace(0, len(column) - 1, SAMPLE).astype(int)]
    numbers = parse_numbers(sample, format)
    are_numbers = numbers.share_read > MOST_NUMBERS / 2 or bool(numbers.faults)
    return are_numbers or looks_like_dates(sample, format).share > MOST_NUMBERS / 2


def _mostly_digits(column: pd.Series) -> bool:
    sample = column.dropna().head(1000).astype("str").str.strip()
    return bool(sample.str.contains(r"^[^\w]*\d").mean() > MOST_NUMBERS)


def _date_look(name: str, dates: Dates, context: TableContext) -> ColumnLook:
    formats, notices, fault = dict[str, Format](), list[str](), ""
    try:
        formats, notices = find_date_formats(context.frame, [name], context.formats)
        dates = parse_dates(context.frame[name], formats[name])
        all_read(context.frame[name], dates)
    except InputError as problem:
        fault = str(problem)
    constant = uninformative(context.frame[name], np.isnat(dates.values))
    return ColumnLook(
        name,
        "date",
        dates,
        format=formats.get(name, context.formats.of(name)),
        missing=dict(dates.missing),
        fault=fault,
        left_out="the same in all rows" if constant else "",
        notices=tuple(notices),
    )


def _number_look(name: str, numbers: Numbers, are_years: bool, context: TableContext) -> ColumnLook:
    column, format = context.frame[name], numbers.format
    unit = numbers.unit or context.units.get(name, "")
    notices = [*numbers.notices]
    if _are_short_years(name, numbers):
        numbers = replace(numbers, leading_zeros=False)
        notices.append(
            f"column '{name}' seems to hold years of two digits and is read as numbers from 0 to 99, where 05 comes "
            "before 98: write years with four digits"
        )
    kind = _kind_of_number(name, numbers, unit, are_years)
    fault = _fault_of(column, numbers)
    values = numbers.values
    if kind == "id":
        texts = texts_of(column)
        return ColumnLook(name, "id", texts, left_out="an id", format=format)
    left_out = "only counts the rows" if _only_counts(name, values) else ""
    sentinels = {}
    if context.formats.of(name).missing is None and not left_out:
        sentinels = propose_sentinels(values, name, "year" if are_years else kind)
    if sentinels:
        values = np.where(np.isin(values, [float(text) for text in sentinels]), np.nan, values)
        counts = " and ".join(f"{text} in {counted(count, 'row')}" for text, count in sentinels.items())
        notices.append(_taken_as_missing(name, counts, numbers.missing))
    tokens = (*(format.missing or numbers.missing), *sentinels)
    missing = tokens if any(tokens) else format.missing
    format = replace(format, missing=None if missing is None else tuple(dict.fromkeys(missing)))
    if left_out:
        notices.append(f"column '{name or '#1'}' only counts the rows; left out")
    if not left_out and (sentence := uninformative(column, np.isnan(values))):
        left_out = "the same in all rows" if not np.isnan(values).all() else "empty"
        notices.append(f"{sentence}; left out")
    return ColumnLook(
        name,
        kind,
        mask_missing(texts_of(column), format) if kind == "category" else values,
        unit if kind != "duration" else unit or "min",
        format,
        {text: count for text, count in numbers.missing.items() if text},
        sentinels,
        role=role_of_ids(name) if kind == "category" else None,
        fault=fault,
        left_out=left_out,
        notices=tuple(notices),
    )


def _taken_as_missing(name: str, counts: str, others: Iterable[str]) -> str:
    declared = declaration("missing", name, list(dict.fromkeys(["", *others])))
    return f"column '{name}': {counts} taken as missing; if these are values, declare {declared}"


def _kind_of_number(name: str, numbers: Numbers, unit: str, are_years: bool) -> Kind:
    known = numbers.values[~np.isnan(numbers.values)]
    are_whole, are_alone = bool((known == known.round()).all()), len(np.unique(known)) > NEARLY_ALL * len(known)
    if are_years:
        return "year"
    if (is_only_id(name) and are_whole) or (is_called(name, IDS) and are_alone):
        return "id"
    if numbers.leading_zeros:
        return "id" if are_alone else "category"
    if numbers.kind != "number":
        return numbers.kind
    if are_whole and not unit and (role_of_ids(name) or is_called(name, CODES)):  # numbers that only name something
        return "id" if are_alone else "category"
    if unit and not unit.startswith("of "):
        return "money" if re.fullmatch("[A-Z]{3}", unit) else "number"
    if has_name(name, DURATIONS) and len(known) and known.max() < 100_000:
        return "duration"
    return "money" if not unit and has_name(name, MONEY) and not has_name(name, {"ratio", "roi"}) else "number"


def _are_short_years(name: str, numbers: Numbers) -> bool:
    """Tell years such as 98 and 05."""
    return numbers.leading_zeros and has_word(name, YEAR_WORDS) and not bool((numbers.values >= 100).any())


def _fault_of(column: pd.Series, numbers: Numbers) -> str:
    if numbers.faults:
        return "\n".join(str(fault) for fault in numbers.faults)
    try:
        read_numbers(column, numbers.format)
    except InputError as problem:
        return str(problem)
    return ""


def _only_counts(name: str, values: np.ndarray) -> bool:
    """Tell whether a column without a name of its own numbers the rows."""
    is_unnamed = bool(re.fullmatch(r"(Unnamed.*|index|row|no\.?|#|\d*)", name.strip(), re.IGNORECASE))
    return is_unnamed and len(values) > 1 and counts_rows(values)
