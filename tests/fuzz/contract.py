"""What holds of any input: code 0 or 2, one message without a traceback, nothing half-written, no hang, under 1 GB."""

import math
import os
import random
import re
import shutil
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import hypothesis
import torch

from tests.processes import start_fork_server

TIMES = float(os.environ.get("GREENLIGHT_FUZZ", "0.1"))
"""How many of the examples that a test names are tried; above 1 (`make fuzz`: 20) other ones each time."""

SEED = int(os.environ.setdefault("GREENLIGHT_FUZZ_SEED", str(random.randrange(2**32))))  # a child's is the same
HANGS = 20
"""Seconds after which an example counts as one that never ends; none takes a tenth of it."""

MEMORY = 2**30


def times(number: int) -> int:
    """Return how many examples are tried of so many."""
    return math.ceil(number * TIMES)


def examples(number: int, shrinks: bool = True) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Return what runs a property on so many examples: the same on every run, unless there are to be more.

    Args:
        shrinks: whether one that fails is made smaller, which takes minutes where each takes half a second.
    """
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrinks else [])]
    settings = hypothesis.settings(
        max_examples=times(number),
        derandomize=TIMES <= 1,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    def decorate(test: Callable[[], None]) -> Callable[[], None]:
        if TIMES <= 1:
            return settings(test)
        print(f"GREENLIGHT_FUZZ={TIMES} GREENLIGHT_FUZZ_SEED={SEED}")
        return settings(hypothesis.seed(SEED)(test))

    return decorate


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail what does not end."""

    def fail(*_: object) -> None:
        raise AssertionError(f"no end within {HANGS} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def command(runs: Path, *words: object, own_runs: bool = True) -> int:
    """Run a command in this process; fail if it breaks the contract.

    Args:
        runs: where it may leave a new run.
        own_runs: whether the command makes one, and is given the folder for it.
    """
    from greenlight_films.commands.main import main

    out, err = StringIO(), StringIO()
    with no_hang(), redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, words), *(["--runs", str(runs)] if own_runs else [])])
    message = err.getvalue()
    assert code in (0, 2), f"{words} ended with {code}: {message}"
    assert "Traceback" not in message, message
    if code == 2:
        assert message.count("error: ") >= 1, message
        assert len(message) < 10_000, message
        assert "Warning" not in message, message
        left = [path for path in runs.rglob("*") if path.is_file()]
        assert not left, f"{words} left {left}: {message}"
    shutil.rmtree(runs, ignore_errors=True)
    return code


def in_a_child(function: Callable[..., Counter[str]], number: int, *arguments: Any) -> None:
    """Call a function with a number of examples in a process of its own; its commands must end well, in little memory.

    Args:
        function: returns how often which command ended how: "fit 0", "fit 2".
    """
    start_fork_server()
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        ended, peak = pool.submit(_with_peak, function, number, *arguments).result()
    assert peak < MEMORY
    assert ended.total() >= times(number)
    assert TIMES < 1 or {key.split()[1] for key in ended} == {"0", "2"}


def _with_peak(function: Callable[..., Counter[str]], *arguments: Any) -> tuple[Counter[str], int]:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    ended = function(*arguments)
    # Not ru_maxrss, which begins with the peak of the process that starts this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert peak
    return ended, int(peak[1]) * 1024
