"""The figure of how often targets lie in their prediction intervals, by groups of films."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import counted
from greenlight_films.reports.figures.axes import amount, rounded
from greenlight_films.reports.figures.bars import hover_lines, interval, ranking
from greenlight_films.reports.figures.curves import guide
from greenlight_films.reports.figures.style import OKABE_ITO


def coverage_by_group(table: pd.DataFrame, names: Sequence[str], title: str, unit: str) -> go.Figure:
    """Draw the share of films whose target lies in its interval, by group and level, with 95 % intervals.

    Args:
        table: of `coverage`, all levels; groups in the same order in each.
        names: of the groups.
        title: what the groups are of.
    """
    traces, levels = [], list(table.groupby("level"))
    for (level, rows), colour in zip(levels, OKABE_ITO, strict=False):
        counts = zip(rows["covered"], rows["films"], strict=True)
        shares = [f"{share:.1%} of {counted(films, 'film')}" for share, films in counts]
        widths = [f"{level} % intervals, half of them narrower than {amount(width, unit)}" for width in rows["width"]]
        traces.append(
            go.Scatter(
                x=rounded(rows["covered"]),
                y=list(range(len(rows))),
                mode="markers",
                name=f"{level} % intervals",
                marker={"size": 9, "color": colour},
                error_x=interval(low=rows["covered_low"], high=rows["covered_high"], values=rows["covered"]),
                hovertext=hover_lines(names, shares, widths),
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    spans = [f"{level} % ones {rows['covered'].min():.0%} to {rows['covered'].max():.0%}" for level, rows in levels]
    return ranking(
        traces,
        names,
        title,
        f"Share of test films whose target lies in its interval, by {title}: {' and '.join(spans)}.",
        {"title": {"text": "share of films in their intervals"}, "tickformat": ".0%"},
        shapes=[guide(x=level / 100) for level, _ in levels],
    )
