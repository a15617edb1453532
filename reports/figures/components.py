"""Figures of principal components: explained variance, loadings, and films as points on the components."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import (
    MOST_POINTS,
    axis,
    axis_title,
    hover,
    hover_format,
    note,
    rounded,
    sampled,
)
from greenlight_films.reports.figures.curves import curve, guide, mark
from greenlight_films.reports.figures.style import BLUE, COLOUR_BAR, CONTINUOUS, figure
from greenlight_films.reports.figures.tiles import tiles

ENOUGH = 0.8
COLUMNS, COMPONENTS = 30, 5  # of the figure of weights
MOST_FILMS = {2: MOST_POINTS, 3: 2000}  # by the number of components


def scree(variance: pd.DataFrame) -> go.Figure:
    """Draw the share of the variance that each component explains, of `baselines/pca/variance.csv`."""
    hover = "component %{x}<br>%{y:.1%} of the variance<extra></extra>"
    components, ratio = variance["component"].tolist(), variance["ratio"]
    first = ", ".join(f"{share:.1%}" for share in ratio.head(3))
    return figure(
        [go.Bar(x=components, y=rounded(ratio), marker={"color": BLUE}, hovertemplate=hover)],
        f"Share of the variance by component, {len(variance)} in all: the first explain {first}.",
        xaxis=_counted("component", len(variance)),
        yaxis={**axis("share of the variance", "%"), "tickformat": ".0%", "rangemode": "tozero"},
    )


def cumulative(variance: pd.DataFrame) -> go.Figure:
    """Draw the share of the variance that the first components explain together, and where it reaches 80 %."""
    total, component = variance["cumulative"], variance["component"]
    reached = component[total >= ENOUGH].head(1)
    result = f"{len(variance)} components reach {total.iloc[-1]:.1%}, less than {ENOUGH:.0%}"
    if len(reached):
        result = f"{reached.iloc[0]} of {len(variance)} components reach {ENOUGH:.0%}"
    traces = [curve(component, total, BLUE, "the first %{x}<br>%{y:.1%} of the variance<extra></extra>")]
    if len(reached):
        traces.append(mark(reached, total[reached.index], f"{result}<extra></extra>"))
    return figure(
        traces,
        f"Cumulative share of the variance by the number of components: {result}.",
        showlegend=False,
        shapes=[guide(y=ENOUGH)],
        annotations=note(result),
        xaxis=_counted("components", len(variance)),
        yaxis={**axis("cumulative share of the variance", "%"), "tickformat": ".0%", "range": [0, 1.04]},
    )


def _counted(name: str, n: int) -> dict[str, object]:
    look = {"showgrid": False, "zeroline": False, "range": [0.4, n + 0.6]}
    return {**axis(name), **look} | ({"dtick": 1} if n <= 15 else {})


def loadings(table: pd.DataFrame) -> go.Figure:
    """Draw the columns' weights in the first components, the largest ones, of `baselines/pca/loadings.csv`."""
    names = [name for name in table if name != "feature"][:COMPONENTS]
    weights = table[names].to_numpy(dtype=float)
    kept = np.sort(np.argsort(-np.abs(weights).max(1), kind="stable")[:COLUMNS])
    weights, features = weights[kept], table["feature"].iloc[kept].tolist()
    largest = ", ".join(
        f"{features[row]} ({weights[row, index]:+.2f}) in {names[index].upper()}"
        for index, row in enumerate(np.abs(weights[:, :3]).argmax(0))
    )
    alt = f"Weights of {len(features)} columns in the first {len(names)} components: the largest are {largest}."
    titles, end = ("component", "column", "weight (-1 to 1)"), float(np.abs(weights).max())
    return tiles(weights, features, [name.upper() for name in names], alt, titles, ends=(-end, end))


def projection(films: pd.DataFrame, target: str, unit: str, ratio: pd.Series | None = None, n: int = 2) -> go.Figure:
    """Draw films, with columns pc1, pc2, ... and actual, on the first two or three components, coloured by the target.

    `ratio` are the components' shares of the variance, for the axes' titles.
    """
    shown, sample_note = sampled(films, MOST_FILMS[n])
    # Beyond the first and last hundredth of the films colours no longer change.
    low, high = rounded(np.nanquantile(shown["actual"], [0.01, 0.99]) if len(shown) else (0.0, 1.0))
    bar = {**axis(target, unit), **COLOUR_BAR, "title": {"text": axis_title(target, unit), "side": "right"}}
    colour = {"color": rounded(shown["actual"], 3), "colorscale": CONTINUOUS, "cmin": low, "cmax": high}
    labels = hover(shown, f"{axis_title(target)} %{{marker.color:{hover_format(unit)}}}")
    related = films[[f"pc{number}" for number in range(1, n + 1)]].corrwith(films["actual"])
    correlations = ", ".join(f"{value:+.2f} with {name.upper()}" for name, value in related.items())
    alt = (
        f"{len(films):,} films on the first {n} components, coloured by {target}, whose correlation is {correlations}."
    )
    return on_components([points(shown, n, 0.7, {**colour, "colorbar": bar}, labels)], alt, n, ratio, sample_note)


def points(films: pd.DataFrame, n: int, opacity: float, marker: dict[str, Any], labels: dict[str, Any]) -> Any:
    """Return a trace of films on two or three components; in three, points are opaque."""
    coordinates = {name: rounded(films[f"pc{number}"], 3) for number, name in enumerate("xyz"[:n], start=1)}
    if n == 2:
        return go.Scatter(**coordinates, mode="markers", marker={**marker, "size": 5, "opacity": opacity}, **labels)
    return go.Scatter3d(**coordinates, mode="markers", marker={**marker, "size": 2.5}, **labels)


def on_components(
    traces: list[Any], alt: str, n: int, ratio: pd.Series | None, sample_note: str, **layout: Any
) -> go.Figure:
    """Return a figure whose axes are the first two or three components, with their shares of the variance."""
    shares = [""] * n
    if ratio is not None:
        shares = [f" ({share:.1%}{' of the variance' if n == 2 else ''})" for share in ratio.head(n)]
    axes = {
        f"{name}axis": {"title": {"text": f"PC{number}{share}"}, "zeroline": False}
        for number, (name, share) in enumerate(zip("xyz"[:n], shares, strict=True), start=1)
    }
    if n == 2:
        return figure(traces, alt, 500, annotations=note(sample_note), **axes, **layout)
    camera = {"eye": {"x": 1.65, "y": 1.65, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.15}}
    return figure(traces, alt, 560, annotations=note(sample_note), scene={**axes, "camera": camera}, **layout)
