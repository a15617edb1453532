"""A search from its config to its table: trials one after another, each a training in a folder of its own."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import yaml
from rich.console import Console
from rich.text import Text

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import significant
from greenlight_films.datamodules.program import command
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.tune.search_space import Axis, Search, axes_of
from greenlight_films.studies.tune.trial import Fold, TrialWatch, mean_scores, rehearse, train_trial
from greenlight_films.studies.tune.trial_store import State, TrialResult, TrialStore


@dataclass(frozen=True)
class Plan:
    """A search before it runs: of a study's settings, with the config of both as YAML and the keys that it takes."""

    search: Search
    settings: Settings
    config: str
    options: list[str]

    @property
    def monitor(self) -> str:
        return self.settings.training.early_stopping.monitor

    def axes(self) -> list[Axis]:
        """Return the axes of the search, or refuse it or what it would be run with."""
        if not self.monitor.startswith("val/"):
            raise InputError(f"early_stopping.monitor must be a score of validation films, got {self.monitor}")
        if self.settings.checkpoint:
            raise InputError("`tune` trains each trial from the start: leave --ckpt_path out")
        devices = self.settings.training.trainer["devices"]
        if devices not in ("auto", "1", 1) and not (isinstance(devices, list) and len(devices) == 1):
            raise InputError(f"trainer.devices must be 1 or auto for `tune`, got {devices}")
        return axes_of(self.search, self.options, self.monitor)

    def fixed(self) -> dict[str, Any]:
        """Return what a resumed search must have in common with its beginning: all but its place and length."""
        config = yaml.safe_load(self.config)
        del config["search"]["trials"]
        return {key: value for key, value in config.items() if key not in ("name", "runs", "compare")}


def tune(plan: Plan, folder: RunFolder | None, console: Console) -> tuple[RunFolder, list[TrialResult]]:
    """Run a search, or what is missing of one; return its folder and trials, the best first.

    Args:
        folder: of a search to go on with.

    Raises:
        InputError: the search cannot be run, or none of its trials has a score.
        KeyboardInterrupt: a signal came; what is finished is kept.
    """
    axes = plan.axes()
    if folder is None:
        rehearse(plan.settings.config, axes, plan.search.folds)
        folder = RunFolder.create(plan.settings.runs, f"{plan.settings.name}-tune")
    try:
        with folder.locked():
            return folder, _search(plan, axes, folder, console)
    except BaseException:
        if not (folder.path / "tune.db").is_file():  # nothing to go on with
            folder.discard()
        raise


def open_search(path: str) -> RunFolder:
    """Open the folder of a search; one of another run is refused."""
    if (Path(path) / "config.yaml").is_file() and not (Path(path) / "tune.db").is_file():
        raise InputError(
            f"--resume must be the folder of a search, such as runs/ratings-tune/version_0; {path} has no tune.db; "
            f"a run goes on with `{command(f'fit --resume {path}')}`"
        )
    return RunFolder.open(path, "--resume")


def _search(plan: Plan, axes: list[Axis], folder: RunFolder, console: Console) -> list[TrialResult]:
    mode = plan.settings.training.early_stopping.mode
    with closing(TrialStore(folder.path / "tune.db", plan.search, axes, mode, plan.fixed())) as store:
        folder.write_text("config.yaml", plan.config)
        missing, results = store.missing(), store.results()
        before = f", {len(results)} of them finished before" if results else ""
        _say(console, f"{folder.study}: {store.n_trials} trials by {plan.monitor}{before}, {len(missing)} to train")
        try:
            for number in missing:
                best = _write(folder, results)
                with console.status(Text(f"Trial {number}, {number + 1} of {store.n_trials}{best}")):
                    result = _train(plan, store, folder, number)
                _say(console, _in_a_line(result, plan.monitor))
                results = store.results()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{len(store.results())} of {store.n_trials} trials are finished; go on with: "
                f"{command(f'tune --resume {folder.path}')}"
            ) from None
        finally:
            _write(folder, store.results())
        if results[0].state != "complete":
            worst = f"trial {results[0].number}: {results[0].problem}"
            raise InputError(f"none of {store.n_trials} trials has a score; {worst}")
        return results


def _train(plan: Plan, store: TrialStore, folder: RunFolder, number: int) -> TrialResult:
    """Train the trial of this number, on each fold in turn, and keep what came of it."""
    trial, start = store.ask(number), perf_counter()
    point, trial_folder = store.point(trial), RunFolder(folder.path / f"trial_{number}")
    shutil.rmtree(trial_folder.path, ignore_errors=True)  # from before, if it was interrupted
    mode, folds = plan.settings.training.early_stopping.mode, plan.search.folds
    values = {key: point[axis.name] for axis in store.axes for key in axis.keys}

    def report(score: float, step: int) -> bool:
        trial.report(score, step)
        return plan.search.prune and trial.should_prune()

    watches: list[TrialWatch] = []
    state: State = "complete"
    problem = ""
    for fold in [Fold(index, folds) for index in range(folds)] if folds > 1 else [None]:
        watches.append(TrialWatch(plan.monitor, mode, values, report if folds == 1 else None))
        options = [word for axis in store.axes for word in axis.words(point[axis.name])]
        words = ["--config", plan.settings.config, *options]
        state, problem = train_trial(words, trial_folder, watches[-1], fold)
        if state != "complete":
            break
    seconds, epochs = round(perf_counter() - start, 3), sum(watch.epochs for watch in watches)
    result = TrialResult(number, state, point, *mean_scores(watches), epochs, seconds, problem)
    store.tell(trial, result)
    return result


def _write(folder: RunFolder, results: list[TrialResult]) -> str:
    """Write all trials, and the config of the best; say which score that has."""
    if not results:
        return ""
    folder.write_csv("trials.csv", trial_table(results))
    if results[0].state != "complete":
        return ""
    config = folder.path / f"trial_{results[0].number}" / "config.yaml"
    folder.write_bytes("best.yaml", config.read_bytes())
    return f", best score so far {significant(results[0].score, 5)}"


def _in_a_line(result: TrialResult, monitor: str) -> str:
    values = ", ".join(f"{name.replace(', ', ' = ')} {value}" for name, value in result.point.items())
    outcome = result.problem or f"{monitor} {result.score_with_error}, {result.epochs} epochs"
    return f"trial {result.number}: {values}: {result.state}, {outcome}, {result.seconds:.1f} s"


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


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
