"""Figures of linear models: coefficients with their intervals."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.bars import height, hover_lines, interval, names_axis, with_margin
from greenlight_films.reports.figures.style import BLUE, VERMILION, axis, axis_title, figure, rounded

MOST, CONSTANT = 30, "const"


def coefficients(table: pd.DataFrame, unit: str, most: int = MOST) -> go.Figure:
    """Draw a linear model's largest coefficients with 95 % intervals: HC3 where they are there, or the ordinary ones.

    With a column standardised they are drawn so: of a column's and the target's standard deviations. Those whose
    interval holds 0 are hollow.

    Args:
        table: of `baselines/ols/coefficients.csv`; the constant and what was left out are not drawn.
        unit: of the target as it was fitted, after log1p where it has one.
    """
    found = table[(table["name"] != CONSTANT) & table["coefficient"].notna()]
    low, high, errors = _ends(found)
    standardised = "standardised" in found
    value = found["standardised"] if standardised else found["coefficient"]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(found["coefficient"] == 0, 1.0, value / found["coefficient"])
    found = found.assign(value=value, low=low * ratio, high=high * ratio, margin=(high - low) / 2)
    found = found.sort_values("value", key=abs, ascending=False, kind="stable").head(most)
    apart = ~((found["low"] <= 0) & (found["high"] >= 0))
    colour = np.where(found["value"] >= 0, BLUE, VERMILION)
    own = [f"coefficient {one}" for one in with_margin(found["coefficient"], found["margin"])]
    extra = [[f"standardised {one:+.3g}" for one in found["value"]]] if standardised else []
    names = found["name"].tolist()
    dots = go.Scatter(
        x=rounded(found["value"]),
        y=list(range(len(found))),
        mode="markers",
        marker={
            "size": 9,
            "color": colour.tolist(),
            "symbol": np.where(apart, "circle", "circle-open").tolist(),
        },
        error_x=interval(low=found["low"], high=found["high"], values=found["value"]),
        hovertext=hover_lines(names, own, *extra),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    of_one = "change of the target for one standard deviation of the column"
    title = axis(of_one, "standard deviations") if standardised else axis("coefficient", unit)
    first = f": {names[0]} has the largest, {found['value'].iloc[0]:+.3g}" if names else ""
    return figure(
        [dots],
        f"The {len(found)} largest {'standardised ' * standardised}coefficients of {len(table):,} columns with 95 % "
        f"intervals ({errors}){first}; the intervals of {int((~apart).sum())} hold 0.",
        height(len(found)),
        xaxis={**title, "zeroline": True},
        yaxis={**names_axis(names), "title": {"text": axis_title("column")}},
    )


def _ends(found: pd.DataFrame) -> tuple[pd.Series, pd.Series, str]:
    """Return both ends of each interval, and which errors they are of."""
    if "low_95_hc3" not in found:
        return found["low_95"], found["high_95"], "ordinary errors"
    low, high = found["low_95_hc3"].fillna(found["low_95"]), found["high_95_hc3"].fillna(found["high_95"])
    return low, high, "HC3 errors"


def ridge_coefficients(table: pd.DataFrame, unit: str, most: int = MOST) -> go.Figure:
    """Draw the largest coefficients of ridge regression, which have no intervals.

    Args:
        table: of `baselines/ridge/coefficients.csv`.
        unit: of the target as it was fitted, after log1p where it has one.
    """
    found = table.sort_values("coefficient", key=abs, ascending=False, kind="stable").head(most)
    names = found["feature"].tolist()
    bars_ = go.Bar(
        x=rounded(found["coefficient"]),
        y=list(range(len(found))),
        orientation="h",
        marker={"color": np.where(found["coefficient"] >= 0, BLUE, VERMILION).tolist()},
        hovertext=hover_lines(names, [f"coefficient {one:+.3g}" for one in found["coefficient"]]),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    first = f": {names[0]} has the largest, {found['coefficient'].iloc[0]:+.3g}" if names else ""
    return figure(
        [bars_],
        f"The {len(found)} largest of ridge regression's {len(table):,} coefficients{first}.",
        height(len(found)),
        xaxis={**axis("coefficient", unit), "zeroline": True},
        yaxis={**names_axis(names), "title": {"text": axis_title("feature")}},
    )
