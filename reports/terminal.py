"""Keep what stands in a table from steering the terminal, or turning round the text beside it."""

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.control import Control
from rich.measure import Measurement
from rich.segment import Segment

CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
TURNS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""Marks that overrule the direction of text; Hebrew and Arabic need none of them."""

ACTING = {code: None for code in [*CONTROLS, *TURNS] if chr(code) not in "\n\t"}
"""For `str.translate`: removes what has no width and acts."""


class _Neutral:
    """Something printed, without characters that act; its layout is the same, for they had no width."""

    def __init__(self, printed: ConsoleRenderable) -> None:
        self.printed = printed

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.printed, options):
            yield Segment(text if control else text.translate(ACTING), style, control)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.printed)


class _Neutralise(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [one if isinstance(one, Control) else _Neutral(one) for one in renderables]


def terminal(*, stderr: bool = False) -> Console:
    """Return a console for what people gave: an escape sequence in a film's title clears no screen."""
    console = Console(stderr=stderr)
    console.push_render_hook(_Neutralise())
    return console
