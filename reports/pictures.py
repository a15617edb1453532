"""The parts of a report's page: sections with figures, each with a heading and a caption from `captions.yaml`."""

from dataclasses import dataclass, field
from pathlib import Path

import plotly.graph_objects as go
import yaml

CAPTIONS = yaml.safe_load((Path(__file__).parent / "templates/captions.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Picture:
    """A figure of the page; `wide` takes the page's whole width.

    `beside` is what the caption says of a panel beside the bars, which narrow pages leave out.
    """

    heading: str
    caption: str
    figure: go.Figure
    wide: bool = False
    beside: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page; `text` is above the figures, `missing` says what the run lacks and how to add it."""

    anchor: str
    heading: str
    pictures: list[Picture] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def picture(heading: str, figure: go.Figure, wide: bool = False, **words: str) -> Picture:
    """Return a figure with its heading and caption, whose {names} are filled in with `words`."""
    texts = CAPTIONS[heading] if isinstance(CAPTIONS[heading], dict) else {"caption": CAPTIONS[heading]}
    filled = {name: text.format(**words) for name, text in texts.items()}
    return Picture(heading.format(**words), figure=figure, wide=wide, **filled)
