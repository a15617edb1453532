"""Tables as coloured tiles with their numbers."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from greenlight_films.reports.figures.bars import height, names_axis
from greenlight_films.reports.figures.style import CONTINUOUS, NARROW, axis_title, figure, rounded, short, text


def tiles(
    values: np.ndarray,
    rows: list[Any],
    columns: list[Any],
    alt: str,
    titles: tuple[str, str, str],
    ends: tuple[float, float] | None = None,
    said: list[list[str]] | None = None,
    digits: int = 2,
) -> go.Figure:
    """Draw a table of numbers, (rows, columns): the first row on top; a number that is missing has no tile.

    Args:
        titles: of columns, rows and colours, with their units.
        ends: values with the darkest and the lightest colour; from the data where not given.
        said: what stands in each tile in place of its value.
        digits: behind the point of a tile's value.
    """
    said = said or [[f"{one:z.{digits}f}" if np.isfinite(one) else "" for one in row] for row in values]
    names = [[f"<b>{text(row)}</b><br>{text(column)}" for column in columns] for row in rows]
    trace = go.Heatmap(
        z=[rounded(row) for row in values],
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        text=said,
        texttemplate="%{text}",
        hovertext=names,
        hovertemplate="%{hovertext}: %{text}<extra></extra>",
        colorscale=CONTINUOUS,
        zmin=ends and ends[0],
        zmax=ends and ends[1],
        xgap=2,
        ygap=2,
        hoverongaps=False,
        colorbar={
            "title": {"text": axis_title(titles[2], width=NARROW), "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
        },
    )
    across = {"tickvals": list(range(len(columns))), "ticktext": [short(one, 18) for one in columns]}
    return figure(
        [trace],
        alt,
        max(height(len(rows)), 260),
        xaxis={**across, "title": {"text": axis_title(titles[0])}, "showgrid": False, "zeroline": False},
        yaxis={**names_axis(rows), "title": {"text": axis_title(titles[1])}},
    )
