"""What holds of any input: code 0 or 2, one message without a traceback, nothing half-written, no hang, under 1 GB."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import hypothesis

TIMES = int(os.environ.get("GREENLIGHT_FUZZ", "1"))
"""`make fuzz` tries so many times as many, other ones each time."""

SEED = int(os.environ.get("GREENLIGHT_FUZZ_SEED", random.randrange(2**32)))
HANGS = 20
"""Seconds after which an example counts as one that never ends; none takes a tenth of it."""

MEMORY = 2**30


def examples(number: int, shrinks: bool = True) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Return what runs a property on so many examples: the same on every run, unless there are to be more.

    Args:
        shrinks: whether one that fails is made smaller, which takes minutes where each takes half a second.
    """
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrinks else [])]
    settings = hypothesis.settings(
        max_examples=number * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    def decorate(test: Callable[[], None]) -> Callable[[], None]:
        if TIMES == 1:
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
        own_runs: whether the command makes one, and is told where.
    """
    from greenlight_films.commands.main import main

    out, err = StringIO(), StringIO()
    with no_hang(), redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, words), *(["--runs", str(runs)] if own_runs else [])])
    said = err.getvalue()
    assert code in (0, 2), f"{words} ended with {code}: {said}"
    assert "Traceback" not in said, said
    if code == 2:
        assert said.count("error: ") >= 1, said
        assert len(said) < 10_000, said
        assert "Warning" not in said, said
        left = [path for path in runs.rglob("*") if path.is_file()]
        assert not left, f"{words} left {left}: {said}"
    shutil.rmtree(runs, ignore_errors=True)
    return code


def in_a_child(script: str, *words: object) -> Counter[str]:
    """Run a file of this folder as a process of its own, and see what memory it took; return how often it ended how."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    environment["JSONARGPARSE_DEPRECATION_WARNINGS"] = "off"
    line = [sys.executable, str(Path(__file__).with_name(script)), *map(str, words)]
    done = subprocess.run(line, cwd=root, env=environment, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, "\n...\n".join([done.stdout[-3000:], done.stderr[:6000], done.stderr[-6000:]])
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("memory") < MEMORY
    return Counter(found)


def report(ended: Counter[str]) -> None:
    """Print what `in_a_child` reads."""
    # Not ru_maxrss, which begins with the peak of the process that starts this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert peak
    print(json.dumps({**ended, "memory": int(peak[1]) * 1024}))
