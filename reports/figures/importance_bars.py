"""Figures of permutation importance: features, columns, roles and people, with 95 % intervals.

`measure` is what an importance measures, with its unit: the title of the axis.
"""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import intervals
from greenlight_films.reports.figures.axes import axis, few_ticks
from greenlight_films.reports.figures.bars import TITLE, bars, by_sign, hover_lines, ranking, with_interval
from greenlight_films.reports.figures.tiles import tiles

TOP, TOP_OF_ROLE = 25, 12


def features(table: pd.DataFrame, measure: str, unit: str = "", top: int = TOP) -> go.Figure:
    """Draw the most important label values and numbers, of `Permu_importance_df.csv`.

    Beside them is the direction in which they move predictions, in the target's unit, where the table has it.
    """
    best = _by_importance(table).head(top)
    what = f"{len(best)} most important of {len(table):,} features"
    return _importances(best, best["feature"].tolist(), what, "feature", measure, unit, wide=True)


def columns(table: pd.DataFrame, measure: str, level: str = "column") -> go.Figure:
    """Draw columns, each shuffled as a whole, of `aggregated_importance.csv`; roles or groups of them by `level`."""
    rows = _by_importance(table[table["level"] == level])
    what = f"{len(rows)} {level}s, each with all its values shuffled together"
    return _importances(rows, rows["name"].tolist(), what, level, measure)


def parts(table: pd.DataFrame, measure: str) -> go.Figure:
    """Draw what each part of a role's names is worth, shuffled alone, of `importance_parts.csv`."""
    whole = table.groupby("name", sort=False)["importance"].transform("max")
    rows = table.assign(whole=whole).sort_values(["whole", "name", "importance"], ascending=[False, True, False])
    names = (rows["name"] + ": " + rows["part"]).tolist()
    what = f"parts of {rows['name'].nunique()} roles, each shuffled alone"
    return _importances(rows, names, what, "role and part", measure)


def values_of_role(table: pd.DataFrame, role: str, measure: str, unit: str = "") -> go.Figure:
    """Draw the most important people, companies or genres of a role, of `Permu_importance_df.csv`."""
    values = table[(table["role"] == role) & (table["level"] == "value")]
    best = _by_importance(values).head(TOP_OF_ROLE)
    what = f"{len(best)} most important of {len(values):,} values of {role}"
    names = [f"{value} ({int(n):,})" for value, n in zip(best["value"], best["n_films"], strict=True)]
    return _importances(best, names, what, f"{role} (films)", measure, unit)


def _by_importance(table: pd.DataFrame) -> pd.DataFrame:
    return table.dropna(subset=["importance"]).sort_values("importance", ascending=False, kind="stable")


def _importances(
    rows: pd.DataFrame, names: list[Any], what: str, kind: str, measure: str, unit: str = "", wide: bool = False
) -> go.Figure:
    """Draw importances by name, in half a page's width or the whole, where more numbers on the axes have room."""
    ends = intervals(rows)
    labels = with_interval(rows["importance"], *ends, rows["n_films"])
    films = [counted(int(n), "film") for n in rows["n_films"]]
    hover = hover_lines(names, [f"importance {label}" for label in labels], films)
    traces, layout = [bars(rows["importance"], ends, hover)], {"xaxis": axis(measure, width=TITLE)}
    if "direction" in rows and rows["direction"].notna().any():
        change, upright = rows["direction"].astype(float), {"tickangle": 0, "nticks": 4}
        hover = hover_lines(names, [f"prediction {value:+.3g}" if np.isfinite(value) else "–" for value in change])
        traces.append(bars(change, None, hover, by_sign(change), xaxis="x2"))
        reached = np.concatenate([rows["importance"], *ends])
        ticks = ({}, {}) if wide else (few_ticks(reached), few_ticks(change, unit))
        layout = {
            "xaxis": {**axis(measure, width=16), **upright, **ticks[0], "domain": [0.0, 0.6]},
            "xaxis2": {**axis("change of the prediction", unit, width=16), **upright, **ticks[1], "domain": [0.7, 1.0]},
        }
    leader = f": {names[0]} leads with {labels[0]}" if names else ""
    alt = f"Importance with 95 % intervals of the {what}{leader} ({measure})."
    return ranking(traces, names, kind, alt, showlegend=False, **layout)


def by_model(importances: dict[str, pd.Series], top: int = TOP) -> go.Figure:
    """Draw several models' importances (or absolute coefficients) by column, as shares of each model's largest.

    The columns that some model rests on most come first; what a model doesn't have counts as 0.
    """
    table = pd.DataFrame(importances).clip(lower=0)
    shares = table / table.max().where(table.max() > 0)
    order = pd.DataFrame({"largest": shares.max(axis=1), "sum": shares.sum(axis=1)})
    shares = shares.loc[order.sort_values(["largest", "sum"], ascending=False, kind="stable").index].head(top)
    leaders = ", ".join(f"{shares[model].idxmax()} for {model}" for model in shares if shares[model].notna().any())
    return tiles(
        shares.to_numpy(dtype=float),
        shares.index.tolist(),
        shares.columns.tolist(),
        f"What {len(importances)} models rest on, by column, as a share of each model's largest: that is {leaders}.",
        ("model", "column", "share of the largest"),
        ends=(0.0, 1.0),
    )
