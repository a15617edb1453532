"""Figures of what predictions rest on: values, columns, roles and people, with 95 % intervals."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.importance.result import margins
from greenlight_films.reports.figures.bars import bars, height, hover_lines, names_axis, with_margin
from greenlight_films.reports.figures.style import BLUE, ORANGE, axis, axis_title, figure
from greenlight_films.reports.figures.tiles import tiles

TOP, PEOPLE = 25, 12
LEFT, RIGHT = [0.0, 0.64], [0.7, 1.0]
SLIM = 16
"""Characters in a line of a title beside another one."""


def features(table: pd.DataFrame, measure: str, unit: str = "", top: int = TOP) -> go.Figure:
    """Draw the most important label values and numbers, and beside them which way they turn predictions.

    Args:
        table: of `Permu_importance_df.csv`; a column direction, the change of the prediction, is drawn where there.
        measure: what an importance is, with its unit, as of `ImportanceResult.measure`.
        unit: of the target.
    """
    found = _known(table).head(top)
    what = f"{len(found)} most important of {len(table):,} features"
    return _ranking(found, found["feature"].tolist(), what, "feature", measure, unit)


def columns(table: pd.DataFrame, measure: str, level: str = "column") -> go.Figure:
    """Draw columns, each shuffled as a whole; roles or groups of them by `level`.

    Args:
        table: of `aggregated_importance.csv`.
        level: column, role or group.
    """
    found = _known(table[table["level"] == level])
    return _ranking(
        found, found["name"].tolist(), f"{len(found)} {level}s, each shuffled as a whole", level, measure, ""
    )


def values_of_role(table: pd.DataFrame, role: str, measure: str, unit: str = "", top: int = PEOPLE) -> go.Figure:
    """Draw the most important values of one role, its people, companies or genres, with how many films have each.

    Args:
        table: of `Permu_importance_df.csv`.
    """
    mine = table[(table["role"] == role) & (table["level"] == "value")]
    found = _known(mine).head(top)
    what = f"{len(found)} most important of {len(mine):,} values of {role}"
    names = [f"{value} ({int(n):,})" for value, n in zip(found["value"], found["n_films"], strict=True)]
    return _ranking(found, names, what, f"{role} (films)", measure, unit)


def _known(table: pd.DataFrame) -> pd.DataFrame:
    found = table[table["importance"].notna()]
    return found.sort_values("importance", ascending=False, kind="stable")


def _ranking(found: pd.DataFrame, names: list[Any], what: str, kind: str, measure: str, unit: str) -> go.Figure:
    margin = margins(found)
    films = [f"{int(n):,} films" for n in found["n_films"]]
    hover = hover_lines(names, [f"importance {one}" for one in with_margin(found["importance"], margin)], films)
    has_direction = "direction" in found and found["direction"].notna().any()
    upright = {"nticks": 4, "tickangle": 0}
    traces, beside = [bars(found["importance"], margin, hover)], {}
    if has_direction:
        change = found["direction"].astype(float)
        colours = np.where(change >= 0, BLUE, ORANGE).tolist()
        hover = hover_lines(names, [f"prediction {one:+.3g}" if np.isfinite(one) else "–" for one in change])
        traces.append(bars(change, None, hover, colours, xaxis="x2"))
        beside = {"xaxis2": {**axis("change of the prediction", unit, width=SLIM), **upright, "domain": RIGHT}}
    first = ""
    if len(found):
        top, half = found["importance"].iloc[0], margin.iloc[0]
        first = f": {names[0]} leads with {top:.3g}" + (f" ± {half:.2g}" if np.isfinite(half) else "")
    return figure(
        traces,
        f"Importance with 95 % intervals of the {what}{first} ({measure}).",
        height(len(found)),
        showlegend=False,
        xaxis={**axis(measure, width=SLIM), **upright, "domain": LEFT} if has_direction else axis(measure),
        yaxis={**names_axis(names), "title": {"text": axis_title(kind)}},
        **beside,
    )


def by_model(importances: dict[str, pd.Series], top: int = TOP) -> go.Figure:
    """Draw what several models rest on, side by side: each importance as a share of the model's largest.

    Args:
        importances: by model, the importances or absolute coefficients of columns, with the columns' names as index; a
            column that a model does not have is missing there.
    """
    table = pd.DataFrame(importances).clip(lower=0)
    shares = table / table.max().where(table.max() > 0)
    shares = shares.loc[shares.mean(axis=1).sort_values(ascending=False, kind="stable").index].head(top)
    numbers = shares.to_numpy(dtype=float)
    leaders = ", ".join(f"{shares[model].idxmax()} for {model}" for model in shares if shares[model].notna().any())
    return tiles(
        numbers,
        shares.index.tolist(),
        shares.columns.tolist(),
        f"What {len(importances)} models rest on, by column, as a share of each model's largest: that is {leaders}.",
        ("model", "column", "share of the largest"),
        ends=(0.0, 1.0),
    )
