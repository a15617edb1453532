"""Horizontal bars and dots by name, with intervals: what most figures of the report are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.style import NEUTRAL, OKABE_ITO, rounded, short, text

ROW, AROUND = 25, 110
"""Pixels of a bar, and of all that is around bars."""


def height(n_rows: int) -> int:
    """Return the height of a figure with so many names below each other."""
    return AROUND + ROW * max(n_rows, 2)


def names_axis(names: Sequence[object]) -> dict[str, Any]:
    """Return an axis of names from the top, at 0, 1, 2, ...: names that look alike, or like years, stay apart."""
    labels = [short(name) for name in names]
    n = len(labels)
    return {
        "tickvals": list(range(n)),
        "ticktext": labels,
        "range": [n - 0.4, -0.6],
        "showgrid": False,
        "zeroline": False,
    }


def interval(margins: Any = None, low: Any = None, high: Any = None, values: Any = None) -> dict[str, Any]:
    """Return error bars of half a width, or from `low` to `high` around `values`."""
    look = {"color": NEUTRAL, "thickness": 1.4, "width": 3, "type": "data"}
    if margins is not None:
        return {**look, "array": rounded(np.nan_to_num(margins))}
    above, below = np.nan_to_num(np.asarray(high) - values), np.nan_to_num(np.asarray(values) - low)
    return {**look, "array": rounded(np.maximum(above, 0)), "arrayminus": rounded(np.maximum(below, 0))}


def bars(values: Any, margins: Any, hover: Sequence[str], colour: Any = OKABE_ITO[0], **more: Any) -> go.Bar:
    """Return horizontal bars from top to bottom with 95 % intervals."""
    return go.Bar(
        x=rounded(values),
        y=list(range(len(hover))),
        orientation="h",
        marker={"color": colour},
        error_x=None if margins is None else interval(margins),
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
        **more,
    )


def hover_lines(names: Sequence[object], *said: Sequence[str]) -> list[str]:
    """Return what a hover label shows of each row: the whole name in bold, then a line each."""
    whole = [f"<b>{text(name)}</b>" for name in names]
    lines = [[text(line) for line in one] for one in said]
    return ["<br>".join(one) for one in zip(whole, *lines, strict=True)]


def with_margin(values: Sequence[float] | pd.Series, margins: Sequence[float] | np.ndarray | pd.Series) -> list[str]:
    """Return values with half their interval, three digits each."""
    pairs = zip(values, margins, strict=True)
    return [f"{value:.3g}" + (f" ± {margin:.2g}" if np.isfinite(margin) else "") for value, margin in pairs]
