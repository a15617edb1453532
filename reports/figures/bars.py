"""Horizontal bars and dots by name, with 95 % intervals: most figures of the report are made of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from greenlight_films.importance.result import interval_in_words
from greenlight_films.reports.figures.axes import axis_title, rounded, short, text
from greenlight_films.reports.figures.style import BLUE, NEUTRAL, OKABE_ITO, ORANGE, figure

TITLE = 30  # characters of a line of an axis title that stands below bars, beside which names take half the width
LINE = 18  # pixels of a line of text


def height(n_rows: int, more_lines: int = 0) -> int:
    """Return the height in pixels of a figure with so many names below each other, and more lines of text than one."""
    return 110 + 25 * max(n_rows, 2) + LINE * more_lines


def names_axis(names: Sequence[object], title: str) -> dict[str, Any]:
    """Return an axis of names from the top, at 0, 1, 2, ...: names that look alike, or like years, stay apart."""
    look = {"showgrid": False, "zeroline": False, "title": {"text": axis_title(title)}}
    ticks = {"tickvals": list(range(len(names))), "ticktext": [short(name) for name in names]}
    return {**ticks, "range": [len(names) - 0.4, -0.6], **look}


def interval(margins: Any = None, low: Any = None, high: Any = None, values: Any = None) -> dict[str, Any]:
    """Return error bars of half a width, or from `low` to `high` around `values`."""
    look = {"color": NEUTRAL, "thickness": 1.4, "width": 3, "type": "data"}
    if margins is not None:
        return {**look, "array": rounded(np.nan_to_num(margins, posinf=0))}
    above, below = (np.nan_to_num(part, posinf=0) for part in (np.asarray(high) - values, np.asarray(values) - low))
    return {**look, "array": rounded(np.maximum(above, 0)), "arrayminus": rounded(np.maximum(below, 0))}


def bars(values: Any, ends: Any, hover: Sequence[str], colour: Any = OKABE_ITO[0], **more: Any) -> go.Bar:
    """Return horizontal bars from top to bottom, with 95 % intervals where there are both their ends."""
    return go.Bar(
        x=rounded(values),
        y=list(range(len(hover))),
        orientation="h",
        marker={"color": colour},
        error_x=None if ends is None else interval(low=ends[0], high=ends[1], values=values),
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
        **more,
    )


def ranking(
    traces: Iterable[Any], names: Sequence[object], title: str, alt: str, xaxis: dict[str, Any], **layout: Any
) -> go.Figure:
    """Return a figure of bars or dots by name, the first name on top; `title` is of the axis of names."""
    drawn = list(traces)
    titles = [axis["title"]["text"] for axis in (xaxis, layout.get("xaxis2")) if axis]
    more_lines = max(text.count("<br>") for text in titles) + sum(trace.name is not None for trace in drawn)
    look = {"xaxis": xaxis, "yaxis": names_axis(names, title), **layout}
    return figure(drawn, alt, height(len(names), more_lines), **look)


def by_sign(values: Any, negative: str = ORANGE) -> list[str]:
    """Return a colour for each value: blue from 0 on, another below."""
    return np.where(np.asarray(values) >= 0, BLUE, negative).tolist()


def hover_lines(names: Sequence[object], *lines: Sequence[str]) -> list[str]:
    """Return a hover label for each row: the whole name in bold, then a line from each sequence."""
    whole = [f"<b>{text(name)}</b>" for name in names]
    return ["<br>".join(label) for label in zip(whole, *([text(line) for line in part] for part in lines), strict=True)]


def with_interval(
    values: Iterable[float], low: Iterable[float], high: Iterable[float], n_films: Iterable[float]
) -> list[str]:
    """Return importances of features that so many films have with their intervals, three and two digits."""
    rows = zip(values, low, high, n_films, strict=True)
    return [f"{value:.3g} ({interval_in_words(*ends)})" for value, *ends in rows]


def with_margin(values: Iterable[float], margins: Iterable[float]) -> list[str]:
    """Return values with half their interval, three and two digits."""
    pairs = zip(values, margins, strict=True)
    return [f"{value:.3g}" + (f" ± {margin:.2g}" if np.isfinite(margin) else "") for value, margin in pairs]
