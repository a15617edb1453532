"""How every figure looks: templates for light and dark pages, colours, text of data, money, and what alt text says.

A figure has the light template. A page takes `figure_json`, which leaves the template out, and draws with
`{...layout, template: light or dark}`; to change, `Plotly.relayout(element, {template: dark})`.
"""

import json
import re
from collections.abc import Iterable, Sequence
from math import ceil, floor, log10
from textwrap import wrap
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.terminal import ACTING

Theme = Literal["light", "dark"]

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
"""Colours that colour-blind readers tell apart; grey in place of black, which a dark page swallows."""

BLUE, ORANGE, GREEN, VERMILION = OKABE_ITO[:4]
NEUTRAL = "#8A8A8A"
"""Of lines that must be seen on white and on black."""

CONTINUOUS = "cividis"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INKS = {"light": ("#24292F", "#E3E6E8", "#FFFFFF"), "dark": ("#E6EDF3", "#3A414A", "#1C2128")}
"""Text, grid and the ground of hover labels by theme."""

CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}
"""What `Plotly.newPlot` takes as its last argument. Drag zooms, a double click goes back; no button leads elsewhere."""

LONGEST, MOST_POINTS, DIGITS, WIDE, NARROW = 38, 5000, 4, 40, 26
MONEY = re.compile(r"(us )?dollars?|usd|us\$|\$", re.IGNORECASE)
LETTERS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def template(theme: Theme = "light") -> go.layout.Template:
    """Return the template of all figures."""
    ink, grid, ground = INKS[theme]
    axis = {
        "automargin": True,
        "gridcolor": grid,
        "linecolor": NEUTRAL,
        "zerolinecolor": NEUTRAL,
        "zerolinewidth": 1,
        "ticks": "",
        "ticklabelstandoff": 4,
        "title": {"standoff": 10},
    }
    space = {key: axis[key] for key in ("gridcolor", "linecolor", "zerolinecolor")} | {"showbackground": False}
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
        "hoverlabel": {
            "align": "left",
            "bgcolor": ground,
            "bordercolor": NEUTRAL,
            "font": {"family": FONT, "color": ink},
        },
        "hovermode": "closest",
    }
    return go.layout.Template(layout=layout)


def figure(traces: Iterable[Any], alt: str, height: int = 420, **layout: Any) -> go.Figure:
    """Return a figure without a title, which the page has; `layout.meta["alt"]` says in a sentence what is to be seen.

    Args:
        alt: plain text, not escaped.
    """
    return go.Figure(list(traces), layout={"template": template(), "height": height, "meta": {"alt": alt}, **layout})


def figure_json(made: go.Figure) -> str:
    """Return a figure for a page's script, without its template. No `<` is in it, so no `</script>` ends it."""
    plain = made.to_dict()
    plain["layout"].pop("template", None)
    return script_json(plain)


def template_json(theme: Theme) -> str:
    """Return a template for a page's script."""
    return script_json(template(theme).to_plotly_json())


def script_json(value: Any) -> str:
    """Return data for a page's script: no `</script>` in it ends one, no mark turns the page's text round.

    What is no finite number is null.
    """
    said = json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(ACTING)
    if "NaN" in said or "Infinity" in said:
        whole = json.loads(said, parse_constant=lambda _: None)
        said = json.dumps(whole, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for one in "<>&\u2028\u2029":
        said = said.replace(one, f"\\u{ord(one):04x}")
    return said


def text(value: object) -> str:
    """Return data as text that plotly shows as it is: no tags, no `%{...}`, no formulas."""
    said = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return said.replace("%{", "%&#123;").replace("$", "&#36;")


def short(value: object, longest: int = LONGEST) -> str:
    """Return data as text, cut with … where it is long."""
    said = str(value)
    return text(said if len(said) <= longest else f"{said[: longest - 1].rstrip()}…")


def is_money(unit: str) -> bool:
    """Tell whether a unit is US dollars."""
    return MONEY.fullmatch(unit.strip()) is not None


def money(value: float) -> str:
    """Return US dollars as they are read aloud.

    >>> money(1_234_000), money(-999_999), money(12.5)
    ('$1.2M', '-$1M', '$12.5')
    """
    if not np.isfinite(value):
        return "–"
    size = _two_or_three_digits(abs(value))
    unit, letter = next(((unit, letter) for unit, letter in LETTERS if size >= unit), (1.0, ""))
    return f"{'-' if value < 0 and size else ''}${size / unit:.10g}{letter}"


def _two_or_three_digits(size: float) -> float:
    """Round so that 1.2M, 12M and 123M remain."""
    if size == 0:
        return 0.0
    before = floor(log10(size)) % 3 + 1 if size >= 1 else 1
    return float(f"{size:.{max(2, before)}g}") if size >= 1000 else float(f"{size:.3g}")


def amount(value: float, unit: str = "") -> str:
    """Return a number for a sentence, with its unit."""
    if is_money(unit):
        return money(value)
    if not np.isfinite(value):
        return "–"
    return f"{plain_number(value)} {unit}".rstrip()


def plain_number(value: float) -> str:
    """Return three digits of a number, and all before the point; with commas from 10,000 on, since years have none.

    >>> plain_number(1995.4), plain_number(12345.6), plain_number(0.12345)
    ('1995', '12,346', '0.123')
    """
    if abs(value) >= 1000:
        return f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:.3g}"


def axis_title(name: str, unit: str = "", width: int = WIDE) -> str:
    """Return what an axis is called, in lines of at most so many characters.

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
    said: dict[str, Any] = {"title": {"text": axis_title(name, unit, width)}}
    if log:
        places = _places(np.fromiter(values, float))
        ticks = [money(place) if is_money(unit) else f"{place:,.10g}" for place in places]
        return {**said, "type": "log", "tickvals": places, "ticktext": ticks}
    if is_money(unit):
        said |= {"tickprefix": "$", "exponentformat": "B", "separatethousands": True}
    return said


def _places(values: np.ndarray) -> list[float]:
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
    """Return numbers with few significant digits, None for what is not finite: pages stay small."""
    found = np.asarray(values, dtype=np.float64)
    size = np.where(np.isfinite(found) & (found != 0), np.abs(found), 1.0)
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(size)))
    with np.errstate(invalid="ignore"):
        near = np.round(found * scale) / scale
    return [float(f"{one:.{digits}g}") if np.isfinite(one) else None for one in near.tolist()]


def sampled(frame: pd.DataFrame, most: int = MOST_POINTS, seed: int = 0) -> tuple[pd.DataFrame, str]:
    """Return at most so many rows, drawn by a stream of their own, and what to say of it; empty where all are there."""
    if len(frame) <= most:
        return frame, ""
    kept = np.sort(np.random.default_rng(seed).choice(len(frame), most, replace=False))
    return frame.iloc[kept], f"a sample of {most:,} of {len(frame):,} films"


def note(said: str) -> list[dict[str, Any]]:
    """Return a figure's annotations: a small line at its top right, none where there is nothing to say."""
    where = {"xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right", "yanchor": "bottom"}
    return [{**where, "text": text(said), "showarrow": False, "font": {"size": 11, "color": NEUTRAL}}] if said else []


def heading(frame: pd.DataFrame) -> Sequence[str]:
    """Return what stands first in a row's hover label: its title, or its film, whole."""
    column = next((name for name in ("title", "film", "row") if name in frame), None)
    return [] if column is None else [text(value) for value in frame[column].fillna("–")]
