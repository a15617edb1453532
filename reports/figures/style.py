"""How every figure looks: templates for light and dark pages, colours, axes, numbers and text of data.

A figure has the light template. A page takes `figure_json`, which leaves the template out, and draws with
`{...layout, template: light or dark}`; to change, `Plotly.relayout(element, {template: dark})`.
"""

import json
import re
from collections.abc import Iterable
from math import ceil, floor, log10
from textwrap import wrap
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import compact, significant
from greenlight_films.reports.terminal import ACTING

Theme = Literal["light", "dark"]

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
"""Colours that colour-blind readers tell apart; grey in place of black, which a dark page swallows."""

BLUE, ORANGE, GREEN, VERMILION = OKABE_ITO[:4]
NEUTRAL = "#8A8A8A"
"""Of lines that must be seen on white and on black."""

CONTINUOUS = "cividis"
COLOUR_BAR = {"thickness": 12, "outlinewidth": 0}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INKS = {"light": ("#24292F", "#E3E6E8", "#FFFFFF"), "dark": ("#E6EDF3", "#3A414A", "#1C2128")}
"""Text, grid and the background of hover labels by theme."""

CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}
"""The last argument of `Plotly.newPlot`. Drag zooms, a double click goes back; no button leads elsewhere."""

LONGEST, MOST_POINTS, DIGITS, WIDE, NARROW = 38, 5000, 4, 40, 26
MONEY = re.compile(r"(us )?dollars?|usd|us\$|\$", re.IGNORECASE)


def template(theme: Theme = "light") -> go.layout.Template:
    """Return the template of all figures."""
    ink, grid, ground = INKS[theme]
    colours = {"gridcolor": grid, "linecolor": NEUTRAL, "zerolinecolor": NEUTRAL}
    more = {"automargin": True, "zerolinewidth": 1, "ticks": "", "ticklabelstandoff": 4, "title": {"standoff": 10}}
    axis = {**colours, **more}
    space = {**colours, "showbackground": False}
    hover = {"align": "left", "bgcolor": ground, "bordercolor": NEUTRAL, "font": {"family": FONT, "color": ink}}
    layout = {
        "font": {"family": FONT, "size": 13, "color": ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": OKABE_ITO,
        "colorscale": {"sequential": CONTINUOUS, "diverging": CONTINUOUS, "sequentialminus": CONTINUOUS},
        "xaxis": axis,
        "yaxis": axis,
        "scene": {"xaxis": space, "yaxis": space, "zaxis": space},
        "margin": {"l": 10, "r": 16, "t": 28, "b": 10},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        "hoverlabel": hover,
        "hovermode": "closest",
    }
    return go.layout.Template(layout=layout)


def figure(traces: Iterable[Any], alt: str, height: int = 420, **layout: Any) -> go.Figure:
    """Return a figure without a title, which the page has.

    Args:
        alt: plain text for `layout.meta["alt"]`, not escaped: what the figure shows, in a sentence.
    """
    return go.Figure(list(traces), layout={"template": template(), "height": height, "meta": {"alt": alt}, **layout})


def figure_json(drawn: go.Figure) -> str:
    """Return a figure for a page's script, without its template."""
    plain = drawn.to_dict()
    plain["layout"].pop("template", None)
    return script_json(plain)


def template_json(theme: Theme) -> str:
    """Return a template for a page's script."""
    return script_json(template(theme).to_plotly_json())


def script_json(value: Any) -> str:
    """Return JSON for a page's script, with null for numbers that are not finite.

    It has no `<`, so that no `</script>` in it ends the script, and no marks that turn the direction of text.
    """
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(ACTING)
    if "NaN" in content or "Infinity" in content:
        finite = json.loads(content, parse_constant=lambda _: None)
        content = json.dumps(finite, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        content = content.replace(character, f"\\u{ord(character):04x}")
    return content


def text(value: object) -> str:
    """Return data as text that plotly shows as it is: no tags, no `%{...}`, no formulas."""
    escaped = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("%{", "%&#123;").replace("$", "&#36;")


def short(value: object, longest: int = LONGEST) -> str:
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
        return f"{'-' if value < 0 else ''}${compact(abs(float(f'{value:.3g}')))}"
    return f"{significant(value, 3)} {unit}".rstrip()


def axis_title(name: str, unit: str = "", width: int = WIDE) -> str:
    """Return an axis title with the unit, in lines of at most so many characters.

    >>> axis_title("RMSE", "points of 10")
    'RMSE, points of 10'
    """
    lines = wrap(f"{name}, {unit}" if unit else name, width, break_long_words=False)
    return "<br>".join(text(line) for line in lines)


def axis(
    name: str, unit: str = "", log: bool = False, values: Iterable[float] = (), width: int = WIDE
) -> dict[str, Any]:
    """Return an axis with title and unit; US dollars read as $1.2M.

    Args:
        values: what a logarithmic axis has to show.
    """
    title: dict[str, Any] = {"title": {"text": axis_title(name, unit, width)}}
    if log:
        ticks = _log_ticks(np.fromiter(values, float))
        labels = [amount(tick, unit) if is_money(unit) else f"{tick:,.10g}" for tick in ticks]
        return {**title, "type": "log", "tickvals": ticks, "ticktext": labels}
    if is_money(unit):
        title |= {"tickprefix": "$", "exponentformat": "B", "separatethousands": True}
    return title


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


def rounded(values: Any, digits: int = DIGITS) -> list[float | None]:
    """Return numbers with few significant digits, None for those that are not finite: pages stay small."""
    values = np.asarray(values, dtype=np.float64)
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(size)))
    with np.errstate(invalid="ignore"):
        near = np.round(values * scale) / scale
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in near.tolist()]


def sampled(frame: pd.DataFrame, most: int = MOST_POINTS, seed: int = 0) -> tuple[pd.DataFrame, str]:
    """Return a seeded sample of at most so many rows, and a note that says so; an empty note with all rows."""
    if len(frame) <= most:
        return frame, ""
    kept = np.sort(np.random.default_rng(seed).choice(len(frame), most, replace=False))
    return frame.iloc[kept], f"a sample of {most:,} of {len(frame):,} films"


def note(*lines: str) -> list[dict[str, Any]]:
    """Return a figure's annotations: a small line at its top right, of the texts that are not empty."""
    line = text("; ".join(filter(None, lines)))
    if not line:
        return []
    corner = {"xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right", "yanchor": "bottom"}
    return [{**corner, "text": line, "showarrow": False, "font": {"size": 11, "color": NEUTRAL}}]


def hover(films: pd.DataFrame, lines: str) -> dict[str, Any]:
    """Return hover labels of films: each one's title, film or row in bold, then the lines of a template."""
    column = next((name for name in ("title", "film", "row") if name in films), None)
    if column is None:
        return {"hovertemplate": f"{lines}<extra></extra>"}
    names = [text(value) for value in films[column].fillna("–")]
    return {"hovertext": names, "hovertemplate": f"<b>%{{hovertext}}</b><br>{lines}<extra></extra>"}
