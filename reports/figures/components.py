"""Figures of principal components: how much they explain, what they are made of, where films stand on them."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.style import (
    BLUE,
    CONTINUOUS,
    NEUTRAL,
    VERMILION,
    axis,
    axis_title,
    figure,
    heading,
    hover_format,
    note,
    rounded,
    sampled,
)
from greenlight_films.reports.figures.tiles import tiles

ENOUGH, SHOWN, MOST_LOADINGS, MOST_IN_SPACE = 0.8, 5, 30, 2000


def scree(variance: pd.DataFrame) -> go.Figure:
    """Draw the share of the variance that each component explains.

    Args:
        variance: of `baselines/pca/variance.csv`.
    """
    ratio = variance["ratio"]
    trace = go.Bar(
        x=variance["component"].tolist(),
        y=rounded(ratio),
        marker={"color": BLUE},
        hovertemplate="component %{x}<br>%{y:.1%} of the variance<extra></extra>",
    )
    said = ", ".join(f"{one:.1%}" for one in ratio.head(3))
    return figure(
        [trace],
        f"Share of the variance by component, {len(variance)} in all: the first explain {said}.",
        xaxis=_counted("component", len(variance)),
        yaxis={**axis("share of the variance", "%"), "tickformat": ".0%", "rangemode": "tozero"},
    )


def cumulative(variance: pd.DataFrame, enough: float = ENOUGH) -> go.Figure:
    """Draw the share of the variance that the first components explain together, and where it reaches 80 %.

    Args:
        variance: of `baselines/pca/variance.csv`.
    """
    total, component = variance["cumulative"], variance["component"]
    reached = component[total >= enough]
    line = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": enough, "y1": enough}
    shapes = [{**line, "line": {"color": NEUTRAL, "dash": "dash", "width": 1.5}}]
    traces = [
        go.Scatter(
            x=component.tolist(),
            y=rounded(total),
            mode="lines+markers",
            line={"color": BLUE, "width": 2},
            hovertemplate="the first %{x}<br>%{y:.1%} of the variance<extra></extra>",
        )
    ]
    said = f"{len(variance)} components reach {total.iloc[-1]:.1%}, less than {enough:.0%}"
    if len(reached):
        first = int(reached.iloc[0])
        said = f"{first} of {len(variance)} components reach {enough:.0%}"
        traces.append(
            go.Scatter(
                x=[first],
                y=rounded(total[component == first]),
                mode="markers",
                marker={"size": 13, "color": VERMILION, "symbol": "diamond"},
                hovertemplate=f"{said}<extra></extra>",
            )
        )
    return figure(
        traces,
        f"Cumulative share of the variance by the number of components: {said}.",
        showlegend=False,
        shapes=shapes,
        annotations=note(said),
        xaxis=_counted("components", len(variance)),
        yaxis={**axis("cumulative share of the variance", "%"), "tickformat": ".0%", "range": [0, 1.04]},
    )


def _counted(name: str, n: int) -> dict[str, object]:
    look = {"showgrid": False, "zeroline": False, "range": [0.4, n + 0.6]}
    return {**axis(name), **look} | ({"dtick": 1} if n <= 15 else {})


def loadings(table: pd.DataFrame, most: int = MOST_LOADINGS, components: int = SHOWN) -> go.Figure:
    """Draw the columns' weights in the first components, with their numbers; of many columns, those with the largest.

    Args:
        table: of `baselines/pca/loadings.csv`.
    """
    names = [name for name in table if name != "feature"][:components]
    weights = table[names].to_numpy(dtype=float)
    kept = np.sort(np.argsort(-np.abs(weights).max(1), kind="stable")[:most])
    table, weights = table.iloc[kept], weights[kept]
    largest = np.abs(weights).argmax(0)
    features = table["feature"].tolist()
    said = ", ".join(
        f"{features[row]} ({weights[row, place]:+.2f}) in {name.upper()}"
        for place, (name, row) in enumerate(zip(names[:3], largest, strict=False))
    )
    end = float(np.abs(weights).max())
    return tiles(
        weights,
        features,
        [name.upper() for name in names],
        f"Weights of {len(features)} columns in the first {len(names)} components: the largest are {said}.",
        ("component", "column", "weight (-1 to 1)"),
        ends=(-end, end),
    )


def projection(films: pd.DataFrame, target: str, unit: str, ratio: pd.Series | None = None) -> go.Figure:
    """Draw films on the first two components, coloured by the target.

    Args:
        films: columns pc1, pc2, actual; title or film where known.
        ratio: the components' share of the variance, for the axes' titles.
    """
    shown, of_how_many = sampled(films)
    trace = go.Scatter(
        x=rounded(shown["pc1"], 3),
        y=rounded(shown["pc2"], 3),
        mode="markers",
        marker={**_coloured(shown, target, unit), "size": 5, "opacity": 0.7},
        **_hover(shown, target, unit),
    )
    return figure(
        [trace],
        _said(films, target, 2),
        500,
        annotations=note(of_how_many),
        xaxis=component_axis(1, ratio),
        yaxis=component_axis(2, ratio),
    )


def projection_in_space(films: pd.DataFrame, target: str, unit: str, ratio: pd.Series | None = None) -> go.Figure:
    """Draw films on the first three components, coloured by the target.

    Args:
        films: columns pc1, pc2, pc3, actual; title or film where known.
        ratio: the components' share of the variance, for the axes' titles.
    """
    shown, of_how_many = sampled(films, MOST_IN_SPACE)
    trace = go.Scatter3d(
        x=rounded(shown["pc1"], 3),
        y=rounded(shown["pc2"], 3),
        z=rounded(shown["pc3"], 3),
        mode="markers",
        marker={**_coloured(shown, target, unit), "size": 2.5},
        **_hover(shown, target, unit),
    )
    scene = space(ratio)
    return figure([trace], _said(films, target, 3), 560, annotations=note(of_how_many), scene=scene)


def component_axis(place: int, ratio: pd.Series | None) -> dict[str, object]:
    """Return the axis of a component, with the share of the variance that it explains."""
    share = f" ({ratio.iloc[place - 1]:.1%} of the variance)" if ratio is not None and len(ratio) >= place else ""
    return {"title": {"text": f"PC{place}{share}"}, "zeroline": False}


def space(ratio: pd.Series | None) -> dict[str, object]:
    """Return the room of three components, seen from where their titles are whole."""
    axes = {f"{name}axis": component_axis(place, ratio) for place, name in enumerate("xyz", start=1)}
    for one in axes.values():
        one["title"] = {"text": str(one["title"]["text"]).replace(" of the variance", "")}  # type: ignore[index]
    return {**axes, "camera": {"eye": {"x": 1.65, "y": 1.65, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.15}}}


def _coloured(shown: pd.DataFrame, target: str, unit: str) -> dict[str, object]:
    """Colour by the target; beyond its first and last hundredth colours no longer change."""
    low, high = np.nanquantile(shown["actual"], [0.01, 0.99]) if len(shown) else (0.0, 1.0)
    bar = axis(target, unit) | {"thickness": 12, "outlinewidth": 0}
    bar["title"] = {"text": axis_title(target, unit), "side": "right"}
    low, high = rounded([low, high])
    return {"color": rounded(shown["actual"], 3), "colorscale": CONTINUOUS, "cmin": low, "cmax": high, "colorbar": bar}


def _hover(shown: pd.DataFrame, target: str, unit: str) -> dict[str, object]:
    names = heading(shown)
    line = f"{axis_title(target)} %{{marker.color:{hover_format(unit)}}}"
    return {"hovertext": names or None, "hovertemplate": f"<b>%{{hovertext}}</b><br>{line}<extra></extra>"}


def _said(films: pd.DataFrame, target: str, n: int) -> str:
    related = films[[f"pc{place + 1}" for place in range(n)]].corrwith(films["actual"])
    said = ", ".join(f"{one:+.2f} with {name.upper()}" for name, one in related.items())
    return f"{len(films):,} films on the first {n} components, coloured by {target}, whose correlation is {said}."
