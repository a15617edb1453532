"""Signal handling: Ctrl-C and SIGTERM end a command at once, or, in training, at the end of a step."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)

# Seconds within which a second signal is a copy of the first: a launcher passes on what the terminal sent to all.
REPEAT = 1.0


class StopSignal:
    """Turns both signals into KeyboardInterrupt while it is entered; the process has one, `STOP`.

    Attributes:
        number: of the signal that came; None until there is one.
        waits: no KeyboardInterrupt is raised, since training looks at `number` after each step; a second Ctrl-C is not
            held back.
        holds: no KeyboardInterrupt is raised whatever comes.
        in_each_process: every process of several is interrupted, in place of the first for all.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.waits = self.holds = self.in_each_process = False
        self.last_time = -REPEAT
        self.process = 0
        self.previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.__init__()  # type: ignore[misc] # a process may run several commands, as tests do
        self.process = os.getpid()
        # What ignores them stays so: jobs of a shell in the background.
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        self.previous = {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}
        self.install()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)
        self.previous, self.number = {}, None  # a later training in this process is another command

    def install(self) -> None:
        """Set the handlers of an entered `StopSignal`, also where Lightning has put its own before them."""
        for number in self.previous:
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:  # a worker of a data loader: the process that made it ends it
            if number == signal.SIGTERM:
                os._exit(128 + number)
            return
        # The first process of several decides for all, since Lightning kills it where another one ends before it.
        now = time.monotonic()
        if not (self.in_each_process or is_first_of_its_node()) or now - self.last_time < REPEAT:
            return
        is_first, self.last_time, self.number = self.number is None, now, self.number or number
        if self.holds or (self.waits and (is_first or number != signal.SIGINT)):
            return
        raise KeyboardInterrupt


def is_first_of_its_node() -> bool:
    """Tell whether this is the process that takes signals and prints where a machine has several."""
    return os.environ.get("LOCAL_RANK", os.environ.get("SLURM_LOCALID", "0")) == "0"


STOP = StopSignal()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Raise no KeyboardInterrupt within; `STOP.number` keeps the signal."""
    STOP.holds = True
    try:
        yield
    finally:
        STOP.holds = False


@contextmanager
def interrupted_alone() -> Iterator[None]:
    """Let a signal interrupt each process by itself, where none waits for another one."""
    STOP.in_each_process = True
    try:
        yield
    finally:
        STOP.in_each_process = False
