"""Cells as numbers, however they are written: money, percentages, durations, flags, numbers as text or of any dtype."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, all_or_faults, declaration
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.bad_cells import refuse_cells
from greenlight_films.datamodules.tables.bad_numbers import refuse_no_numbers
from greenlight_films.datamodules.tables.date_columns import latest_year
from greenlight_films.datamodules.tables.distinct_texts import DistinctTexts, distinct_texts
from greenlight_films.datamodules.tables.flag_cells import read_flags
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.missing_cells import uninformative
from greenlight_films.datamodules.tables.number_habits import find_habits, values_of
from greenlight_films.datamodules.tables.number_readings import read_texts
from greenlight_films.datamodules.tables.number_text import read_number
from greenlight_films.datamodules.tables.sentinels import propose_sentinels
from greenlight_films.datamodules.tables.typed_numbers import Kind, is_number, plain_dtype, typed_numbers

LARGEST = 1e100  # number in a table: squares and sums of such numbers are still finite

BESIDE = 300  # rows of the other columns, which tell their decimal marks


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers, as far as it goes.

    Attributes:
        values: (n_rows,) float64, NaN where missing or unread; minutes for durations, 50 for 50%.
        unit: an ISO code of a currency, `%`, `min`, or such as `of 10`; empty: none.
        format: the column's, with what was found out.
        unread: (n_rows,) bool, cells that are no number and do not mean missing.
        disputed: (n_rows,) bool, cells that contradict the others, or can be read in two ways.
        missing: the texts that mean missing, as written, with their counts; empty: no text at all.
        faults: what contradicts itself or can't be decided.
        notices: sentences on what was assumed.
        undecided: whether no cell tells the decimal mark, where that matters.
        leading_zeros: whether cells such as 0012345 are there, as ids have them.
    """

    values: np.ndarray
    kind: Kind
    unit: str
    format: Format
    unread: np.ndarray
    disputed: np.ndarray
    missing: dict[str, int] = field(default_factory=dict)
    faults: tuple[InputError, ...] = ()
    notices: tuple[str, ...] = ()
    undecided: bool = False
    leading_zeros: bool = False

    @property
    def share_read(self) -> float:
        """The share of numbers among the cells that do not mean missing; 0 where all do."""
        n_read = int((~np.isnan(self.values)).sum())
        return n_read / max(n_read + int(self.unread.sum()), 1)


def read_numbers(column: pd.Series, format: Format = Format(), above: float = -np.inf) -> np.ndarray:
    """Return a column as (n_rows,) float64, NaN where missing; refuse cells that are none, or not above `above`."""
    numbers = parse_numbers(column, format)
    values = numbers.values
    _refuse_faults(column, numbers)
    refuse_cells(column, np.isinf(values), "must hold finite numbers")
    refuse_cells(column, np.abs(values) > LARGEST, f"must hold numbers from -{LARGEST:g} to {LARGEST:g}")
    refuse_cells(column, values <= above, f"must be above {above:g} for log1p")
    return values


def parse_numbers(
    column: pd.Series, format: Format = Format(), marks_beside: str = "", delimiter: str | None = None
) -> Numbers:
    """Return what a column is as numbers; nothing is refused.

    Args:
        format: what is known of how its cells are written.
        marks_beside: the decimal marks of the table's other columns, `.`, `,` or both.
        delimiter: between the cells of a text file; None for other tables.
    """
    column = plain_dtype(column)
    try:
        typed = typed_numbers(column)
    except InputError as fault:
        none = np.full(len(column), np.nan)
        return Numbers(none, "number", "", format, _nowhere(column), _nowhere(column), faults=(fault,))
    if typed is not None:
        return _with_sentinels(column, *typed, format)
    if pd.api.types.is_string_dtype(column.dtype) and column.dtype != object:
        return _of_texts(column, format, marks_beside, delimiter)
    return _of_mixed(column, format, marks_beside, delimiter)


def find_number_formats(
    frame: pd.DataFrame, columns: list[str], declared: Formats, delimiter: str | None
) -> tuple[dict[str, Format], list[str]]:
    """Return how the numbers of columns are written, and sentences on what was assumed or is strange.

    Args:
        frame: the whole table: where a column's own cells don't tell its decimal mark, its neighbours may.
        delimiter: between the cells of a text file; None for other tables.
    """
    beside = cache(partial(_marks_of, frame, declared))
    steps = [partial(_find_format, frame, name, declared, delimiter, beside) for name in columns]
    results = all_or_faults(steps)
    formats = {name: format for name, (format, _) in zip(columns, results, strict=True)}
    return formats, [notice for _, notices in results for notice in notices]


def numbers_in_table(
    frame: pd.DataFrame,
    name: str,
    format: Format = Format(),
    delimiter: str | None = None,
    marks: Callable[[], dict[str, str]] | None = None,
) -> Numbers:
    """Return what a column of a table is as numbers; its neighbours decide what it doesn't: decimal mark, century."""
    numbers = parse_numbers(frame[name], format, delimiter=delimiter)
    if numbers.format.latest_year != format.latest_year and (latest := latest_year(frame)):  # for decades such as 90s
        numbers = parse_numbers(frame[name], replace(format, latest_year=latest), delimiter=delimiter)
    if not numbers.undecided:
        return numbers
    by_column = marks() if marks else _marks_of(frame, Formats())
    beside = "".join(sorted({mark for other, each in by_column.items() if other != name for mark in each}))
    return parse_numbers(frame[name], format, beside, delimiter)


def _find_format(
    frame: pd.DataFrame,
    name: str,
    declared: Formats,
    delimiter: str | None,
    marks: Callable[[], dict[str, str]],
) -> tuple[Format, list[str]]:
    format = declared.of(name)
    numbers = numbers_in_table(frame, name, format, delimiter, marks)
    if numbers.faults:
        _refuse_faults(frame[name], numbers)
    notices = [*numbers.notices]
    if format.missing is None:
        sentinels = propose_sentinels(numbers.values, name, numbers.kind)
        if sentinels:
            notices.append(_sentinel_notice(name, sentinels))
    if numbers.leading_zeros:
        notices.append(
            f"column '{name}': the zeros before numbers are left out; if they are ids, declare it as Category"
        )
    values = pd.Series(numbers.values, name=name)
    if not numbers.unread.any() and (sentence := uninformative(values, np.isnan(numbers.values))):
        notices.append(f"{sentence}; leave it out")
    return numbers.format, notices


def _refuse_faults(column: pd.Series, numbers: Numbers) -> None:
    """Refuse what contradicts itself, and cells that are no numbers, all in one message."""
    steps = [partial(_raise, fault) for fault in numbers.faults]
    if numbers.unread.any():
        unread = numbers.unread
        steps.append(partial(refuse_no_numbers, column, unread, numbers.share_read, numbers.format, parse_numbers))
    all_or_faults(steps)


def _raise(fault: InputError) -> None:
    raise fault


def _sentinel_notice(name: str, sentinels: dict[str, int]) -> str:
    counts = " and ".join(f"{text} ({counted(count, 'row')})" for text, count in sentinels.items())
    verbs = ("are read as numbers, but probably mean", "is read as a number, but probably means")
    return (
        f"column '{name}': {counts} {verbs[len(sentinels) == 1]} that nothing is known; if so, declare "
        f"{declaration('missing', name, list(sentinels))}"
    )


def _marks_of(frame: pd.DataFrame, declared: Formats) -> dict[str, str]:
    """Return the decimal mark of each column of texts in which a cell decides it."""
    marks = {}
    for name in frame.columns:
        column = frame[name].head(BESIDE)
        if pd.api.types.is_string_dtype(column.dtype) and column.dtype != object:
            numbers = parse_numbers(column, replace(declared.of(name), missing=None))
            if numbers.format.decimal and not numbers.undecided and numbers.share_read > 0.8:
                marks[str(name)] = numbers.format.decimal
    return marks


def _with_sentinels(column: pd.Series, values: np.ndarray, kind: Kind, format: Format) -> Numbers:
    """Return numbers of a dtype, without those that the format takes for missing."""
    missing = {"": int(np.isnan(values).sum())} if np.isnan(values).any() else {}
    values = _without_tokens(values, format, missing)
    kind = "flag" if kind == "number" and _are_flags(values) else kind
    unit = "min" if kind == "duration" else ""
    return Numbers(values, kind, unit, format, _nowhere(column), _nowhere(column), missing)


def _without_tokens(values: np.ndarray, format: Format, missing: dict[str, int]) -> np.ndarray:
    """Return values with NaN for the numbers that the format takes for missing; counts them in `missing`."""
    for token in format.missing or ():
        value = _value_of(token)
        if value is not None:
            same = values == value
            if same.any():
                missing[token] = missing.get(token, 0) + int(same.sum())
                values = np.where(same, np.nan, values)
    return values


def _value_of(token: str) -> float | None:
    if token.casefold().lstrip("+-") in ("inf", "infinity"):
        return float(token)
    reading = read_number(token)
    return reading.point if reading else None


def _are_flags(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool(np.isin(known[:100], (0.0, 1.0)).all()) and set(np.unique(known)) == {0.0, 1.0}


def _of_texts(
    column: pd.Series, format: Format, marks_beside: str, delimiter: str | None, may_be_flags: bool = True
) -> Numbers:
    cells = distinct_texts(column, exactly=False)
    readings = read_texts(cells, format.missing or ())
    flags = read_flags(column, readings, format) if may_be_flags else None
    if flags is not None:
        nowhere = _nowhere(column)
        return Numbers(flags.values, "flag", "", flags.format, nowhere, nowhere, flags.missing, notices=flags.notices)
    habits = find_habits(column, readings, format, marks_beside, delimiter)
    distinct = values_of(readings, habits.format)
    missing = readings.missing_counts()
    values = _without_tokens(cells.rows(distinct, np.nan), format, missing)
    unread = cells.rows(np.isnan(distinct) & ~readings.missing, False) & ~habits.disputed
    unit = habits.format.unit or ""
    return Numbers(
        values,
        "year" if habits.are_years else "flag" if not unit and _are_flags(values) else _kind_of(unit),
        unit,
        habits.format,
        unread,
        habits.disputed,
        missing,
        tuple(habits.faults),
        tuple(habits.notices),
        habits.undecided,
        _has_leading_zeros(cells),
    )


def _nowhere(column: pd.Series) -> np.ndarray:
    return np.zeros(len(column), bool)


def _kind_of(unit: str) -> Kind:
    if unit in ("%", "min"):
        return "percentage" if unit == "%" else "duration"
    return "money" if unit and not unit.startswith("of ") else "number"


def _has_leading_zeros(cells: DistinctTexts) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells.texts, r"^0\d+$")).as_py())


def _of_mixed(column: pd.Series, format: Format, marks_beside: str, delimiter: str | None) -> Numbers:
    """Read a column of objects: numbers as they are, texts as texts, anything else is unread."""
    cells = column.to_numpy(object)
    is_text = np.array([isinstance(cell, str) for cell in cells], bool)
    is_numeric = np.array([is_number(cell) for cell in cells], bool)
    texts = pd.Series(np.where(is_text, cells, None), column.index, dtype="str", name=column.name)
    numbers = _of_texts(texts, format, marks_beside, delimiter, may_be_flags=not is_numeric.any())
    values = numbers.values.copy()
    values[is_numeric] = cells[is_numeric].astype(np.float64)
    known = np.array([not (pd.api.types.is_scalar(cell) and pd.isna(cell)) for cell in cells], bool)
    other = known & ~is_text & ~is_numeric
    missing = {text: count for text, count in numbers.missing.items() if text}
    if n_empty := numbers.missing.get("", 0) - int((known & ~is_text).sum()):
        missing[""] = n_empty
    values = _without_tokens(values, format, missing)
    return replace(numbers, values=values, unread=numbers.unread | other, missing=missing)
