"""Figures of scores: the models of a run, and several runs side by side."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import fixed
from greenlight_films.reports.figures.axes import amount, axis, hover_format, rounded, text
from greenlight_films.reports.figures.bars import interval, names_axis, ranking
from greenlight_films.reports.figures.style import NEUTRAL, OKABE_ITO, figure
from greenlight_films.studies.results import NETWORK

LEFT, RIGHT = [0.0, 0.47], [0.53, 1.0]


def leaderboard(intervals: pd.DataFrame, unit: str) -> go.Figure:
    """Draw RMSE and R² of each model with their 95 % intervals, as of `of_learnt_scale`, the lowest RMSE first."""
    rmse = intervals[intervals["score"] == "rmse"].sort_values("value", kind="stable")
    order = rmse["model"].tolist()
    r2 = intervals[intervals["score"] == "r2"].set_index("model").reindex(order).reset_index()
    names = ["value", "low_95", "high_95"]
    value, low, high = (amount(number, unit) for number in rmse.iloc[0][names])
    r2_value, r2_low, r2_high = (fixed(number) for number in r2.iloc[0][names])
    alt = (
        f"RMSE and R² of {len(order)} models on the test films, with 95 % intervals: {order[0]} is best with RMSE "
        f"{value} ({low} to {high}) and R² {r2_value} ({r2_low} to {r2_high})."
    )
    xaxes = {**axis("RMSE", unit), "domain": LEFT}, {**axis("R²"), "domain": RIGHT, "zeroline": True}
    dots = [_dots(rmse, "x", unit), _dots(r2, "x2", "")]
    return ranking(dots, order, "model", alt, xaxes[0], xaxis2=xaxes[1], showlegend=False)


def differences(paired: pd.DataFrame, unit: str) -> go.Figure:
    """Draw how the network's errors differ from each other model's, as of `Results.differences`, with intervals."""
    lines = paired[paired["model"] != NETWORK].sort_values("difference", ascending=False, kind="stable")
    names = lines["model"].tolist()
    drawn = lines.rename(columns={name: name.removeprefix("difference_") for name in lines})
    drawn = drawn.rename(columns={"difference": "value"})
    ends = [amount(number, unit) for number in drawn[["value", "low_95", "high_95"]].iloc[0]]
    alt = (
        f"Errors of the network less those of {len(names)} models on the same test films, with 95 % intervals: "
        f"{ends[0]} ({ends[1]} to {ends[2]}) for {names[0]}; below 0 the network is better."
    )
    scores = lines["compared"].str.split("_").str[0].str.upper()
    mixed = scores.nunique() > 1
    shown = [f"{name} ({score})" for name, score in zip(names, scores, strict=True)] if mixed else names
    title = f"difference of {' or '.join(sorted(set(scores)))}"
    xaxis = {**axis(title, unit), "zeroline": True, "rangemode": "tozero"}
    return ranking([_dots(drawn, "x", unit)], shown, "network less", alt, xaxis, showlegend=False)


def _dots(scores: pd.DataFrame, xaxis: str, unit: str) -> go.Scatter:
    shown = hover_format(unit)
    names = [text(model) for model in scores["model"]]
    colours = [OKABE_ITO[0] if model == NETWORK else NEUTRAL for model in scores["model"]]
    return go.Scatter(
        x=rounded(scores["value"]),
        y=list(range(len(scores))),
        xaxis=xaxis,
        mode="markers",
        marker={"size": 10, "color": colours},
        error_x=interval(low=scores["low_95"], high=scores["high_95"], values=scores["value"]),
        customdata=list(zip(names, rounded(scores["low_95"]), rounded(scores["high_95"]), strict=True)),
        hovertemplate=(
            f"<b>%{{customdata[0]}}</b><br>%{{x:{shown}}}<br>"
            f"95 %: %{{customdata[1]:{shown}}} to %{{customdata[2]:{shown}}}<extra></extra>"
        ),
    )


def runs(scores: pd.DataFrame, unit: str = "") -> go.Figure:
    """Draw R² of several runs side by side, and RMSE where all runs share a unit.

    Columns run, model, rmse, r2; low_95 and high_95 of r2 where they are known.
    """
    names, models = list(dict.fromkeys(scores["run"])), list(dict.fromkeys(scores["model"]))
    traces = []
    for number, model in enumerate(models):
        rows = scores[scores["model"] == model].set_index("run").reindex(names)
        colour = {"color": OKABE_ITO[number % len(OKABE_ITO)]}
        look: dict[str, Any] = {"name": text(model), "legendgroup": str(number), "marker": colour}
        error = interval(low=rows["low_95"], high=rows["high_95"], values=rows["r2"]) if "low_95" in rows else None
        traces.append(_run_bars(rows["r2"], "x", "", error_x=error, **look))
        if unit:
            traces.append(_run_bars(rows["rmse"], "x2", unit, showlegend=False, **look))
    highest = ""
    if scores["r2"].notna().any():
        best = scores.loc[scores["r2"].idxmax()]
        highest = f": the highest R² is {best['r2']:.3f}, of {best['model']} in {best['run']}"
    cut = {"range": [-0.5, 1]} if (scores["r2"] < -0.5).any() else {}
    return figure(
        traces,
        f"R² on the test films of {len(names)} runs and {len(models)} models{highest}.",
        80 + len(names) * (24 + 16 * len(models)),
        barmode="group",
        xaxis={**axis("R²"), "domain": LEFT if unit else [0, 1], **cut},
        yaxis=names_axis(names, "run"),
        **({"xaxis2": {**axis("RMSE", unit), "domain": RIGHT}} if unit else {}),
    )


def _run_bars(values: pd.Series, xaxis: str, unit: str, **look: object) -> go.Bar:
    return go.Bar(
        x=rounded(values),
        y=list(range(len(values))),
        xaxis=xaxis,
        orientation="h",
        customdata=[text(run) for run in values.index],
        hovertemplate=f"<b>%{{customdata}}</b><br>%{{x:{hover_format(unit)}}}",
        **look,
    )
