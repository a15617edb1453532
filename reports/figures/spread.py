"""Figures of several runs of a study: scores run by run, and mean importances with their standard deviations."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import axis, hover_format, rounded, text
from greenlight_films.reports.figures.bars import bars, hover_lines, interval, ranking
from greenlight_films.reports.figures.leaderboard import LEFT, RIGHT
from greenlight_films.reports.figures.style import NEUTRAL, OKABE_ITO


def scores(table: pd.DataFrame, noun: str, unit: str) -> go.Figure:
    """Draw RMSE and R² of each model in each run on the scale that was learnt, the lowest mean RMSE first.

    Args:
        table: columns `noun`, model, rmse, r2, and rmse_log1p, r2_log1p where logarithms were learnt.
    """
    rmse, r2, of, unit = (
        ("rmse_log1p", "r2_log1p", " of log1p", "") if "r2_log1p" in table else ("rmse", "r2", "", unit)
    )
    order = table.groupby("model")[rmse].mean().sort_values(kind="stable").index.tolist()
    traces = []
    for name, xaxis, unit_of in ((rmse, "x", unit), (r2, "x2", "")):
        means, deviations = (table.groupby("model")[name].agg(kind).reindex(order) for kind in ("mean", "std"))
        y = table["model"].map({model: number for number, model in enumerate(order)})
        label = [f"{text(model)}, {noun} {value}" for model, value in zip(table["model"], table[noun], strict=True)]
        marks: dict[str, Any] = {"xaxis": xaxis, "mode": "markers"}
        dots = {"size": 8, "color": OKABE_ITO[0], "opacity": 0.6}
        hover = f"<b>%{{customdata}}</b><br>%{{x:{hover_format(unit_of)}}}<extra></extra>"
        traces += [
            go.Scatter(
                x=rounded(table[name]), y=y.tolist(), customdata=label, hovertemplate=hover, marker=dots, **marks
            ),
            go.Scatter(
                x=rounded(means),
                y=list(range(len(order))),
                error_x=interval(margins=deviations),
                marker={"symbol": "line-ns-open", "size": 14, "color": NEUTRAL},
                hoverinfo="skip",
                **marks,
            ),
        ]
    alt = f"RMSE and R²{of} of {len(order)} models in {table[noun].nunique()} runs; {order[0]} is best by RMSE."
    xaxes = {**axis(f"RMSE{of}", unit), "domain": LEFT}, {**axis(f"R²{of}"), "domain": RIGHT, "zeroline": True}
    return ranking(traces, order, "model", alt, xaxes[0], xaxis2=xaxes[1], showlegend=False)


def importances(table: pd.DataFrame, kind: str, measure: str, top: int) -> go.Figure:
    """Draw mean importances with a standard deviation to both sides; columns feature, importance, sd, runs."""
    best = table.head(top)
    names, mean, deviation = best["feature"].tolist(), best["importance"], best["sd"].fillna(0.0)
    labels = [f"{value:.3g} ± {spread:.2g}" for value, spread in zip(mean, deviation, strict=True)]
    hover = hover_lines(names, labels, [f"measured in {runs} runs" for runs in best["runs"]])
    leader = f": {names[0]} leads with {labels[0]}" if names else ""
    alt = f"Mean importance over runs of the {len(best)} leading of {len(table):,} {kind}s{leader} ({measure})."
    trace = bars(mean, (mean - deviation, mean + deviation), hover)
    return ranking([trace], names, kind, alt, axis(measure), showlegend=False)
