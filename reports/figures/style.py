"""How every figure looks: colours, templates for light and dark pages, and figures as JSON for a page's script.

A figure has the light template. A page takes `figure_json`, which leaves the template out, and draws with
`{...layout, template: light or dark}`.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go

from greenlight_films.reports.terminal import ACTING

Theme = Literal["light", "dark"]

# Okabe and Ito's colours, which colour-blind readers tell apart; grey for black, which a dark page swallows.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
BLUE, ORANGE, GREEN, VERMILION = OKABE_ITO[:4]
NEUTRAL = "#8A8A8A"  # seen on white and on black
CONTINUOUS, COLOUR_BAR = "cividis", {"thickness": 12, "outlinewidth": 0}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INKS = {"light": ("#24292F", "#E3E6E8", "#FFFFFF"), "dark": ("#E6EDF3", "#3A414A", "#1C2128")}  # text, grid, hover
CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}  # for `Plotly.newPlot`


@cache
def _template(theme: Theme = "light") -> go.layout.Template:
    ink, grid, ground = INKS[theme]
    colours = {"gridcolor": grid, "linecolor": NEUTRAL, "zerolinecolor": NEUTRAL}
    more = {
        "automargin": True,
        "zerolinewidth": 1,
        "ticks": "",
        "ticklabelstandoff": 4,
        "title": {"standoff": 10, "font": {"size": 13}},
    }
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
    """Return a figure without a title, which the page has; `alt` says in plain text what it shows."""
    return go.Figure(list(traces), layout={"template": _template(), "height": height, "meta": {"alt": alt}, **layout})


def figure_json(drawn: go.Figure) -> str:
    """Return a figure for a page's script, without its template."""
    plain = drawn.to_dict()
    plain["layout"].pop("template", None)
    return script_json(plain)


def template_json(theme: Theme) -> str:
    """Return the template of all figures for a page's script."""
    return script_json(_template(theme).to_plotly_json())


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
