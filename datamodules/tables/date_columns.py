"""Columns of dates in a table: which they are, how they are written, and what is strange about them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import all_or_faults
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.bad_cells import cells_in_words
from greenlight_films.datamodules.tables.date_cells import DAY, YEAR, Dates, parse_dates
from greenlight_films.datamodules.tables.formats import Format, Formats

SOON = 5  # years from now that a film may be announced for
MOST_SPANS = 0.8  # share of dates that are spans, from which on these are seasons, not series among films
SAMPLE = 1000  # cells that tell whether the others are worth a look
WORD = re.compile(r"[^\W\d_]+?(?=[A-Z][a-z]|[\W\d_]|$)")
YEAR_WORDS = {"year", "years", "yr", "jahr", "annee", "année", "año", "ano", "anno", "jaar", "rok", "år"}
DATE_WORDS = YEAR_WORDS | {
    *("date", "dates", "day", "released", "release", "premiere", "première", "premiered", "timestamp", "time", "aired"),
    *("datum", "fecha", "data", "sortie", "uscita", "estreno", "lançamento", "kinostart", "start", "startdatum"),
    *("erscheinung", "erstaufführung", "shown", "opened", "published"),
}


@dataclass(frozen=True)
class DateGuess:
    """What a column would be as dates.

    Attributes:
        kind: `date`; `year` where all are plain years, which serve as numbers; None where it holds something else.
        share: of the cells that are not missing, how many are dates.
        dates: of the whole column; of some rows where few are dates.
    """

    kind: Literal["date", "year"] | None
    share: float
    dates: Dates


def find_date_formats(
    frame: pd.DataFrame, columns: list[str], declared: Formats
) -> tuple[dict[str, Format], list[str]]:
    """Return how the dates of columns are written, and sentences on what was assumed or is strange.

    Args:
        frame: the whole table: its latest year bounds what a year of two digits may stand for.

    Raises:
        InputError: columns whose cells may be two dates, or contradict each other; it names all of them.
    """

    def of_column(name: str) -> Dates:
        dates = parse_dates(frame[name], declared.of(name))
        if dates.fault:
            raise dates.fault
        return dates

    dates_of = dict(zip(columns, all_or_faults([partial(of_column, name) for name in columns]), strict=True))
    formats, notices = dict[str, Format](), list[str]()
    for name, dates in dates_of.items():
        if dates.short_years.any() and declared.of(name).latest_year is None:
            latest = latest_year(frame) or dates.format.latest_year
            dates = parse_dates(frame[name], replace(dates.format, latest_year=latest))
        formats[name] = replace(dates.format, missing=(*(dates.format.missing or ()), *dates.missing) or None)
        notices += date_notices(frame, name, dates)
    return formats, notices


def looks_like_dates(column: pd.Series, format: Format = Format()) -> DateGuess:
    """Return whether a column could hold dates, and its dates.

    Numbers that count days or seconds are dates only where the column's name says so: takings look the same.
    """
    sample = column.dropna()
    if len(sample) > 5 * SAMPLE:  # most columns hold something else
        guess = looks_like_dates(sample.iloc[:: len(sample) // SAMPLE], format)
        if guess.share < 0.5:
            return guess
    dates = parse_dates(column, format)
    n_read = int((dates.precision > 0).sum() + dates.undecided.sum())
    total = n_read + int(dates.unread.sum())
    share = n_read / total if total else 0.0
    n_empty = sum(dates.missing.values())
    others = n_read + n_empty - dates.n_numbers  # dates that are written as such
    kind: Literal["date", "year"] | None = None
    if share >= (0.7 if has_word(column.name, DATE_WORDS) else 0.9):
        if others > 0.1 * n_read:
            kind = "date"
        elif _numbers_are_dates(column, dates, n_read):
            kind = "year" if others <= 0 and dates.precision.max() == YEAR else "date"
    return DateGuess(kind, share, dates)


def _numbers_are_dates(column: pd.Series, dates: Dates, n_read: int) -> bool:
    if has_word(column.name, DATE_WORDS):
        return True
    if dates.format.epoch is not None:
        return False
    if dates.precision.max() == YEAR:
        years = np.unique(dates.years()[dates.precision > 0])
        return len(years) > 2 and bool((years % 10 > 0).any()) and years.min() >= 1870
    return n_read >= 5 and dates.precision.max() == DAY


def has_word(name: object, words: set[str]) -> bool:
    """Return whether a column's name has a word of a set: `releaseDate`, `release_date`, `Release Date`."""
    return bool(words & {word.casefold() for word in WORD.findall(str(name))})


def latest_year(frame: pd.DataFrame) -> int | None:
    """Return the latest year of four digits in a table's columns of dates and years, None where there is none."""
    latest = 0.0
    for name in frame:
        if looks_like_dates(frame[name].dropna().head(SAMPLE)).kind is not None:
            dates = parse_dates(frame[name])
            years = dates.years()[~dates.short_years & (dates.precision > 0)]
            latest = years[years <= date.today().year + SOON].max(initial=latest)
    return int(latest) or None


def date_notices(frame: pd.DataFrame, name: str, dates: Dates) -> Iterator[str]:
    """Yield sentences on what was assumed of a column's dates, and what is strange about them."""
    column = frame[name]
    for text, count in dates.missing.items():
        yield (
            f"column '{name}': {text} in {counted(count, 'cell')} was taken as missing; databases and spreadsheets "
            "write it for an empty cell"
        )
    if dates.short_years.any():
        cells = counted(int(dates.short_years.sum()), "cell")
        yield f"column '{name}': years of two digits in {cells} were read as none after {dates.format.latest_year}"
    known = dates.precision > 0
    if dates.spans.sum() > MOST_SPANS * known.sum():
        example = str(column[dates.spans].iloc[0])
        yield f"column '{name}' has spans of time, such as {example!r}: the first year or day of each counts"
    elif dates.spans.any():
        yield (
            f"column '{name}' has spans of time, {cells_in_words(column, dates.spans)}; the first counts, and such "
            "rows are series, not films"
        )
    yield from _strange_centuries(frame, name, dates)


def _strange_centuries(frame: pd.DataFrame, name: str, dates: Dates) -> Iterator[str]:
    """Yield a sentence on dates a century off the row's year, or, without a column of years, far in the future."""
    years, column = dates.years(), frame[name]
    for other in frame.columns:
        if other != name and has_word(other, YEAR_WORDS) and looks_like_dates(frame[other].head(SAMPLE)).kind:
            theirs = parse_dates(frame[other]).years()
            off = np.abs(years - theirs) == 100
            if off.any():
                texts = ", ".join(f"{year:.0f}" for year in theirs[off][:3])
                yield (
                    f"column '{name}' is a century off column '{other}': {cells_in_words(column, off)}, where "
                    f"'{other}' has {texts}; correct them, or declare them missing by data.missing"
                )
            return
    late = years > date.today().year + SOON
    if late.any():
        yield (
            f"column '{name}' has dates in the future, {cells_in_words(column, late)}; correct them, or declare them "
            "missing by data.missing"
        )
