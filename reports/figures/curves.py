"""Curves, marks on them, and guide lines across a figure."""

from typing import Any

import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import rounded
from greenlight_films.reports.figures.style import NEUTRAL, VERMILION


def curve(x: Any, y: Any, colour: str, hover: str, dash: str = "solid", **more: Any) -> go.Scatter:
    """Return a curve with a dot at each point; `hover` is plotly's template."""
    look = {"mode": "lines+markers", "line": {"color": colour, "dash": dash, "width": 2}}
    return go.Scatter(x=list(x), y=rounded(y), hovertemplate=hover, **{**look, **more})


def mark(x: Any, y: Any, hover: str, colour: str = VERMILION, symbol: str = "diamond", **more: Any) -> go.Scatter:
    """Return large points that stand out from curves."""
    look = {"size": 13, "color": colour, "symbol": symbol}
    return go.Scatter(x=list(x), y=rounded(y), mode="markers", marker=look, hovertemplate=hover, **more)


def guide(x: float | None = None, y: float | None = None, colour: str = NEUTRAL, dash: str = "dash") -> dict[str, Any]:
    """Return a line across the whole figure, upright at x or level at y, for `layout.shapes`."""
    ends = {"x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y}
    if x is not None:
        ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", **ends, "line": {"color": colour, "dash": dash, "width": 1.5}}
