"""How the numbers of a column are written, decided from all its cells: the decimal mark, the unit, hours or minutes."""

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, declaration
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.bad_cells import cells_in_words, declared_missing, first_row
from greenlight_films.datamodules.tables.decades import MOST, years_of_decades
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.mixed_units import (
    are_weeks,
    has_another_unit,
    is_stray_currency,
    several_units,
    stray_currency,
    unit_in_words,
    weeks,
)
from greenlight_films.datamodules.tables.number_names import DURATION_NAME, kind_by_name
from greenlight_films.datamodules.tables.number_readings import NumberReadings
from greenlight_films.datamodules.tables.units import CROWNS

LONGEST_IN_MN = 1000  # minutes, which `mn` means in French; in English it is millions
LONGEST_FILM = 5  # hours: 1:36 is hours and minutes in a column that has none longer
MANY = 30  # numbers that are enough to judge their lengths by
MARKS = {".": "point", ",": "comma"}


@dataclass
class Habits:
    """How the numbers of a column are written.

    Attributes:
        format: the column's, with what was found out.
        faults: what can't be decided, or contradicts itself.
        notices: sentences on what was assumed.
        undecided: whether cells that decide the decimal mark are lacking.
        disputed: (n_rows,) bool, cells that contradict the others.
        are_years: whether the numbers are the first years of decades.
    """

    format: Format
    faults: list[InputError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    undecided: bool = False
    disputed: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    are_years: bool = False

    def refuse(self, column: pd.Series, rows: np.ndarray, message: str) -> None:
        """Add a fault of some rows, (n_rows,) bool."""
        self.disputed = self.disputed | rows
        self.faults.append(InputError(message, first_row(column, rows)))


def find_habits(
    column: pd.Series, readings: NumberReadings, format: Format, marks_beside: str, delimiter: str | None
) -> Habits:
    """Decide how the numbers of a column are written, and bring those in `readings` to its unit.

    Args:
        format: what is known of it already.
        marks_beside: decimal marks of the table's other columns.
        delimiter: between the cells of a text file.
    """
    habits = Habits(format, disputed=np.zeros(len(column), bool))
    _settle_lone_s(column, readings, habits)
    _settle_lone_m(column, readings, habits)
    _settle_clock(column, readings, habits)
    _settle_unit(column, readings, habits)
    _settle_decimal(column, readings, habits, marks_beside, delimiter)
    return habits


def values_of(readings: NumberReadings, format: Format) -> np.ndarray:
    """Return the value of each different text, (n_distinct,) float64."""
    return readings.comma if format.decimal == "," else readings.point


def _settle_lone_s(column: pd.Series, readings: NumberReadings, habits: Habits) -> None:
    """Decide whether 1980s and 90s are decades or seconds: by the other cells and the column's name."""
    indices = readings.units.pop("s", [])
    if not indices:
        return
    are_alone = not readings.units and not habits.format.unit
    others, name = readings.without_unit(), str(column.name)
    others[indices] = False
    latest = habits.format.latest_year or date.today().year
    numbers, counts = readings.point[indices], readings.counts[indices]
    least = 0 if habits.format.unit == "" else MOST
    years = years_of_decades(name, numbers, counts, readings.point[others], latest, least) if are_alone else None
    if years is None:
        readings.units.setdefault("min", []).extend(indices)
        readings.point[indices] /= 60
        readings.comma[indices] /= 60
        return
    readings.point[indices] = readings.comma[indices] = years
    habits.format, habits.are_years = replace(habits.format, unit=""), True
    if (numbers < 100).any():
        habits.format = replace(habits.format, latest_year=latest)
        habits.notices.append(f"column '{name}': decades of two digits were read as none after {latest}")


def _settle_lone_m(column: pd.Series, readings: NumberReadings, habits: Habits) -> None:
    """Decide whether 45m and 45 mn are minutes or millions: by the other cells, the column's name or the size."""
    of_m = readings.units.pop("m", [])
    of_mn, capitals = readings.units.pop("mn", []), readings.units.pop("M", [])
    indices = of_m + of_mn + capitals
    if not indices:
        return
    units = {*readings.units, habits.format.unit}
    values = np.fmax(readings.point[indices], readings.comma[indices])
    whole, name = bool((values == np.round(values)).all()), str(column.name)
    is_open = units == {None} and not capitals and not readings.scaled and kind_by_name(name) != "money"
    if units & {"min", "h:mm"} or (units == {None} and not readings.scaled and DURATION_NAME.search(name)):
        readings.units.setdefault("min", []).extend(indices)
        return
    if is_open and not of_m and whole and values.max() < LONGEST_IN_MN:
        readings.units["min"] = indices
        return
    if is_open and whole and values.min() >= 20 and values.max() < 400:
        rows = readings.rows_of(indices)
        habits.refuse(
            column,
            rows,
            f"column '{name}' can be read in two ways, as minutes and as millions: "
            f"{cells_in_words(column, rows)}; write min or million there",
        )
    elif is_open and of_mn:
        text = readings.cells.texts[of_mn[0]].as_py()
        habits.notices.append(f"column '{name}': {text!r} and the like are read as millions, not as minutes")
    for values in (readings.point, readings.comma):
        values[indices] = np.round(values[indices] * 1e6, 3)
    if units == {None}:
        habits.format = replace(habits.format, unit="")


def _settle_clock(column: pd.Series, readings: NumberReadings, habits: Habits) -> None:
    """Decide whether 1:36 are hours and minutes, or minutes and seconds."""
    indices = readings.units.pop("h:mm", [])
    if not indices:
        return
    readings.units.setdefault("min", []).extend(indices)
    hours = readings.point[indices] // 60
    clock = habits.format.clock
    if clock is None:
        clock = "h:mm" if hours.max() < LONGEST_FILM else "mm:ss"
        text = readings.cells.texts[int(indices[0])].as_py()
        if hours.min() < LONGEST_FILM <= hours.max() < 10:
            rows = readings.rows_of(indices)
            habits.refuse(
                column,
                rows,
                f"column '{column.name}' can be read in two ways: {text!r} as hours and minutes, or as minutes and "
                f"seconds; write h:mm:ss in the {counted(int(rows.sum()), 'row')}",
            )
        else:
            parts = "hours and minutes" if clock == "h:mm" else "minutes and seconds"
            habits.notices.append(f"column '{column.name}': {text!r} and the like are read as {parts}")
    if clock == "mm:ss":
        readings.point[indices] /= 60
        readings.comma[indices] /= 60
    habits.format = replace(habits.format, clock=clock)


def _settle_unit(column: pd.Series, readings: NumberReadings, habits: Habits) -> None:
    """Find the column's unit; several are refused."""
    crowns = CROWNS & {*readings.units, habits.format.unit}
    if len(crowns) == 1 and "kr" in readings.units:
        readings.units.setdefault(min(map(str, crowns)), []).extend(readings.units.pop("kr"))
    known = habits.format.unit
    if not readings.units:
        return
    indices = [index for of_unit in readings.units.values() for index in of_unit]
    if not known and are_weeks(readings.units, readings.point[indices]):
        text = readings.cells.texts[int(indices[0])].as_py()
        habits.refuse(column, readings.rows_of(indices), weeks(column, text, readings.point[indices]))
        return
    sizes = {unit: readings.n_rows(indices) for unit, indices in readings.units.items()}
    main = known or max(sizes, key=lambda unit: sizes[unit])
    others = [index for unit, indices in readings.units.items() if unit != main for index in indices]
    if others:
        rows = readings.rows_of(others)
        habits.refuse(column, rows, several_units(column, rows, main, sizes, known))
        return
    rows, n_bare = readings.rows_of(indices), int(readings.counts[readings.without_unit()].sum())
    if not known and is_stray_currency(str(column.name), main, int(rows.sum()), n_bare):
        habits.refuse(column, rows, stray_currency(column, rows, main))
        return
    habits.format = replace(habits.format, unit=main)
    bare = np.flatnonzero(readings.without_unit())
    values = np.abs(np.fmin(readings.point[bare], readings.comma[bare]))
    bare, values = bare[values > 0], values[values > 0]
    if not len(bare) or known:
        return
    rows = readings.rows_of(bare)
    if has_another_unit(values, main):
        habits.refuse(
            column,
            rows,
            f"column '{column.name}' must hold numbers in one unit, most are {unit_in_words(main)}, but "
            f"{cells_in_words(column, rows)} without it; write it there, or correct them",
        )
    else:
        text, count = readings.cells.texts[int(bare[0])].as_py(), counted(int(rows.sum()), "row")
        like = f"column '{column.name}': {text!r} and the like"
        habits.notices.append(f"{like}, without unit ({count}), are in {unit_in_words(main)}")


def _settle_decimal(
    column: pd.Series, readings: NumberReadings, habits: Habits, marks_beside: str, delimiter: str | None
) -> None:
    """Find the decimal mark from cells that can be read with the other in no way, or from the columns beside."""
    if habits.format.decimal is not None:
        return
    point, comma = ~np.isnan(readings.point), ~np.isnan(readings.comma)
    only = {".": np.flatnonzero(point & ~comma), ",": np.flatnonzero(comma & ~point)}
    if len(only["."]) and len(only[","]):
        _refuse_mixed_marks(column, readings, habits, only)
        return
    if len(only["."]) or len(only[","]):
        habits.format = replace(habits.format, decimal="." if len(only["."]) else ",")
        return
    undecided = np.flatnonzero(point & comma & (readings.point != readings.comma))
    if not len(undecided):
        return
    habits.undecided = True
    with_commas = np.abs(readings.point[undecided]) > np.abs(readings.comma[undecided])
    index, name = int(undecided[0]), column.name
    text, values = readings.cells.texts[index].as_py(), (float(readings.point[index]), float(readings.comma[index]))
    if marks_beside == ",":
        mark, why = ",", "because the columns beside it have decimal commas"
    elif marks_beside == "." and not with_commas.any() and _are_small(readings):
        mark, why = ".", "because all have one digit before it, and the columns beside it have decimal points"
    elif not with_commas.all() or delimiter == ";":
        habits.refuse(
            column,
            readings.rows_of(undecided),
            f"column '{name}' can be read in two ways: {text!r} as {values[0]:.15g} or as {values[1]:.15g}, and no "
            f"cell decides; declare {declaration('decimal', name, '.')} or {declaration('decimal', name, ',')}",
        )
        return
    else:
        mark, why = ".", "because every comma stands before three digits"
    thousands = (mark == ".") == bool(with_commas[0])
    sign = MARKS["," if with_commas[0] else "."]
    habits.format = replace(habits.format, decimal=mark)
    habits.notices.append(
        f"column '{name}': {text!r} and the like are read as {values[0 if mark == '.' else 1]:.15g}: the {sign} is "
        f"taken {'to part thousands' if thousands else 'for the decimal mark, not for thousands'}, {why}; otherwise "
        f"declare {declaration('decimal', name, ',' if mark == '.' else '.')}"
    )


def _are_small(readings: NumberReadings) -> bool:
    """Tell whether there are many numbers, all below 10 where the mark is a point: thousands would differ in length."""
    values = np.abs(readings.point[readings.read])
    return len(values) >= MANY and bool((values < 10).all())


def _refuse_mixed_marks(
    column: pd.Series, readings: NumberReadings, habits: Habits, only: dict[str, np.ndarray]
) -> None:
    main = "." if readings.n_rows(only["."].tolist()) >= readings.n_rows(only[","].tolist()) else ","
    other = "," if main == "." else "."
    rows = readings.rows_of(only[other])
    example = readings.cells.texts[int(only[main][0])].as_py()
    habits.refuse(
        column,
        rows,
        f"column '{column.name}' must be written with one decimal mark: {example!r} has the habit of a decimal "
        f"{MARKS[main]}, but {cells_in_words(column, rows)} in that of a decimal {MARKS[other]}; write all numbers in "
        f"one way, or declare {declaration('decimal', column.name, main)} and the others missing by "
        f"{declared_missing(column, rows)}",
    )
