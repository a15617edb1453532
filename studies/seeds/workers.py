"""Runs a study in several processes, one a seed or fold, some at a time."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.study import study
from greenlight_films.studies.workers import START, Work, exit_code_of, run_all


def work(folder: str, frame: str = "", any_class: str = "") -> int:
    """Run the study whose config stands in a folder, or go on with it; return the exit code of the process.

    Args:
        frame: the pickled frame that stands in place of the config's table; empty for the table.
        any_class: see `exit_code_of`.
    """

    def body() -> None:
        run = RunFolder.open(folder)
        settings = read_settings(["--config", str(run.config)])
        if frame:
            settings.data.frame = pickle.loads(Path(frame).read_bytes())  # which the parent process wrote
        study(settings, run, Console())

    return exit_code_of(body, any_class)


def run_studies(
    folders: Mapping[str, RunFolder],
    frame: bytes,
    workers: int,
    console: Console,
    on_end: Callable[[str, str], None],
) -> None:
    """Run a study in each folder that has a config, some at a time; see `run_all`.

    Args:
        folders: by the name that is shown, such as `seed 42`.
        frame: the pickled frame in place of the configs' table; empty for the table.
    """
    with TemporaryDirectory() as temporary:
        words = ["", "any" if CLASS_LIMIT.is_lifted else ""]
        if frame:
            words[0] = f"{temporary}/frame.pickle"
            Path(words[0]).write_bytes(frame)
        processes = {
            name: Work(START.format(__name__), [str(run.path), *words], run.path / "log.txt")
            for name, run in folders.items()
        }
        run_all(processes, workers, console, lambda: {name: _step(run) for name, run in folders.items()}, on_end)


def _step(run: RunFolder) -> str:
    """Say what a run does, by the files that it has."""
    if (run.path / "importance.json").is_file():
        return "other models"
    return "network and importance" if (run.path / "metrics.json").is_file() else "reading the table"
