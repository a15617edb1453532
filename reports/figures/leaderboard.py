"""Figures of how good models are: one run's models, and several runs side by side."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.bars import height, interval, names_axis
from greenlight_films.reports.figures.style import NEUTRAL, OKABE_ITO, amount, axis, figure, hover_format, rounded, text

LEFT, RIGHT = [0.0, 0.47], [0.53, 1.0]


def leaderboard(intervals: pd.DataFrame, unit: str) -> go.Figure:
    """Draw RMSE and R² of each model with their 95 % intervals, the lowest RMSE first.

    Args:
        intervals: columns model, score (rmse, r2), value, low_95, high_95, as of `bootstrap_intervals`.
    """
    rmse = intervals[intervals["score"] == "rmse"].sort_values("value", kind="stable")
    order = rmse["model"].tolist()
    r2 = intervals[intervals["score"] == "r2"].set_index("model").reindex(order).reset_index()
    colours = [OKABE_ITO[0] if model == "mlp" else NEUTRAL for model in order]
    best, share = rmse.iloc[0], r2.iloc[0]
    value, low, high = (amount(best[name], unit) for name in ("value", "low_95", "high_95"))
    alt = (
        f"RMSE and R² of {len(order)} models on the test films, with 95 % intervals: {best['model']} is best with RMSE "
        f"{value} ({low} to {high}) and R² {share['value']:.3f} "
        f"({share['low_95']:.3f} to {share['high_95']:.3f})."
    )
    return figure(
        [_dots(rmse, colours, "x", unit), _dots(r2, colours, "x2", "")],
        alt,
        height(len(order)),
        showlegend=False,
        xaxis={**axis("RMSE", unit), "domain": LEFT},
        xaxis2={**axis("R²"), "domain": RIGHT, "zeroline": True},
        yaxis={**names_axis(order), "title": {"text": "model"}},
    )


def _dots(scores: pd.DataFrame, colours: list[str], where: str, unit: str) -> go.Scatter:
    shown = hover_format(unit)
    return go.Scatter(
        x=rounded(scores["value"]),
        y=list(range(len(scores))),
        xaxis=where,
        mode="markers",
        marker={"size": 10, "color": colours},
        error_x=interval(low=scores["low_95"], high=scores["high_95"], values=scores["value"]),
        customdata=[
            [text(model), low, high]
            for model, low, high in zip(
                scores["model"], rounded(scores["low_95"]), rounded(scores["high_95"]), strict=True
            )
        ],
        hovertemplate=(
            f"<b>%{{customdata[0]}}</b><br>%{{x:{shown}}}<br>"
            f"95 %: %{{customdata[1]:{shown}}} to %{{customdata[2]:{shown}}}<extra></extra>"
        ),
    )


def runs(scores: pd.DataFrame, unit: str = "") -> go.Figure:
    """Draw scores of several runs side by side: R², and RMSE where all runs share a unit.

    Args:
        scores: columns run, model, rmse, r2; low_95 and high_95 of r2 where they are known.
        unit: of RMSE in all runs; empty where they differ, and RMSE is left out.
    """
    names, models = list(dict.fromkeys(scores["run"])), list(dict.fromkeys(scores["model"]))
    traces = []
    for place, model in enumerate(models):
        mine = scores[scores["model"] == model].set_index("run").reindex(names).reset_index()
        colour = {"color": OKABE_ITO[place % len(OKABE_ITO)]}
        for score, where in (("r2", "x"), ("rmse", "x2"))[: 1 + bool(unit)]:
            known = score == "r2" and "low_95" in mine
            error = interval(low=mine["low_95"], high=mine["high_95"], values=mine["r2"]) if known else None
            traces.append(
                go.Bar(
                    x=rounded(mine[score]),
                    y=list(range(len(names))),
                    xaxis=where,
                    orientation="h",
                    name=text(model),
                    legendgroup=str(place),
                    showlegend=score == "r2",
                    marker=colour,
                    error_x=error,
                    customdata=[text(run) for run in names],
                    hovertemplate=f"<b>%{{customdata}}</b><br>%{{x:{hover_format(unit if score == 'rmse' else '')}}}",
                )
            )
    best = scores.iloc[int(np.nanargmax(scores["r2"]))] if scores["r2"].notna().any() else None
    said = f": the highest R² is {best['r2']:.3f}, of {best['model']} in {best['run']}" if best is not None else ""
    second = {"xaxis2": {**axis("RMSE", unit), "domain": RIGHT}} if unit else {}
    low = float(np.nanmin([0.0, *scores["r2"]]))
    floor = {"range": [-0.5, 1]} if low < -0.5 else {}
    return figure(
        traces,
        f"R² on the test films of {len(names)} runs and {len(models)} models{said}.",
        80 + len(names) * (24 + 16 * len(models)),
        barmode="group",
        xaxis={**axis("R²"), "domain": LEFT if unit else [0, 1], **floor},
        yaxis={**names_axis(names), "title": {"text": "run"}},
        **second,
    )
