"""Figures of linear models: their largest coefficients, with 95 % intervals where there are any."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import axis, rounded
from greenlight_films.reports.figures.bars import TITLE, bars, by_sign, hover_lines, interval, ranking, with_margin
from greenlight_films.reports.figures.style import VERMILION

MOST = 30
NUMBER_OF_NAMES = "number of names in "  # as `Size` names it


def coefficients(table: pd.DataFrame, unit: str) -> go.Figure:
    """Draw a linear model's largest coefficients with 95 % intervals, HC3 where known; hollow where they include 0.

    With a column standardised they are in standard deviations of the target and of each column. The table is that of
    `baselines/ols/coefficients.csv`, the unit that of the target as it was fitted, after log1p where it has one.
    """
    rows = table[(table["name"] != "const") & table["coefficient"].notna()]
    n_columns = len(rows)
    low, high, errors = rows["low_95"], rows["high_95"], "ordinary errors"
    if "low_95_hc3" in rows:
        low, high, errors = rows["low_95_hc3"].fillna(low), rows["high_95_hc3"].fillna(high), "HC3 errors"
    standardised = "standardised" in rows
    value = rows["standardised"] if standardised else rows["coefficient"]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(rows["coefficient"] == 0, 1.0, value / rows["coefficient"])
    rows = rows.assign(value=value, low=low * ratio, high=high * ratio, margin=(high - low) / 2)
    rows = rows.sort_values("value", key=abs, ascending=False, kind="stable").head(MOST)
    hollow = (rows["low"] <= 0) & (rows["high"] >= 0)
    names = rows["name"].tolist()
    lines = [[f"coefficient {label}" for label in with_margin(rows["coefficient"], rows["margin"])]]
    xaxis = axis("coefficient", unit, width=TITLE)
    if standardised:
        lines.append([f"standardised {value:+.3g}" for value in rows["value"]])
        xaxis = axis(
            "change of the target for one standard deviation of the column", "standard deviations", width=TITLE
        )
    symbols = np.where(hollow, "circle-open", "circle").tolist()
    dots = go.Scatter(
        x=rounded(rows["value"]),
        y=list(range(len(rows))),
        mode="markers",
        marker={"size": 9, "color": by_sign(rows["value"], VERMILION), "symbol": symbols},
        error_x=interval(low=rows["low"], high=rows["high"], values=rows["value"]),
        hovertext=hover_lines(names, *lines),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    leader = f": {names[0]} has the largest, {rows['value'].iloc[0]:+.3g}" if names else ""
    alt = (
        f"The {len(rows)} largest {'standardised ' * standardised}coefficients of {n_columns:,} columns with 95 % "
        f"intervals ({errors}){leader}; the intervals of {int(hollow.sum())} hold 0."
    )
    return ranking([dots], names, "column", alt, {**xaxis, "zeroline": True})


def by_column(standardised: pd.Series, columns: Iterable[str]) -> pd.Series:
    """Return standardised coefficients, by the name of what each is of, as one size a column of the table.

    Labels, a number's logarithm or a flag that it is missing are of the column that they are read from. The size is the
    root of the sum of squares: of columns that don't go together the standard deviation of all that they add. A name
    that is of no column stands for itself.

    >>> named = {"log1p(Budget)": 0.5, "Cast=Ann": 0.3, "Cast=Bo": -0.4, "log1p(number of names in Cast)": 0.0}
    >>> by_column(pd.Series(named), ["Budget", "Cast"]).to_dict()
    {'Budget': 0.5, 'Cast': 0.5}
    """
    longest = sorted(columns, key=len, reverse=True)
    sources = [next((column for column in longest if _is_of(name, column)), name) for name in standardised.index]
    return (standardised**2).groupby(sources, sort=False).sum() ** 0.5


def _is_of(name: str, column: str) -> bool:
    """Tell whether a column of a design matrix, by its name, is read from a column of the table."""
    plain = name.removeprefix("log1p(").removesuffix(")") if name.startswith("log1p(") else name
    if plain.startswith(NUMBER_OF_NAMES):
        return plain == NUMBER_OF_NAMES + column
    return plain == column or plain.startswith((f"{column}=", f"{column} "))


def ridge_coefficients(table: pd.DataFrame, unit: str) -> go.Figure:
    """Draw the largest coefficients of ridge regression, without intervals, of `baselines/ridge/coefficients.csv`."""
    rows = table.sort_values("coefficient", key=abs, ascending=False, kind="stable").head(MOST)
    values, names = rows["coefficient"], rows["feature"].tolist()
    hover = hover_lines(names, [f"coefficient {value:+.3g}" for value in values])
    leader = f": {names[0]} has the largest, {values.iloc[0]:+.3g}" if names else ""
    alt = f"The {len(rows)} largest of ridge regression's {len(table):,} coefficients{leader}."
    xaxis = {**axis("coefficient", unit, width=TITLE), "zeroline": True}
    return ranking([bars(values, None, hover, by_sign(values, VERMILION))], names, "feature", alt, xaxis)
