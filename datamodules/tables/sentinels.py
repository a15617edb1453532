"""Numbers that stand where nothing is known: budgets of 0, runtimes of -1 or 999, the year 1900."""

import numpy as np

from greenlight_films.datamodules.tables.number_names import BUDGET_NAME, DURATION_NAME, MONEY_NAME, YEAR_NAME

NINES = tuple(float("9" * length) for length in range(2, 11))
NEGATIVES = (-1.0, *(-nines for nines in (9.0, *NINES)))
YEARS = (0.0, 1.0, 1900.0, 9999.0)
FIRST_YEARS = 1920  # where no film is older, 1900 is no year
COUNTED = 20  # whole numbers up to it may be counts, of which 0 is as true as 1


def propose_sentinels(values: np.ndarray, name: str, kind: str = "number") -> dict[str, int]:
    """Return numbers that probably mean that nothing is known, as texts, with their counts.

    Args:
        values: (n_rows,) float64, NaN where missing.
        name: of the column.
        kind: of numbers.
    """
    known = values[~np.isnan(values)]
    if kind in ("flag", "percentage") or len(known) < 3:
        return {}
    low, high = known.min(), known.max()
    candidates = (0.0, *NEGATIVES, *NINES, *YEARS)
    count_of = {value: int((known == value).sum()) if low <= value <= high else 0 for value in candidates}
    usual = known[~np.isin(known, (0.0, *NEGATIVES, *NINES))]
    if not len(usual):
        return {}
    if _are_years(name, kind, usual):
        chosen = _of_years(usual, count_of)
    else:
        chosen = [*_zeros(name, kind, known, count_of), *_negatives(known, count_of), *_nines(known, count_of)]
    return {f"{value:.15g}": count_of[value] for value in chosen}


def _are_years(name: str, kind: str, usual: np.ndarray) -> bool:
    years = usual[(usual >= 1870) & (usual <= 2100) & (usual == np.round(usual))]
    return len(years) > 0 and len(years) >= 0.9 * len(usual) and (kind == "year" or bool(YEAR_NAME.search(name)))


def _of_years(usual: np.ndarray, count_of: dict[float, int]) -> list[float]:
    chosen = [value for value in (0.0, 1.0, *NEGATIVES, *NINES) if count_of.get(value)]
    others = usual[~np.isin(usual, YEARS)]
    if count_of[1900.0] >= 2 and len(others) and others.min() >= FIRST_YEARS:
        chosen.append(1900.0)
    return chosen


def _zeros(name: str, kind: str, known: np.ndarray, count_of: dict[float, int]) -> list[float]:
    """Return 0 where it is frequent, and all else far from it, or money of thousands and more."""
    if count_of[0.0] < max(2, len(known) / 1000):
        return []
    others = known[~np.isin(known, (0.0, *NEGATIVES))]
    smallest, middle, largest = float(others.min()), float(np.median(others)), float(others.max())
    if smallest < 0:
        return []
    if BUDGET_NAME.search(name) and (kind in ("number", "money")):
        return [0.0]  # no film is made for nothing
    if kind in ("number", "duration") and DURATION_NAME.search(name) and middle >= 10:
        return [0.0]  # nor lasts no time
    if kind == "money" or MONEY_NAME.search(name):
        return [0.0] if middle >= 1000 else []
    whole = bool((others == np.round(others)).all())
    far = smallest >= 0.3 * middle and smallest >= (10 if whole else 1)
    return [0.0] if far and largest > (COUNTED if whole else 0) else []


def _negatives(known: np.ndarray, count_of: dict[float, int]) -> list[float]:
    """Return -1, -9, -99, ... where they are the only numbers below 0."""
    chosen = [value for value in NEGATIVES if count_of[value]]
    alone = sum(count_of[value] for value in chosen) == int((known < 0).sum())
    return chosen if alone and known.max() > 1 and all(count_of[value] >= 2 for value in chosen) else []


def _nines(known: np.ndarray, count_of: dict[float, int]) -> list[float]:
    """Return 99, 999, ... where all other numbers are less than half of it."""
    largest = float(known[~np.isin(known, NINES)].max())
    return [value for value in NINES if count_of[value] >= 2 and value > 2 * largest > 0]
