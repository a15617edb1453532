"""Decades such as 1980s and 90s, which may be seconds, too."""

import numpy as np

from greenlight_films.datamodules.tables.date_cells import in_century
from greenlight_films.datamodules.tables.date_parts import FIRST_YEAR, LAST_YEAR
from greenlight_films.datamodules.tables.number_names import DECADE_NAME, DURATION_NAME

MOST = 0.9  # share of cells that are decades, from which on the others are mistakes


def years_of_decades(
    name: str, numbers: np.ndarray, counts: np.ndarray, beside: np.ndarray, latest: int, least: float = MOST
) -> np.ndarray | None:
    """Return the first year of each decade, NaN where there is no such decade; None where numbers are seconds.

    Args:
        name: of the column; those of two digits are decades only where it says so.
        numbers: (n,) before an s.
        counts: (n,) rows of each.
        beside: (n_beside,) the column's other numbers, which must be years.
        latest: year that one of two digits may stand for.
        least: share of cells that must be decades; 0 where the column is known to hold them.

    >>> years_of_decades("x", np.array([1980.0, 2010.0]), np.ones(2), np.array([1994.0]), 2026)
    array([1980., 2010.])
    >>> years_of_decades("decade", np.array([80.0, 10.0]), np.ones(2), np.array([]), 2026)
    array([1980., 2010.])
    """
    in_full = _are_years(numbers)
    short = (numbers < 100) & bool(DECADE_NAME.search(name))
    are_decades = (in_full | short) & (numbers % 10 == 0)
    if DURATION_NAME.search(name) or counts[are_decades].sum() < least * counts.sum() or not _are_years(beside).all():
        return None
    return np.where(are_decades, np.where(in_full, numbers, in_century(numbers, latest)), np.nan)


def _are_years(numbers: np.ndarray) -> np.ndarray:
    return (numbers >= FIRST_YEAR) & (numbers <= LAST_YEAR)
