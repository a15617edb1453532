"""Runs of a study in processes of their own, some at a time, each on one thread."""

import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

import greenlight_films
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.study import study

START = "import sys; from greenlight_films.studies.seeds.workers import work; sys.exit(work(*sys.argv[1:]))"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PATIENCE = 1.5  # seconds that processes have to end by themselves
GIB = 2**30


def work(folder: str, frame: str = "", any_class: str = "") -> int:
    """Run the study whose config stands in a folder, or go on with it; return the exit code of the process.

    Args:
        frame: the pickled frame that stands in place of the config's table; empty for the table.
        any_class: empty where the config may name Greenlight's, Lightning's and torch's classes alone.
    """
    if any_class:
        CLASS_LIMIT.lift()
    with STOP:
        try:
            run = RunFolder.open(folder)
            settings = read_settings(["--config", str(run.config)])
            if frame:
                settings.data.frame = pickle.loads(Path(frame).read_bytes())  # which the parent process wrote
            study(settings, run, Console())
            return 128 + STOP.number if STOP.number else 0
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except (ValueError, OSError, MemoryError, RuntimeError) as problem:
            print(f"error: {problem}", file=sys.stderr)
            return 2


def most_workers(table_bytes: int) -> int:
    """Return how many runs are made at a time: one a core, as far as free memory goes with a table of such a size."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _free_memory() // (GIB + 10 * table_bytes)))


def _free_memory() -> int:
    path = Path("/proc/meminfo")
    match = re.search(r"MemAvailable:\s+(\d+) kB", path.read_text(encoding="utf-8")) if path.is_file() else None
    return int(match[1]) * 1024 if match else 2**60  # nothing is known elsewhere


def run_all(
    folders: Mapping[str, RunFolder],
    frame: bytes,
    workers: int,
    console: Console,
    on_end: Callable[[str, str], None],
) -> None:
    """Run a study in each folder that has a config, some at a time; what is running when this is left is ended.

    Args:
        folders: by the name that is shown, such as `seed 42`.
        frame: the pickled frame in place of the configs' table; empty for the table.
        on_end: is given a name and what went wrong, empty for nothing; what it raises ends all.
    """
    waiting, running = list(folders), dict[str, tuple[subprocess.Popen[bytes], TaskID]]()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with TemporaryDirectory() as temporary, Progress(*columns, console=console, transient=True) as bar:
        words = ["", "any" if CLASS_LIMIT.is_lifted else ""]
        if frame:
            words[0] = f"{temporary}/frame.pickle"
            Path(words[0]).write_bytes(frame)
        try:
            whole = bar.add_task(f"0 of {len(folders)}", total=len(folders))
            while waiting or running:
                while waiting and len(running) < workers:
                    name = waiting.pop(0)
                    running[name] = _start(folders[name], words), bar.add_task(name, total=None)
                for name, (process, task) in list(running.items()):
                    bar.update(task, description=f"{name}: {_step(folders[name])}")
                    if process.poll() is not None:
                        del running[name]
                        bar.remove_task(task)
                        bar.update(whole, advance=1)
                        on_end(name, _problem(process.returncode, folders[name]))
                bar.update(whole, description=f"{len(folders) - len(waiting) - len(running)} of {len(folders)}")
                time.sleep(0.05)
        finally:
            _end([process for process, _ in running.values()])


def _start(run: RunFolder, words: list[str]) -> subprocess.Popen[bytes]:
    packages = str(Path(greenlight_films.__file__).parents[1])
    paths = os.pathsep.join(path for path in (packages, os.environ.get("PYTHONPATH")) if path)
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": paths}
    with _log(run).open("wb") as log:
        command = [sys.executable, "-c", START, str(run.path), *words]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _log(run: RunFolder) -> Path:
    return run.path / "log.txt"


def _step(run: RunFolder) -> str:
    """Say what a run does, by the files that it has."""
    if (run.path / "importance.json").is_file():
        return "other models"
    return "network and importance" if (run.path / "metrics.json").is_file() else "reading the table"


def _problem(code: int, run: RunFolder) -> str:
    """Return why a process failed; empty where it didn't."""
    if code == 0:
        _log(run).unlink(missing_ok=True)
        return ""
    if code == -signal.SIGKILL:
        return "it was killed, for lack of memory as a rule; fewer --workers need less"
    text = _log(run).read_text(encoding="utf-8", errors="replace").strip()
    message = text.rpartition("error: ")[2] if code == 2 and "error: " in text else text[text.rfind("\n") + 1 :]
    if code == 2:
        return message
    return f"{message or f'it ended with code {code}'}; its output: {_log(run)}"


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
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
