"""The distinct cells of a column as the parts of dates, in arrays: of texts, of numbers, and of days."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.date_texts import date_in
from greenlight_films.datamodules.tables.distinct_texts import codes_of, combined
from greenlight_films.datamodules.tables.missing_cells import means_missing

FIRST_YEAR, LAST_YEAR = 1800, 2100  # of a date in a table of films
EPOCHS = {"days": (86_400, "1899-12-30"), **{unit: (10.0**-power, "1970-01-01") for unit, power in
          (("s", 0), ("ms", 3), ("us", 6), ("ns", 9))}}  # fmt: skip
"""What numbers that are dates may count: its length in seconds, and the day that it counts from."""

ISO_TIME = r"^\d{4}-\d\d-\d\d[T ]\d[\d:.,+Z -]*$"
NUMBER = r"^-?\d+(\.0+)?$|^-?\d{5,}\.\d+$"
LONGEST = 100  # characters of a cell with a date
NO_DATE = {"undated", "unreleased", "not released", "not yet released", "coming soon", "upcoming", "announced"}
"""Words that mean that nothing is known, beside those of numbers."""


@dataclass(frozen=True)
class Parts:
    """The parts of n dates, as `DateParts` has them.

    Attributes:
        known: (n,) bool, whether the cell is a date at all; the others have zeros.
        blank: (n,) bool, whether the cell says that nothing is known.
    """

    year: np.ndarray
    month: np.ndarray
    day: np.ndarray
    short: np.ndarray
    either: np.ndarray
    span: np.ndarray
    known: np.ndarray
    blank: np.ndarray

    @classmethod
    def empty(cls, n: int) -> "Parts":
        return cls(*(np.zeros(n, np.int64) for _ in range(3)), *(np.zeros(n, bool) for _ in range(5)))

    def put(self, where: np.ndarray, other: "Parts") -> None:
        """Set the parts at indices, or where a mask is true."""
        for part in fields(self):
            getattr(self, part.name)[where] = getattr(other, part.name)


@dataclass(frozen=True)
class DateCells:
    """A column's cells, each distinct one once.

    Attributes:
        codes: (n_rows,) of each row's cell in `parts`, -1 where it is missing.
        epoch: what its numbers count, where that is so.
        is_number: of each distinct cell, whether it is a plain number, such as 1994 or 41760.
        written: returns a distinct cell as it stands in the table.
    """

    codes: np.ndarray
    parts: Parts
    epoch: str | None
    is_number: np.ndarray
    written: Callable[[int], str]

    def rows(self, of_distinct: np.ndarray) -> np.ndarray:
        """Return for each row what its distinct cell has; for a missing one 0, False or NaT."""
        nothing = np.datetime64("NaT") if of_distinct.dtype.kind == "M" else 0
        return np.append(of_distinct, np.array(nothing, of_distinct.dtype))[self.codes]

    def counts(self) -> np.ndarray:
        """Return the number of rows of each distinct cell."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.parts.year))


def date_cells(column: pd.Series, epoch: str | None = None, missing: tuple[str, ...] = ()) -> DateCells:
    """Return the parts of a column's cells; texts, numbers, datetimes and periods alike.

    Args:
        missing: texts that mean that nothing is known, beside the usual ones.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind in "iuf":
        return _of_numbers(column.to_numpy(np.float64, na_value=np.nan), epoch, missing)
    days, precision = _days(column)
    if days is not None:
        return _of_days(days, precision, missing)
    return _of_texts(column, epoch, missing)


def _days(column: pd.Series) -> tuple[np.ndarray | None, int]:
    """Return a column of datetimes or periods as days, and 1, 2 or 3 for years, months or days; None for others."""
    if isinstance(column.dtype, pd.PeriodDtype):
        unit = column.dtype.name.removeprefix("period[")[0]
        return column.dt.start_time.to_numpy("datetime64[D]"), {"Y": 1, "Q": 1, "M": 2}.get(unit, 3)
    if isinstance(column.dtype, pd.ArrowDtype) and column.dtype.kind in "MO":
        kind = column.dtype.pyarrow_dtype
        if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
            return None, 0
        array = pa.chunked_array(pa.array(column))
        local = pc.local_timestamp(array) if pa.types.is_timestamp(kind) and kind.tz else array
        return local.cast(pa.timestamp("s"), safe=False).to_numpy().astype("datetime64[D]"), 3
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    return (column.to_numpy("datetime64[D]"), 3) if column.dtype.kind == "M" else (None, 0)


def _of_days(days: np.ndarray, precision: int, missing: tuple[str, ...]) -> DateCells:
    distinct, codes = np.unique(days, return_inverse=True)
    texts = np.datetime_as_string(distinct)
    known = ~np.isnat(distinct)
    parts = Parts.empty(len(distinct))
    parts.year[known], parts.month[known], parts.day[known] = _year_month_day(distinct[known])
    parts.known[known] = True
    if precision < 3:
        parts.day[:] = 0
    if precision < 2:
        parts.month[:] = 0
    parts.blank[:] = np.isin(texts, missing)
    codes = np.where(np.isnat(days), -1, codes)
    return DateCells(codes, parts, None, np.zeros(len(distinct), bool), lambda index: str(texts[index]))


def _of_numbers(values: np.ndarray, epoch: str | None, missing: tuple[str, ...]) -> DateCells:
    codes, distinct = pd.factorize(values)
    epoch = epoch or _epoch(distinct)
    parts = _parts_of_numbers(distinct, epoch)
    parts.blank[:] = np.isin(distinct, pd.to_numeric(pd.Series(missing, dtype="str"), errors="coerce"))
    return DateCells(codes, parts, epoch, np.ones(len(distinct), bool), lambda index: f"{distinct[index]:.15g}")


def _of_texts(column: pd.Series, epoch: str | None, missing: tuple[str, ...]) -> DateCells:
    array = pc.utf8_trim_whitespace(combined(pa.array(_as_texts(column))).cast(pa.large_string()))
    # A time makes nearly every cell another one.
    timed = pc.match_substring_regex(array, ISO_TIME)
    if pc.any(timed).as_py():
        array = pc.if_else(timed, pc.utf8_slice_codeunits(array, 0, 10), array)
    encoded = array.dictionary_encode()
    codes, texts = codes_of(encoded), encoded.dictionary
    parts = Parts.empty(len(texts))
    parts.blank[:] = np.array(pc.is_in(texts, pa.array(["", *missing], texts.type)), bool)
    is_number = np.array(pc.match_substring_regex(texts, NUMBER), bool)
    values = texts.filter(pa.array(is_number)).cast(pa.float64()).to_numpy()
    epoch = epoch or _epoch(values)
    parts.put(is_number, _parts_of_numbers(values, epoch))
    has_digits = np.array(pc.match_substring_regex(texts, r"\p{Nd}\p{Nd}"), bool)
    is_short = np.array(pc.less_equal(pc.utf8_length(texts), LONGEST), bool)
    unknown = ~parts.known & ~parts.blank & is_short
    others = np.flatnonzero(unknown & has_digits)
    dates = [date_in(text) for text in texts.take(pa.array(others)).to_pylist()]
    is_date = np.array([date is not None for date in dates], bool)
    if is_date.any():
        year, month, day, short, either, span = np.array(list(compress(dates, is_date)), np.int64).T
        known = np.ones(len(year), bool)
        parts.put(others[is_date], Parts(year, month, day, short > 0, either > 0, span > 0, known, ~known))
    words = np.flatnonzero(unknown & ~has_digits)
    parts.blank[words] = [_says_nothing(text) for text in texts.take(pa.array(words)).to_pylist()]
    return DateCells(codes, parts, epoch, is_number, lambda index: str(texts[index]))


def _says_nothing(text: str) -> bool:
    return text.casefold() in NO_DATE or means_missing(text)


def _as_texts(column: pd.Series) -> pd.Series:
    """Return text as it is, and other objects as they are written; a moment with a zone as its day there."""
    if column.dtype != object and not isinstance(column.dtype, pd.ArrowDtype):
        return column if isinstance(column.dtype, pd.StringDtype) else column.astype("str")
    kind = column.dtype.pyarrow_dtype if isinstance(column.dtype, pd.ArrowDtype) else pa.null()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column
    return column.map(_as_text, na_action="ignore").astype("str")


def _as_text(cell: Any) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)  # an ISO date, of dates, times and periods


def _year_month_day(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    return years.astype(int) + 1970, (months - years).astype(int) + 1, (days - months).astype(int) + 1


def _parts_of_numbers(values: np.ndarray, epoch: str | None) -> Parts:
    """Return 1994 as a year, 199406 as a month, 19940612 as a day, and others as what they count, if they do."""
    parts = Parts.empty(len(values))
    finite = np.isfinite(values)
    whole = np.where(finite & (values == np.floor(values)) & (np.abs(values) < 1e8), values, -1).astype(np.int64)
    parts.known[:] = _is_year(whole) | (values == 0)  # 0 is missing, as 0000-00-00 is
    parts.year[:] = np.where(_is_year(whole), whole, 0)
    if epoch in (None, "days"):
        is_month, is_day = _is_month(whole // 100, whole % 100), _is_month(whole // 10_000, whole // 100 % 100)
        is_day &= (whole % 100 >= 1) & (whole % 100 <= 31)
        parts.known[:] |= is_month | is_day
        for where, divisor in ((is_month, 100), (is_day, 10_000)):
            parts.year[where], parts.month[where] = whole[where] // divisor, whole[where] * 100 // divisor % 100
        parts.day[is_day] = whole[is_day] % 100
    if epoch is not None:
        days = _days_of_counts(values, epoch)
        counts = ~parts.known & ~np.isnat(days)
        parts.year[counts], parts.month[counts], parts.day[counts] = _year_month_day(days[counts])
        parts.known[:] |= counts
    return parts


def _is_year(numbers: np.ndarray) -> np.ndarray:
    return (numbers >= FIRST_YEAR) & (numbers <= LAST_YEAR)


def _is_month(years: np.ndarray, months: np.ndarray) -> np.ndarray:
    return _is_year(years) & (months >= 1) & (months <= 12)


def _days_of_counts(values: np.ndarray, epoch: str) -> np.ndarray:
    """Return the days that numbers count to, NaT where that is no year of a film."""
    seconds, start = EPOCHS[epoch]
    with np.errstate(over="ignore"):
        days = np.floor(values * (seconds / 86_400))
    near = np.abs(days) < 1e6
    moments = np.datetime64(start) + np.where(near, days, 0).astype("timedelta64[D]")
    years = moments.astype("datetime64[Y]").astype(int) + 1970
    moments[~(near & _is_year(years))] = np.datetime64("NaT")
    return moments


def _epoch(values: np.ndarray) -> str | None:
    """Return what most of the distinct numbers count, if they are dates; None where they count nothing."""
    counts = values[np.isfinite(values) & ~_parts_of_numbers(values, None).known]
    if not len(counts):
        return None
    fits = {epoch: float((~np.isnat(_days_of_counts(counts, epoch))).mean()) for epoch in EPOCHS}
    epoch = max(fits, key=lambda name: fits[name])  # of equals the first, which is the longest
    usual = float(np.median(np.abs(counts)))
    return epoch if fits[epoch] > 0.5 and usual >= (10_000 if epoch == "days" else 1e8) else None
