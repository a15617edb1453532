"""Being told to stop, by Ctrl-C or SIGTERM: at once, or, in training, at the end of a step."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)

ECHO = 1.0
"""Seconds within which a second signal is the first one's: a launcher passes on what the terminal sent to all."""


class Stop:
    """Makes KeyboardInterrupts of both signals; the command line has the one there is.

    Attributes:
        told: the signal; None until there is one.
        waits: whether who works looks at `told` himself, and stops where nothing is lost. A second Ctrl-C doesn't wait.
        deaf: whether any signal waits.
        each: whether every process hears, rather than the first for all.
        heard: when the last signal came.
    """

    def __init__(self) -> None:
        self.told: int | None = None
        self.waits = self.deaf = self.each = False
        self.heard = -ECHO
        self.process = 0
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.__init__()  # type: ignore[misc] # several commands in one process, as in tests
        self.process = os.getpid()
        for number in SIGNALS:
            # What ignores them stays so: jobs of a shell in the background.
            if signal.getsignal(number) != signal.SIG_IGN:
                self.before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:  # a worker of a data loader: who made it ends it
            if number == signal.SIGTERM:
                os._exit(128 + number)
            return
        # The first process of several decides for all, since Lightning kills it where another one ends before it.
        now = time.monotonic()
        if not (self.each or is_first_of_its_node()) or now - self.heard < ECHO:
            return
        first, self.heard, self.told = self.told is None, now, self.told or number
        if self.deaf or (self.waits and (first or number != signal.SIGINT)):
            return
        raise KeyboardInterrupt


def is_first_of_its_node() -> bool:
    """Tell whether this is the process that hears and speaks where a machine has several."""
    return os.environ.get("LOCAL_RANK", os.environ.get("SLURM_LOCALID", "0")) == "0"


STOP = Stop()


@contextmanager
def deaf() -> Iterator[None]:
    """Stop no earlier than asked for: what is done would be lost, or others wait for it. `STOP.told` remembers."""
    STOP.deaf = True
    try:
        yield
    finally:
        STOP.deaf = False


@contextmanager
def each_hears() -> Iterator[None]:
    """Let every process be stopped by itself, where none waits for another one."""
    STOP.each = True
    try:
        yield
    finally:
        STOP.each = False
