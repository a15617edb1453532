"""A console that removes control characters from data, so that a film's title can't steer the terminal."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
TURNS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they overrule the direction of text; no language needs them
ACTING = {code: None for code in [*CONTROLS, *TURNS] if chr(code) not in "\n\t"}  # for `str.translate`


class _InertConsole(Console):
    def _write_buffer(self) -> None:
        try:
            super()._write_buffer()
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, "the output") from None

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else text.translate(ACTING), style, control)


def terminal(*, stderr: bool = False) -> Console:
    """Return a console that prints data without escape sequences."""
    return _InertConsole(stderr=stderr)
