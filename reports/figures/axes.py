"""Axes of figures, and the numbers, names and notes of data that stand on them."""

import re
from collections.abc import Iterable
from math import ceil, floor, log10, trunc
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.number_format import compact, half_up, scientific, significant

MOST_POINTS = 5000
MONEY = re.compile(r"(us )?dollars?|usd|us\$|\$", re.IGNORECASE)


def text(value: object) -> str:
    """Return data as text that plotly shows as it is: no tags, no `%{...}`, no formulas."""
    escaped = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("%{", "%&#123;").replace("$", "&#36;")


def short(value: object, longest: int = 38) -> str:
    """Return data as text, cut with … where it is long."""
    whole = str(value)
    return text(whole if len(whole) <= longest else f"{whole[: longest - 1].rstrip()}…")


def is_money(unit: str) -> bool:
    """Tell whether a unit is US dollars."""
    return MONEY.fullmatch(unit.strip()) is not None


def amount(value: float, unit: str = "") -> str:
    """Return a number with three digits and its unit; US dollars with their sign.

    >>> amount(0.12345, "points"), amount(1_234_000, "US dollars"), amount(-999_999, "$")
    ('0.123 points', '$1.23M', '-$1M')
    """
    if not np.isfinite(value):
        return "–"
    if is_money(unit):
        return f"{'-' if value < 0 else ''}${compact(abs(half_up(value, 3)))}"
    return f"{significant(value, 3)} {unit}".rstrip()


def bare_amount(value: float, unit: str) -> str:
    """Return a number without its unit, but for the sign of dollars."""
    return amount(value, unit if is_money(unit) else "")


def axis_title(name: str, unit: str = "", width: int = 40) -> str:
    """Return an axis title with the unit, in lines of at most so many characters.

    >>> axis_title("RMSE", "points of 10")
    'RMSE, points of 10'
    """
    lines = wrap(f"{name}, {unit}" if unit else name, width, break_long_words=False)
    return "<br>".join(text(line) for line in lines)


def axis(name: str, unit: str = "", log: bool = False, values: Iterable[float] = (), width: int = 40) -> dict[str, Any]:
    """Return an axis with title and unit, US dollars as $1.2M; a logarithmic one has ticks that cover `values`."""
    title: dict[str, Any] = {"title": {"text": axis_title(name, unit, width)}}
    if log:
        ticks = _log_ticks(np.fromiter(values, float))
        labels = [amount(tick, unit) if is_money(unit) else f"{tick:,.10g}" for tick in ticks]
        return {**title, "type": "log", "tickvals": ticks, "ticktext": labels}
    if is_money(unit):
        title |= {"tickprefix": "$", "exponentformat": "B", "separatethousands": True}
    return title


def few_ticks(values: Iterable[float], unit: str = "") -> dict[str, Any]:
    """Return the ticks of a narrow axis that begins or ends at 0: 0, and a round number or two that data reach.

    >>> few_ticks([-2e6, 145e6], "US dollars")["ticktext"], few_ticks([-7e15, 9e15])["ticktext"]
    (['$0', '$100M'], ['-7×10¹⁵', '0', '9×10¹⁵'])
    """
    known = [float(value) for value in values if np.isfinite(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    ends = sorted((_first_digit(low), _first_digit(high)), key=abs)
    if abs(ends[0]) < 0.3 * (high - low):  # its number would run into that of 0
        ends = ends[1:]
    ticks = sorted({0.0, *ends})
    return {"tickvals": ticks, "ticktext": [_written(tick, unit) for tick in ticks]}


def _written(tick: float, unit: str) -> str:
    return amount(tick, unit) if is_money(unit) else scientific(tick)


def _first_digit(value: float) -> float:
    """Return a number cut to its first digit."""
    if value == 0:
        return 0.0
    power = 10.0 ** floor(log10(abs(value)))
    return float(f"{trunc(round(value / power, 9)) * power:.1g}")


def _log_ticks(values: np.ndarray) -> list[float]:
    """Return powers of ten that cover values; 1, 2 and 5 times those where they span less than two."""
    values = values[values > 0]
    if not len(values):
        return [1.0]
    low, high = floor(log10(values.min())), ceil(log10(values.max()))
    steps = (1, 2, 5) if log10(values.max() / values.min()) < 2 else (1,)
    return [step * 10.0**power for power in range(low, high + 1) for step in steps]


def hover_format(unit: str) -> str:
    """Return d3's format of a value in a hover label."""
    return "$,.4~r" if is_money(unit) else ",.4~r"


def rounded(values: Any, digits: int = 4) -> list[float | None]:
    """Return numbers with few significant digits, None for those that are not finite: pages stay small."""
    values = np.asarray(values, dtype=np.float64)
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(size)))
    with np.errstate(invalid="ignore"):
        near = np.round(values * scale) / scale
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in near.tolist()]


def sampled(frame: pd.DataFrame, most: int = MOST_POINTS) -> tuple[pd.DataFrame, str]:
    """Return a seeded sample of at most so many rows, and a note that says so; an empty note with all rows."""
    if len(frame) <= most:
        return frame, ""
    kept = np.sort(np.random.default_rng(0).choice(len(frame), most, replace=False))
    return frame.iloc[kept], f"a sample of {most:,} of {len(frame):,} films"


def note(*lines: str) -> list[dict[str, Any]]:
    """Return a figure's annotations: a small line at its top right, of the texts that are not empty."""
    line = text("; ".join(filter(None, lines)))
    if not line:
        return []
    corner = {"xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right", "yanchor": "bottom"}
    return [{**corner, "text": line, "showarrow": False, "font": {"size": 11}}]


def hover(films: pd.DataFrame, lines: str) -> dict[str, Any]:
    """Return hover labels of films: each one's title, film or row in bold, then the lines of a template."""
    column = next((name for name in ("title", "film", "row") if name in films), None)
    if column is None:
        return {"hovertemplate": f"{lines}<extra></extra>"}
    names = [text(value) for value in films[column].fillna("–")]
    return {"hovertext": names, "hovertemplate": f"<b>%{{hovertext}}</b><br>{lines}<extra></extra>"}
