"""Being told to stop, by Ctrl-C or SIGTERM: at once, or, in training, at the end of a step."""

import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Makes KeyboardInterrupts of both signals; the command line has the one there is.

    Attributes:
        told: the signal; None until there is one.
        waits: whether who works looks at `told` himself, and stops where nothing is lost. A second Ctrl-C doesn't wait.
    """

    def __init__(self) -> None:
        self.told: int | None = None
        self.waits = False
        self.over = False
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
        if os.environ.get("LOCAL_RANK", "0") != "0":
            return
        again, self.told = self.told is not None, self.told or number
        if self.over or (self.waits and not (again and number == signal.SIGINT)):
            return
        self.over = True  # what is written now is not to be disturbed
        raise KeyboardInterrupt


STOP = Stop()
