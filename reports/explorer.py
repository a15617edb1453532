"""Data for the page's two interactive parts: the table of all features, and the explorer of a single film."""

from math import log10
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules import TargetScale
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.program import command
from greenlight_films.importance.contributions import part_name
from greenlight_films.importance.result import intervals
from greenlight_films.importance.waterfall import add_up_to, step_of
from greenlight_films.reports.figures.axes import is_money, rounded
from greenlight_films.studies.interval_files import LEVELS
from greenlight_films.studies.results import Results

DIGITS = 3
LETTERS = {1.0: "", 1e3: "K", 1e6: "M", 1e9: "B"}
NO_FILMS: dict[str, Any] = {"films": [], "parts": [], "moved": []}


def feature_values(features: pd.DataFrame) -> list[list[Any]]:
    """Return a row for each feature: feature, role, films, direction, importance, its interval's ends, q."""
    if features.empty:
        return []
    names = [features["feature"].astype(str), features["role"].astype(str), features["n_films"].astype(int)]
    return [
        list(row)
        for row in zip(*names, *(rounded(column, DIGITS) for column in feature_numbers(features)), strict=True)
    ]


def feature_numbers(features: pd.DataFrame) -> list[np.ndarray]:
    """Return direction, importance, its interval's ends and q of features."""
    direction = features["direction"] if "direction" in features else pd.Series(np.nan, features.index)
    numbers = [direction, features["importance"], *intervals(features), features["q"]]
    return [column.to_numpy(float) for column in numbers]


def explorer_data(results: Results) -> dict[str, Any]:
    """Return the explained films with their contributions in whole steps, which add up to the prediction.

    `films` are title, actual, predicted, the prediction in steps, and the intervals around it; `parts` are name, column
    and role; `moved` are for each film indices of `parts`, each followed by its contribution, the largest first.
    `average` is in steps, too, and `typical` the same in the target's unit.
    """
    test, table, scale = results.measured, results.contributions, results.scale
    average = results.importance.get("average_prediction")
    if table.empty or test.empty or results.features.empty or average is None or scale is None:
        return NO_FILMS
    test, step = test[test["row"].isin(table["row"])], step_of(scale.std)
    typical = rounded(scale.in_unit(np.array([average])), DIGITS)[0]
    average = round(average / step)
    totals = np.round(scale.learnt(test["predicted"].to_numpy()) / step).astype(np.int64)
    keys = table[["column", "value"]].astype(object).where(table[["column", "value"]].notna(), None)
    codes, distinct = pd.MultiIndex.from_frame(keys).factorize()
    around = _around(test, scale, step)
    known = [rounded(test[name], DIGITS) for name in ("actual", "predicted")]
    by_row = dict(iter(pd.DataFrame({"code": codes, "change": table["contribution"] / step}).groupby(table["row"])))
    moved = [_moved(by_row[row], total - average) for row, total in zip(test["row"], totals.tolist(), strict=True)]
    roles = results.features.drop_duplicates("column").set_index("column")["role"].to_dict()
    return {
        "films": [list(film) for film in zip(titles(test), *known, totals.tolist(), around, strict=True)],
        "parts": [[part_name(column, value), column, roles.get(column, column)] for column, value in distinct],
        "moved": moved,
        "average": average,
        "typical": typical,
        "of": len(results.measured),
        **writing(results, scale),
    }


def explained(results: Results, explorer: dict[str, Any]) -> str:
    """Return a sentence on which films are explained, and how to explain others; empty where all are."""
    shown, n_films = len(explorer["films"]), explorer.get("of", 0)
    if shown == n_films:
        return ""
    again = command(f"importance --run {results.path} --contributions.films all")
    return (
        f"Here are {shown:,} of {counted(n_films, results.side + ' film')}, over all years and predictions; `{again}` "
        "explains all, and in Python `FilmRegressor.load(folder).explain(films)` any film, also new ones."
    )


def factor_of(explorer: dict[str, Any]) -> str:
    """Return what a contribution multiplies; empty where it is added."""
    if not explorer.get("log"):
        return ""
    # Beside millions of dollars the 1 that is added before the logarithm is nothing.
    return "the prediction" if explorer["money"] else f"the prediction plus {explorer['shift']:g}"


def _moved(parts: pd.DataFrame, total: int) -> list[int]:
    """Return a film's parts and their whole steps in turn, the largest first; none of no step."""
    steps = add_up_to(parts["change"].to_numpy(), total)
    pairs = np.column_stack([parts["code"].to_numpy(), steps])[np.argsort(-np.abs(steps), kind="stable")]
    pairs = pairs[pairs[:, 1] != 0]
    return [int(number) for number in pairs.ravel()]


def titles(films: pd.DataFrame) -> list[str]:
    """Return the title of each film, or its id, or its row."""
    names = films["title"] if "title" in films else films["film"]
    return names.astype("str").where(names.notna(), "row " + films["row"].astype(str)).tolist()


def _around(films: pd.DataFrame, scale: TargetScale, step: float) -> list[list[list[float | None]]]:
    """Return the intervals of each film: level, both ends in the target's unit, and both in steps."""
    levels = [level for level in LEVELS if {f"lower_{level}", f"upper_{level}"} <= set(films)]
    parts = []
    for level in levels:
        ends = [films[f"{side}_{level}"].to_numpy(float) for side in ("lower", "upper")]
        in_steps = [rounded(np.round(scale.learnt(end) / step), 12) for end in ends]
        parts.append(list(zip([level] * len(films), *(rounded(end, DIGITS) for end in ends), *in_steps, strict=True)))
    return [[list(part[film]) for part in parts] for film in range(len(films))]


def writing(results: Results, scale: TargetScale) -> dict[str, Any]:
    """Return how numbers of steps are written: what one is worth, a letter for thousands, decimals, and the unit."""
    step = step_of(scale.std)
    size = max(size for size in LETTERS if size <= max(100 * step, 1))
    return {
        "step": step / size,
        "letter": LETTERS[size],
        "decimals": max(0, round(log10(size / step))),
        "log": scale.transform != "none",
        "shift": 1 + scale.shift,
        "money": is_money(results.unit),
        "unit": results.unit,
    }
