"""Cells of a column that have another unit than most: which those are, and the message."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import listed
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.bad_cells import cells_in_words, declared_missing
from greenlight_films.datamodules.tables.date_parts import FIRST_YEAR, LAST_YEAR
from greenlight_films.datamodules.tables.number_names import is_called_money

MOST_MINUTES = 100_000  # of anything that is shown
FEW = 0.1  # share of numbers with a currency, below which these are mistakes among plain ones
WEEKS = 53  # of a year


def has_another_unit(values: np.ndarray, unit: str) -> bool:
    """Tell whether numbers without a unit can't be in that of the others: 0.83 beside 83%, 2 or 3 bn beside 142 min."""
    if unit == "%":
        return bool((values <= 1).all())
    if unit == "min":
        return bool((values < 10).any() or (values > MOST_MINUTES).any())
    return unit.startswith("of ") and bool((values > float(unit[3:])).any())


def is_stray_currency(name: str, unit: str, n_with: int, n_without: int) -> bool:
    """Tell whether a unit is a currency that few cells of a column have, which isn't called as money."""
    return _is_currency(unit) and not is_called_money(name) and n_with < FEW * (n_with + n_without)


def _is_currency(unit: str) -> bool:
    return unit not in ("%", "min") and not unit.startswith("of ")


def stray_currency(column: pd.Series, rows: np.ndarray, unit: str) -> str:
    """Return the message for the few cells with a currency in a column of plain numbers."""
    return (
        f"column '{column.name}' must hold numbers in one unit, most have none, but {cells_in_words(column, rows)}; "
        f"correct them, or declare them missing by {declared_missing(column, rows)}; if all are in {unit}, write it "
        "beside each"
    )


def are_weeks(units: Iterable[str], values: np.ndarray) -> bool:
    """Tell whether all units are years, as in 36/1996, and all values may be weeks or months of them."""
    scales = [unit.removeprefix("of ") for unit in units]
    are_years = all(scale.isdigit() and FIRST_YEAR <= int(scale) <= LAST_YEAR for scale in scales)
    return are_years and bool(((values >= 1) & (values <= WEEKS)).all())


def weeks(column: pd.Series, text: str, values: np.ndarray) -> str:
    """Return the message for a column of weeks or months of years, where numbers are wanted."""
    are_months = bool((values <= 12).all())
    remedy = "declare it as Date" if are_months else "leave it out, or declare it as Category"
    return (
        f"column '{column.name}' must hold numbers, got {'months' if are_months else 'weeks'} of years such as "
        f"{text!r}; {remedy}"
    )


def several_units(column: pd.Series, rows: np.ndarray, main: str, sizes: dict[str, int], known: str | None) -> str:
    """Return the message for cells of other units than the main one, where each has as many rows as `sizes` says."""
    units = {main, *sizes}
    are_scales, are_currencies = all(unit.startswith("of ") for unit in units), all(map(_is_currency, units))
    what = "scale" if are_scales else "currency" if are_currencies else "unit"
    by_size = sorted(sizes.items(), key=lambda item: -item[1])
    counts = listed(f"{unit_in_words(unit)} in {counted(size, 'row')}" for unit, size in by_size)
    trained = f" (the model's table is in {unit_in_words(main)})" if known and main not in sizes else ""
    return (
        f"column '{column.name}' must be in one {what}{trained}, got {counts}: {cells_in_words(column, rows)}; "
        f"convert them to one {what}, or declare them missing by {declared_missing(column, rows)}"
    )


def unit_in_words(unit: str) -> str:
    """Return a unit as messages call it: `minutes` of `min`, `points of 10` of `of 10`."""
    words = {"min": "minutes", "%": "percent"}
    return f"points {unit}" if unit.startswith("of ") else words.get(unit, unit)
