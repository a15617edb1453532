"""The trials of a search, as files and as the table at its end."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules import InputError
from greenlight_films.studies.run_folder import RunFolder

if TYPE_CHECKING:
    from greenlight_films.studies.tune.trial_store import TrialResult

SHOWN = 10
"""How many trials the terminal shows."""


class TrialRecord:
    """Writes what is known of a search after each trial, and says it.

    Args:
        monitor: the score that trials are compared by.
        n_trials: of the whole search.
    """

    def __init__(self, folder: RunFolder, monitor: str, n_trials: int, console: Console) -> None:
        self.folder, self.monitor, self.n_trials, self.console = folder, monitor, n_trials, console
        self.best = ""

    def open(self, missing: int, results: list["TrialResult"]) -> None:
        """Say what is about to happen."""
        finished = f", {len(results)} of them finished before" if results else ""
        self._say(f"{self.folder.study}: {self.n_trials} trials by {self.monitor}{finished}, {missing} to train")
        if results:
            self._write(results)

    def status(self, place: int) -> AbstractContextManager[Any]:
        """Show which trial is at work, and the best so far."""
        return self.console.status(Text(f"Trial {place}, {place + 1} of {self.n_trials}{self.best}"))

    def add(self, result: "TrialResult", results: list["TrialResult"]) -> None:
        """Say what came of a trial, and write all there are."""
        tried = ", ".join(f"{name.replace(', ', ' = ')} {value}" for name, value in result.point.items())
        came = result.problem or f"{self.monitor} {_with_error(result)}, {result.epochs} epochs"
        self._say(f"trial {result.place}: {tried}: {result.state}, {came}, {result.seconds:.1f} s")
        self._write(results)

    def _write(self, results: list["TrialResult"]) -> None:
        self.folder.write_csv("trials.csv", trial_table(results))
        config = self.folder.path / f"trial_{results[0].place}" / "config.yaml"
        if results[0].state == "complete":
            self.best = f", best {self.monitor} so far {_digits(results[0].score)}"
            self.folder.write_bytes("best.yaml", config.read_bytes())

    def interrupted(self, results: list["TrialResult"]) -> None:
        """Say how to go on."""
        self._say(f"{len(results)} of {self.n_trials} trials are finished; go on with")
        self._say(f"python cli.py tune --resume {self.folder.path}")

    def close(self, results: list["TrialResult"]) -> None:
        """Print the best trials, and what to do with them.

        Raises:
            InputError: no trial has a score.
        """
        if results[0].state != "complete":
            raise InputError(
                f"none of {self.n_trials} trials has a score; trial {results[0].place}: {results[0].problem}"
            )
        states = [result.state for result in results]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        self.console.print(best_trials(f"{len(results)} trials by {self.monitor}: {counts}", self.monitor, results))
        self.console.print(f"\n{self.folder.path}/", highlight=False, style="bold", soft_wrap=True)
        self._say(f"train and test the best: python cli.py study --config {self.folder.path / 'best.yaml'}")
        self._say(f"see all curves: tensorboard --logdir {self.folder.path}")

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


def trial_table(results: list["TrialResult"]) -> pd.DataFrame:
    """Return one line a trial, in the order given; tied keys have a column each."""
    lines = [
        {
            "number": result.place,
            "state": result.state,
            **{key.strip(): _cell(value) for name, value in result.point.items() for key in name.split(",")},
            "score": result.score,
            **result.beside,
            "epochs": result.epochs,
            "seconds": result.seconds,
            "problem": result.problem,
        }
        for result in results
    ]
    return pd.DataFrame(lines)


def best_trials(title: str, monitor: str, results: list["TrialResult"]) -> Table:
    """Return the first trials for the terminal, a column for what is tied."""
    more = f"; {SHOWN} of them" if len(results) > SHOWN else ""
    table = Table(title=Text(title + more), title_justify="left", title_style="bold")
    keys = ["\n".join(key.rpartition(".")[2] for key in name.split(", ")) for name in results[0].point]
    for name in ("trial", *keys, monitor, "epochs", "s", "state"):  # 80 columns are few
        table.add_column(Text(name), justify="left" if name == "state" else "right")
    for result in results[:SHOWN]:
        tried = [Text(str(_cell(value))) for value in result.point.values()]
        spent = [str(result.epochs), f"{result.seconds:.1f}"]
        table.add_row(str(result.place), *tried, _with_error(result), *spent, result.state)
    return table


def _with_error(result: "TrialResult") -> str:
    """Return the score, with its standard error where it is a mean over folds."""
    error = result.beside.get("score_se")
    return _digits(result.score) + (f" ± {error:.2g}" if error is not None else "")


def _cell(value: Any) -> Any:
    """Return a number as it is and other values as text."""
    return value if isinstance(value, int | float) else str(value)


def _digits(score: float | None) -> str:
    return "–" if score is None else f"{score:.5g}"
