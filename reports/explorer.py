"""Data for the page's two interactive parts: the table of all features, and the explorer of a single film."""

from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.importance.result import intervals
from greenlight_films.reports.figures.axes import is_money, rounded
from greenlight_films.studies.results import Results

DIGITS = 3


def feature_values(results: Results) -> list[list[Any]]:
    """Return a row for each estimable feature: feature, role, films, direction, importance, its interval's ends, q."""
    if results.features.empty:
        return []
    known = results.features.dropna(subset=["importance"])
    direction = known["direction"] if "direction" in known else pd.Series(np.nan, known.index)
    names = [known["feature"].astype(str), known["role"].astype(str), known["n_films"].astype(int)]
    numbers = [direction, known["importance"], *intervals(known), known["q"]]
    return [list(row) for row in zip(*names, *(rounded(column, DIGITS) for column in numbers), strict=True)]


def explorer_data(results: Results) -> dict[str, Any]:
    """Return the measured films (title, actual, predicted) with the values that move their predictions most.

    `moved` are for each film indices of `features`, each followed by its contribution, the largest first.
    """
    test = results.measured
    if results.contributions.empty or test.empty:
        return {"films": [], "features": [], "moved": [], "money": False, "unit": ""}
    top = _largest(results.contributions)
    codes, names = pd.factorize(top["feature"].astype("str"))
    moved: dict[int, list[Any]] = {int(row): [] for row in test["row"]}
    for row, code, value in zip(top["row"], codes.tolist(), rounded(top["contribution"], DIGITS), strict=True):
        if row in moved:
            moved[row] += (code, value)
    titles = test["title"] if "title" in test else test["film"]
    titles = titles.astype("str").where(titles.notna(), "row " + test["row"].astype(str))
    films = zip(titles, rounded(test["actual"], DIGITS), rounded(test["predicted"], DIGITS), strict=True)
    return {
        "films": [list(film) for film in films],
        "features": [str(name) for name in names],
        "moved": list(moved.values()),
        "money": is_money(results.unit),
        "unit": results.unit,
    }


def _largest(contributions: pd.DataFrame) -> pd.DataFrame:
    """Return each row's 15 largest contributions, the largest first; none below 0.2 % of the row's largest."""
    size = contributions["contribution"].abs()
    order = np.lexsort((-size.to_numpy(), contributions["row"].to_numpy()))
    largest = size.groupby(contributions["row"]).transform("max")
    ordered, enough = contributions.iloc[order], (size >= 0.002 * largest).iloc[order]
    rank = ordered.groupby("row", sort=False).cumcount()
    return ordered[(rank < 15) & enough]
