"""Figures of nearest neighbours: how many, what goes along with their predictions, what these rest on."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.importance.result import margins
from greenlight_films.reports.figures.bars import bars, height, hover_lines, names_axis, with_margin
from greenlight_films.reports.figures.style import (
    BLUE,
    GREEN,
    NEUTRAL,
    ORANGE,
    VERMILION,
    amount,
    axis,
    axis_title,
    figure,
    hover_format,
    rounded,
    text,
)

MOST = 25


def error_by_k(sweep: pd.DataFrame, unit: str, grid: pd.DataFrame | None = None) -> go.Figure:
    """Draw RMSE by the number of neighbours, with the best k of the plain setting and of the grid marked.

    Args:
        sweep: of `baselines/knn/sweep.csv`: equal weights, Euclidean distances.
        grid: of `baselines/knn/grid.csv`, where the grid was searched.
        unit: of the target as it was fitted, after log1p where it has one.
    """
    best = sweep.loc[sweep["cv_rmse"].idxmin()]
    marks = [("plain", int(best["k"]), float(best["cv_rmse"]), GREEN, "diamond")]
    traces = [
        _curve(sweep["k"], sweep["train_rmse"], "the training films themselves", NEUTRAL, unit, "dot"),
        _curve(sweep["k"], sweep["cv_rmse"], "cross-validated", BLUE, unit),
    ]
    if grid is not None and len(grid):
        tuned = grid.loc[grid["cv_rmse"].idxmin()]
        how = f"{tuned['weights']} weights, {tuned['metric']} distances"
        same = (grid["weights"] == tuned["weights"]) & (grid["metric"] == tuned["metric"])
        mine = grid[same].sort_values("k")
        traces.append(_curve(mine["k"], mine["cv_rmse"], f"tuned: {how}", ORANGE, unit))
        marks.append(("tuned", int(tuned["k"]), float(tuned["cv_rmse"]), VERMILION, "star"))
    traces += [_mark(*one, unit) for one in marks]
    said = "; ".join(f"{name}, k = {k} does best with {amount(rmse, unit)}" for name, k, rmse, *_ in marks)
    return figure(
        traces,
        f"RMSE by the number of neighbours from {sweep['k'].min()} to {sweep['k'].max()}: {said}.",
        xaxis=axis("neighbours, k"),
        # The films themselves, with themselves as the only neighbour, are nearly without error: that end may be cut.
        yaxis={**axis("RMSE", unit), "range": rounded([0.9 * best["cv_rmse"], 1.02 * sweep["cv_rmse"].max()])},
    )


def _curve(k: pd.Series, rmse: pd.Series, name: str, colour: str, unit: str, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        x=k.tolist(),
        y=rounded(rmse),
        mode="lines",
        name=text(name),
        line={"color": colour, "dash": dash, "width": 2},
        hovertemplate=f"k = %{{x}}<br>RMSE %{{y:{hover_format(unit)}}}",
    )


def _mark(name: str, k: int, rmse: float, colour: str, symbol: str, unit: str) -> go.Scatter:
    return go.Scatter(
        x=[k],
        y=rounded([rmse]),
        mode="markers",
        name=f"best {name}: k = {k}",
        marker={"size": 13, "color": colour, "symbol": symbol},
        hovertemplate=f"k = %{{x}}<br>RMSE %{{y:{hover_format(unit)}}}",
    )


def correlations(table: pd.DataFrame, most: int = MOST) -> go.Figure:
    """Draw how far features go along with the predictions, the strongest correlations first.

    Args:
        table: of `baselines/knn/correlations.csv`.
    """
    found = table[table["correlation"].notna()].sort_values("correlation", key=abs, ascending=False, kind="stable")
    found = found.head(most)
    names = found["feature"].tolist()
    colours = np.where(found["correlation"] >= 0, BLUE, ORANGE).tolist()
    said = [f"correlation {one:+.2f}" for one in found["correlation"]]
    hover = hover_lines(names, said, [f"{n:,} films have it" for n in found["n_rows"]])
    first = f": {names[0]} has {found['correlation'].iloc[0]:+.2f}" if names else ""
    return figure(
        [bars(found["correlation"], None, hover, colours)],
        f"The {len(found)} strongest of {len(table):,} correlations between features and predictions{first}.",
        height(len(found)),
        xaxis={**axis("correlation with predictions"), "zeroline": True},
        yaxis={**names_axis(names), "title": {"text": axis_title("feature")}},
    )


def importance(table: pd.DataFrame) -> go.Figure:
    """Draw the R² that nearest neighbours lose when a column is shuffled, with 95 % intervals.

    Args:
        table: of `baselines/knn/importance.csv`.
    """
    found = table[table["importance"].notna()].sort_values("importance", ascending=False, kind="stable")
    margin, names = margins(found), found["column"].tolist()
    hover = hover_lines(names, [f"loss of R² {one}" for one in with_margin(found["importance"], margin)])
    first = f": {names[0]} leads with {found['importance'].iloc[0]:.3g}" if names else ""
    return figure(
        [bars(found["importance"], margin, hover)],
        f"Loss of R² of nearest neighbours when each of {len(found)} columns is shuffled, with 95 % intervals{first}.",
        height(len(found)),
        xaxis=axis("loss of R² when shuffled"),
        yaxis={**names_axis(names), "title": {"text": axis_title("column")}},
    )
