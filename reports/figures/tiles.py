"""Tables of numbers as coloured tiles (heat maps) with the numbers in them."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import axis_title, rounded, short, text
from greenlight_films.reports.figures.bars import height, names_axis
from greenlight_films.reports.figures.style import COLOUR_BAR, CONTINUOUS, figure


def tiles(
    values: np.ndarray,
    rows: list[Any],
    columns: list[Any],
    alt: str,
    titles: tuple[str, str, str],
    ends: tuple[float, float],
    cells: list[list[str]] | None = None,
) -> go.Figure:
    """Draw a table of numbers, (rows, columns), with the first row on top; missing numbers have no tile.

    Titles are of columns, rows and colours; `ends` are the values with the darkest and the lightest colour; `cells` are
    the texts of the tiles, by default values with two decimals.
    """
    title = {"text": axis_title(titles[2], width=26), "side": "right", "font": {"size": 13}}
    trace = go.Heatmap(
        z=[rounded(row) for row in values],
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        text=cells or [[f"{value:z.2f}" if np.isfinite(value) else "" for value in row] for row in values],
        texttemplate="%{text}",
        hovertext=[[f"<b>{text(row)}</b><br>{text(column)}" for column in columns] for row in rows],
        hovertemplate="%{hovertext}: %{text}<extra></extra>",
        colorscale=CONTINUOUS,
        zmin=ends[0],
        zmax=ends[1],
        xgap=2,
        ygap=2,
        hoverongaps=False,
        colorbar={"title": title, **COLOUR_BAR},
    )
    ticks = {"tickvals": list(range(len(columns))), "ticktext": [short(column, 18) for column in columns]}
    xaxis = {**ticks, "title": {"text": axis_title(titles[0])}, "showgrid": False, "zeroline": False}
    return figure([trace], alt, max(height(len(rows)), 260), xaxis=xaxis, yaxis=names_axis(rows, titles[1]))
