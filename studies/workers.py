"""Starts processes that do some of a command's work, waits for them, and says why one failed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

import greenlight_films
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT

START = "import gc, sys; gc.disable(); from {} import work; gc.freeze(); gc.enable(); sys.exit(work(*sys.argv[1:]))"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
PATIENCE = 1.5  # seconds that processes have to end by themselves
GIB = 2**30


@dataclass(frozen=True)
class Work:
    """What a process does: Python code, such as `START` with a module, with words after it.

    Attributes:
        environment: beside this process' own.
        log: gets what the process prints; it is removed where all went well.
    """

    code: str
    words: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=ONE_THREAD.copy)


def exit_code_of(body: Callable[[], object], any_class: str) -> int:
    """Do what a process is for, and return its exit code; an error is printed as `_problem` reads it.

    Args:
        any_class: empty where configs may name Greenlight's, Lightning's and torch's classes alone.
    """
    if any_class:
        CLASS_LIMIT.lift()
    with STOP:
        try:
            body()
            return 128 + STOP.number if STOP.number else 0
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except (ValueError, OSError, MemoryError, RuntimeError) as problem:
            print(f"error: {problem}", file=sys.stderr)
            return 2


def most_workers(table_bytes: int) -> int:
    """Return how many runs are made at a time: one a core, as far as free memory goes with a table of such a size."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, free_memory() // (GIB + 10 * table_bytes)))


def free_memory() -> int:
    """Return the bytes that a process can take without others' being written to disk; many where it isn't known."""
    path = Path("/proc/meminfo")
    match = re.search(r"MemAvailable:\s+(\d+) kB", path.read_text(encoding="utf-8")) if path.is_file() else None
    return int(match[1]) * 1024 if match else 2**60


def run_all(
    work: Mapping[str, Work],
    workers: int,
    console: Console,
    steps: Callable[[], Mapping[str, str]],
    on_end: Callable[[str, str], bool | None],
) -> None:
    """Run processes, some at a time; what is running when this is left is ended.

    Args:
        work: by the name that is shown, such as `seed 42`.
        steps: returns what each process does, by name; it is called several times a second.
        on_end: is given a name and what went wrong, empty for nothing; where it returns True, the same process is
            started again; what it raises ends all.
    """
    waiting, running = list(work), dict[str, tuple[subprocess.Popen[bytes], TaskID]]()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        try:
            whole = bar.add_task(f"0 of {len(work)}", total=len(work), visible=len(work) > workers)
            while waiting or running:
                while waiting and len(running) < workers:
                    name = waiting.pop(0)
                    running[name] = start(work[name]), bar.add_task(name, total=None)
                known = steps()
                for name, (process, task) in list(running.items()):
                    bar.update(task, description=f"{name}: {known.get(name, 'starting')}")
                    if process.poll() is not None:
                        del running[name]
                        bar.remove_task(task)
                        bar.update(whole, advance=1)
                        if on_end(name, _problem(process.returncode, work[name].log)):
                            waiting.append(name)
                bar.update(whole, description=f"{len(work) - len(waiting) - len(running)} of {len(work)}")
                time.sleep(0.05)
        finally:
            end([process for process, _ in running.values()])


def start(work: Work) -> subprocess.Popen[bytes]:
    """Start a process that knows Greenlight."""
    with work.log.open("wb") as log:
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        return start_python(work.code, work.words, work.environment, **streams)


def start_python(
    code: str, words: list[str], environment: Mapping[str, str], **streams: Any
) -> subprocess.Popen[bytes]:
    """Start a process that runs Python code and knows Greenlight; `streams` as `subprocess.Popen` takes them."""
    packages = str(Path(greenlight_films.__file__).parents[1])
    paths = os.pathsep.join(path for path in (packages, os.environ.get("PYTHONPATH")) if path)
    everything = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.Popen([sys.executable, "-c", code, *words], env=everything, **streams)


def _problem(code: int, log: Path) -> str:
    """Return why a process failed; empty where it didn't."""
    if code == 0:
        log.unlink(missing_ok=True)
        return ""
    if code == -signal.SIGKILL:
        return "it was killed, for lack of memory as a rule; fewer --workers need less"
    text = log.read_text(encoding="utf-8", errors="replace").strip()
    message = text.rpartition("error: ")[2] if code == 2 and "error: " in text else text[text.rfind("\n") + 1 :]
    if code == 2:
        return message
    return f"{message or f'it ended with code {code}'}; its output: {log}"


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End processes, those that take too long without asking; a run keeps its latest checkpoint."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
