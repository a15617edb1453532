"""Cells as dates, each as precise as it is written: how a column writes them is found from its cells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, declaration
from greenlight_films.datamodules.tables.bad_cells import (
    cells_in_words,
    declared_missing,
    first_row,
    refuse_cells,
    remedy_by_setting,
)
from greenlight_films.datamodules.tables.date_parts import FIRST_YEAR, LAST_YEAR, DateCells, Parts, date_cells
from greenlight_films.datamodules.tables.formats import Format

YEAR, MONTH, DAY = 1, 2, 3  # how precise a date is
DECLARE = "names or words, declare it as Labels or Category"
SEASONS = 4  # months of which each is the year after its own: 2005/06, 2009/10, ...
EMPTY = ((0, 0, 0), (1900, 1, 0), (1899, 12, 30), (1, 1, 1), (9999, 12, 31))
"""Years, months and days that databases and spreadsheets write for an empty cell."""


@dataclass(frozen=True)
class Dates:
    """The dates of a column.

    Attributes:
        values: (n_rows,) datetime64[D], the first day of what is known; NaT where missing, and where not read.
        precision: (n_rows,) uint8, YEAR, MONTH or DAY; 0 where missing.
        unread: (n_rows,) bool, cells that are no dates.
        undecided: (n_rows,) bool, cells that may be two dates.
        fault: the error of the whole column, which read_dates raises: nothing tells days from months, or its cells
            contradict each other.
        spans: (n_rows,) bool, cells with several dates, of which the first counts.
        missing: how many cells have a date that stands for an empty cell, by how it is written.
        short_years: (n_rows,) bool, dates whose year has two digits.
        n_numbers: how many cells are plain numbers, such as 1994 or 41760.
        format: as given, and what was found of it.
    """

    values: np.ndarray
    precision: np.ndarray
    unread: np.ndarray
    undecided: np.ndarray
    fault: InputError | None
    spans: np.ndarray
    missing: dict[str, int]
    short_years: np.ndarray
    n_numbers: int
    format: Format

    def texts(self) -> list[str | None]:
        """Return ISO dates as precise as the cells: `1994`, `1994-06`, `1994-06-12`; None where missing."""
        days = np.datetime_as_string(self.values)
        ends = np.array([0, 4, 7, 10])[self.precision]
        return [str(day)[:end] if end else None for day, end in zip(days, ends, strict=True)]

    def years(self) -> np.ndarray:
        """Return (n_rows,) float64, NaN where missing."""
        years = self.values.astype("datetime64[Y]").astype(np.float64) + 1970
        return np.where(np.isnat(self.values), np.nan, years)


def parse_dates(column: pd.Series, format: Format = Format()) -> Dates:
    """Return a column's dates, and which cells are none; what the format doesn't say is found from the cells.

    Years from 1800 to 2100 are dates. Of several dates in a cell the first counts, and of a moment its day, as written.
    """
    cells = date_cells(column, format.epoch, format.missing or ())
    parts, counts = cells.parts, cells.counts()
    short = parts.known & parts.short
    full = parts.year[~parts.short & (parts.year >= FIRST_YEAR) & (parts.year <= LAST_YEAR)]
    latest = format.latest_year or int(full.max(initial=0)) or date.today().year
    format = replace(format, epoch=cells.epoch, latest_year=latest if short.any() else format.latest_year)
    format, day_first, fault = _order(column, cells, counts, format)
    year, month, day = _in_order(parts, day_first, bool(format.year_first))
    year = np.where(short, in_century(year, latest), year)
    seasons = _are_seasons(parts)
    month = np.where(seasons, 0, month)
    undecided = parts.known & (day_first < 0)
    empty = _are(EMPTY, year, month, day) & parts.known & ~short | _are([(1900, 0, 1)], year, month, day) & parts.either
    days, exists = _on_the_calendar(year, month, day)
    exists &= ~parts.either | (month > 0) & (day > 0)
    read = parts.known & exists & ~undecided & ~empty & ~parts.blank
    days[~read] = np.datetime64("NaT")
    precision = np.where(read, 1 + (month > 0) + (day > 0), 0).astype(np.uint8)
    missing = {
        cells.written(int(index)): int(counts[index]) for index in np.flatnonzero(empty & ~parts.blank & (counts > 0))
    }
    return Dates(
        values=cells.rows(days),
        precision=cells.rows(precision),
        unread=cells.rows(~read & ~empty & ~parts.blank & ~undecided),
        undecided=cells.rows(undecided & ~parts.blank),
        fault=fault,
        spans=cells.rows((parts.span | seasons) & read),
        missing=missing,
        short_years=cells.rows(short & read),
        n_numbers=int(counts[cells.is_number & ~parts.blank].sum()),
        format=format,
    )


def read_dates(column: pd.Series, format: Format = Format()) -> Dates:
    """Return a column's dates; an InputError names the cells that are none, or may be two."""
    return all_read(column, parse_dates(column, format))


def all_read(column: pd.Series, dates: Dates, wanted: str = "dates", instead: str = DECLARE) -> Dates:
    """Return the dates of a column; an InputError names the cells that are none, or may be two.

    Args:
        wanted: what the column must hold.
        instead: what to do where hardly a cell is a date.
    """
    if dates.fault:
        raise dates.fault
    if dates.unread.any():
        requirement = f"must hold {wanted} such as 2014-05-01, June 1994 or 1994"
        remedy = _in_the_other_order(column, dates)
        n_unread = int(dates.unread.sum())
        if not remedy and n_unread > 1 and int((dates.precision > 0).sum()) <= n_unread / 4:
            remedy = f"correct them; if it holds {instead}"
        refuse_cells(column, dates.unread, requirement, remedy)
    return dates


def _in_the_other_order(column: pd.Series, dates: Dates) -> str:
    """Return the remedy for cells that are dates with day and month the other way round; empty where that is none."""
    if (day_first := dates.format.day_first) is None:
        return ""
    other = parse_dates(column, replace(dates.format, day_first=not day_first))
    setting = declaration("day_first", column.name, not day_first)
    how = f"with the {'month' if day_first else 'day'} first"
    return remedy_by_setting(dates.unread, other.unread, "date", how, setting)


def _order(
    column: pd.Series, cells: DateCells, counts: np.ndarray, format: Format
) -> tuple[Format, np.ndarray, InputError | None]:
    """Return whether the day comes first: in the format, for each distinct cell (1, 0, or -1 for unknown), and why not.

    A number above 12 is no month, and one above 31 no day. Cells whose two readings are the same day need no decision.
    """
    parts = cells.parts
    first, second, either = parts.month, parts.day, parts.either & (parts.month > 0) & (parts.day > 0)
    if format.year_first is None and (short := either & parts.short).any():
        fits = (second <= 12) & (parts.year >= 1) & (parts.year <= 31)
        format = replace(format, year_first=bool((first[short] > 31).any() and fits[short].all()) or None)
    if format.year_first:
        either = either & ~parts.short
    only_day, only_month = either & (first > 12) & (second <= 12), either & (second > 12) & (first <= 12)
    open_cells = either & (first <= 12) & (second <= 12) & (first != second)
    day_first = np.where(only_day, 1, 0)
    if format.day_first is not None:
        return format, np.full(len(first), int(format.day_first)), None
    n_day, n_month = int(counts[only_day].sum()), int(counts[only_month].sum())
    if n_day and n_month:
        fault: InputError | None = _contradiction(column, cells, only_day, only_month, (n_day, n_month))
    elif n_day or n_month:
        format = replace(format, day_first=n_day > 0)
        return format, np.full(len(first), int(n_day > 0)), None
    else:
        fault = _undecided(column, cells, open_cells, format) if open_cells.any() else None
    return format, np.where(open_cells, -1, day_first), fault


def _are_seasons(parts: Parts) -> np.ndarray:
    """Tell which cells are two years and no month: 2005/06 where every such cell is, beside 1989/90 or in many."""
    months = parts.known & (parts.month > 0) & (parts.day == 0) & ~parts.short
    in_a_row = months & (parts.month == (parts.year + 1) % 100)
    certain = bool(parts.span.any()) or int(in_a_row.sum()) >= SEASONS
    return in_a_row if certain and bool(in_a_row[months].all()) else np.zeros(len(months), bool)


def in_century(years: Any, latest: int) -> Any:
    """Return years of two digits as the last ones that are not after `latest`."""
    return latest - (latest - years) % 100


def _in_order(parts: Parts, day_first: np.ndarray, year_first: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    swapped = parts.either & (day_first == 1)
    year, month, day = parts.year, np.where(swapped, parts.day, parts.month), np.where(swapped, parts.month, parts.day)
    if year_first:
        turned = parts.either & parts.short
        year, month, day = (
            np.where(turned, part, other)
            for part, other in ((parts.month, year), (parts.day, month), (parts.year, day))
        )
    return year, month, day


def _are(dates: Sequence[tuple[int, int, int]], year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    same = [(year == a_year) & (month == a_month) & (day == a_day) for a_year, a_month, a_day in dates]
    return np.logical_or.reduce(same)


def _on_the_calendar(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day of each year, month or day, and whether there is such a one."""
    possible = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 0) & (month <= 12) & (day >= 0) & (day <= 31)
    possible &= (month > 0) | (day == 0)
    months = np.where(possible, (year - 1970) * 12 + np.maximum(month, 1) - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(possible, np.maximum(day, 1) - 1, 0).astype("timedelta64[D]")
    return days, possible & (days.astype("datetime64[M]") == months)


def _undecided(column: pd.Series, cells: DateCells, open_cells: np.ndarray, format: Format) -> InputError:
    index = int(open_cells.argmax())
    parts = cells.parts
    year, first, second = int(parts.year[index]), int(parts.month[index]), int(parts.day[index])
    year = in_century(year, format.latest_year or 0) if parts.short[index] else year
    return InputError(
        f"column '{column.name}' must tell whether the day or the month comes first, and no cell does: "
        f"{cells.written(index)} may be {year}-{second:02}-{first:02} (day first) or "
        f"{year}-{first:02}-{second:02} (month first); say which by "
        f"{declaration('day_first', column.name, True)} or false",
        first_row(column, cells.rows(open_cells)),
    )


def _contradiction(
    column: pd.Series, cells: DateCells, only_day: np.ndarray, only_month: np.ndarray, counts: tuple[int, int]
) -> InputError:
    n_day, n_month = counts
    few = cells.rows(only_day if n_day < n_month else only_month)
    return InputError(
        f"column '{column.name}' must write all dates day first or all month first, got {n_day:,} that can only be day "
        f"first and {n_month:,} only month first: {cells_in_words(column, few)}; correct these, or say by "
        f"{declaration('day_first', column.name, bool(n_day >= n_month))} how the others are, and declare these "
        f"missing by {declared_missing(column, few)}",
        first_row(column, few),
    )
