"""A search from its config to its table: trials one after another or some at a time, each in a folder of its own."""

import os
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from optuna.exceptions import StorageInternalError
from rich.console import Console
from rich.text import Text

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import significant
from greenlight_films.datamodules.program import command
from greenlight_films.studies.processes import busy, say
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT
from greenlight_films.studies.tune import worker
from greenlight_films.studies.tune.plan import JOURNAL, OLD, Plan
from greenlight_films.studies.tune.trial import rehearse
from greenlight_films.studies.tune.trial_store import TrialResult, TrialStore
from greenlight_films.studies.workers import ONE_THREAD, START, Work, run_all

PAUSE = 1.0  # seconds between two looks at what other processes have done


def tune(
    plan: Plan, folder: RunFolder | None, console: Console, workers: int = 1
) -> tuple[RunFolder, list[TrialResult]]:
    """Run a search, or what is missing of one; return its folder and trials, the best first.

    Args:
        folder: of a search to go on with.
        workers: how many trials are trained at a time, in processes of their own where it is more than one. The same
            search may be run by other commands and machines at the same time.

    Raises:
        InputError: the search cannot be run, or none of its trials has a score.
        KeyboardInterrupt: a signal came; what is finished is kept.
    """
    axes = plan.axes
    if folder is None:
        with busy(console, "Checking that the values can be used"):
            rehearse(plan.settings.config, axes, plan.search.folds)
        folder = RunFolder.create(plan.settings.runs, f"{plan.settings.name}-tune")
    try:
        with closing(plan.open_store(folder)) as store:
            folder.write_text("config.yaml", plan.config)
            return folder, _Run(plan, folder, store, console, workers).search()
    except StorageInternalError as problem:
        raise InputError(f"--storage can't be reached any more: {problem}; --resume goes on") from None
    except BaseException:
        if not folder.config.is_file():  # nothing to go on with
            folder.discard()
        raise


def open_search(path: str, storage: str | None = None) -> RunFolder:
    """Open the folder of a search; one of another run is refused."""
    files = [Path(path) / name for name in (JOURNAL, OLD)]
    if (Path(path) / "config.yaml").is_file() and not (storage or any(file.is_file() for file in files)):
        raise InputError(
            f"--resume must be the folder of a search, such as runs/ratings-tune/version_0; {path} has no {JOURNAL}; "
            f"a search in a database goes on with its --storage, a run with `{command(f'fit --resume {path}')}`"
        )
    return RunFolder.open(path, "--resume")


class _Run:
    """A search that runs: it has trials trained, and shows those that end, whoever trained them."""

    def __init__(self, plan: Plan, folder: RunFolder, store: TrialStore, console: Console, workers: int) -> None:
        self.plan, self.folder, self.store, self.console, self.workers = plan, folder, store, console, workers
        self.shown: set[int] = set()
        self.best, self.next_look = "", 0.0
        self.steps_known: dict[str, str] = {}

    def search(self) -> list[TrialResult]:
        """Train what is missing; return all trials, the best first."""
        store, total = self.store, self.store.n_trials
        for trial in store.dead():
            store.release(trial)
        results = store.results()
        before = f", {len(results)} of them finished before" if results else ""
        at_a_time = f", {self.workers} at a time" if self.workers > 1 else ""
        missing = f"{total - len(results)} to train{at_a_time}"
        say(self.console, f"{self.folder.study}: {total} trials by {self.plan.monitor}{before}, {missing}")
        try:
            self._write(results)
            while not self.shown.issuperset(range(total)):
                self._train_some()
        except KeyboardInterrupt:
            with_storage = " with the same --storage" if self.plan.storage else ""
            raise KeyboardInterrupt(
                f"{len(store.results())} of {total} trials are finished; go on with: "
                f"{command(f'tune --resume {self.folder.path}')}{with_storage}"
            ) from None
        finally:
            results = self._show()
        if results[0].state != "complete":
            worst = f"trial {results[0].number}: {results[0].problem}"
            raise InputError(f"none of {total} trials has a score; {worst}")
        return results

    def _train_some(self) -> None:
        """Train a trial, or all with several workers; wait a little where others train those that are left."""
        self._show()
        unclaimed = self.store.unclaimed()
        if unclaimed and self.workers > 1:
            self._train_in_processes(min(self.workers, len(unclaimed)))
        elif unclaimed and (trial := self.store.claim()):
            number = self.store.number(trial)
            with self.console.status(Text(f"Trial {number}, {number + 1} of {self.store.n_trials}{self.best}")):
                worker.train(self.plan, self.store, self.folder, trial)
        else:
            numbers = ", ".join(str(self.store.number(trial)) for trial in self.store.running())
            with self.console.status(Text(f"Waiting for trials that other processes train: {numbers}")):
                time.sleep(PAUSE)
            for dead in self.store.dead():
                self.store.release(dead)
        self._show()

    def _train_in_processes(self, workers: int) -> None:
        words = [str(self.folder.path), self.plan.storage or ""]
        any_class = "any" if CLASS_LIMIT.is_lifted else ""
        processes = {
            f"worker {number}": Work(
                START.format(worker.__name__),
                [*words, f"worker {number}", any_class],
                self.folder.path / f"worker_{number}.txt",
                {**ONE_THREAD, **device_of(number, self.plan.settings.training.trainer)},
            )
            for number in range(workers)
        }
        run_all(processes, workers, self.console, self._steps, self._on_end)

    def _steps(self) -> Mapping[str, str]:
        """Return which trial each worker trains."""
        if time.monotonic() > self.next_look:
            done = f"{len(self._show())} of {self.store.n_trials} finished{self.best}"
            self.steps_known = {
                trial.user_attrs["worker"]: f"trial {self.store.number(trial)}; {done}"
                for trial in self.store.running()
                if self.store.is_of_this_machine(trial)
            }
            self.next_look = time.monotonic() + PAUSE
        return self.steps_known

    def _on_end(self, name: str, problem: str) -> bool:
        """Let the trial of a worker that was killed be a failed one; return whether the worker is to begin anew."""
        self._show()
        if not problem:
            return False
        dead = [trial for trial in self.store.dead() if trial.user_attrs["worker"] == name]
        trials = [trial for trial in dead if self.store.is_of_this_machine(trial)]
        if not trials:  # the search itself can't be run
            raise InputError(problem)
        for trial in trials:
            self.store.fail(trial, problem)
        return bool(self.store.unclaimed())

    def _show(self) -> list[TrialResult]:
        """Print the trials that have ended since the last time, and write all; return them, the best first."""
        results = self.store.results()
        new = [result for result in results if result.number not in self.shown]
        for result in sorted(new, key=lambda result: result.number):
            say(self.console, _in_a_line(result, self.plan.monitor))
        if new:
            self._write(results)
        return results

    def _write(self, results: list[TrialResult]) -> None:
        """Write all trials, and the config of the best."""
        self.shown = {result.number for result in results}
        if not results:
            return
        self.folder.write_csv("trials.csv", trial_table(results))
        if results[0].state == "complete":
            self.best = f", best score so far {significant(results[0].score, 5)}"
            config = self.folder.path / f"trial_{results[0].number}" / "config.yaml"  # unless another machine has it
            text = config.read_text(encoding="utf-8") if config.is_file() else self.plan.config_of(results[0].point)
            self.folder.write_text("best.yaml", text)


def device_of(worker: int, trainer: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment in which a worker sees a GPU of its own, where there are several; by turns else."""
    known = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = known.split(",") if known else [str(index) for index in range(torch.cuda.device_count())]
    if len(devices) < 2 or isinstance(trainer["devices"], list) or trainer["accelerator"] == "cpu":
        return {}
    return {"CUDA_VISIBLE_DEVICES": devices[worker % len(devices)]}


def _in_a_line(result: TrialResult, monitor: str) -> str:
    values = ", ".join(f"{name.replace(', ', ' = ')} {value}" for name, value in result.point.items())
    outcome = result.problem or f"{monitor} {result.score_with_error}, {result.epochs} epochs"
    return f"trial {result.number}: {values}: {result.state}, {outcome}, {result.seconds:.1f} s"


def trial_table(results: list[TrialResult]) -> pd.DataFrame:
    """Return one line a trial, in the order given; tied keys have a column each."""
    lines = [
        {
            "number": result.number,
            "state": result.state,
            **{key.strip(): as_cell(value) for name, value in result.point.items() for key in name.split(",")},
            "score": result.score,
            **result.beside,
            "epochs": result.epochs,
            "seconds": result.seconds,
            "problem": result.problem,
        }
        for result in results
    ]
    return pd.DataFrame(lines)


def as_cell(value: Any) -> Any:
    """Return a number as it is and other values as text."""
    return value if isinstance(value, int | float) else str(value)
