"""A search from its config to its table: trials one after another, each a `fit` in a folder of its own."""

import shutil
from pathlib import Path
from statistics import fmean, stdev
from time import perf_counter
from typing import Any

import optuna
import yaml
from rich.console import Console

from greenlight_films.datamodules import InputError
from greenlight_films.reports.trials_table import TrialRecord
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.tune.search_space import Axis, Point, words_of
from greenlight_films.studies.tune.trial_store import State, TrialResult, TrialStore
from greenlight_films.studies.tune.tuning import SearchCLI, TrialCLI, TrialWatch, rehearse


def tune(words: list[str], given: str | None, console: Console) -> None:
    """Run a search, or what is missing of one.

    Args:
        words: the options.
        given: the folder of a search to go on with.

    Raises:
        InputError: the search cannot be run, or none of its trials has a score.
        KeyboardInterrupt: it was stopped; what is finished is kept.
    """
    folder = _open(given) if given else None
    cli = SearchCLI(["--config", str(folder.config), *words] if folder else words)
    axes = cli.axes()
    if folder is None:
        rehearse(cli.config_yaml(), axes, cli.search.folds)
        folder = RunFolder.create(cli.option("runs"), f"{cli.option('name')}-tune")
    try:
        with folder.locked():
            _search(cli, axes, folder, console)
    except BaseException:
        if not (folder.path / "tune.db").is_file():  # nothing to go on with
            folder.discard()
        raise


def _open(given: str) -> RunFolder:
    if Path(given).is_dir() and (Path(given) / "config.yaml").is_file() and not (Path(given) / "tune.db").is_file():
        raise InputError(
            f"--resume must be the folder of a search, such as runs/ratings-tune/version_0; {given} has no tune.db; "
            f"a run goes on with `python cli.py fit --resume {given}`"
        )
    return RunFolder.open(given, "--resume")


def _search(cli: SearchCLI, axes: list[Axis], folder: RunFolder, console: Console) -> None:
    with TrialStore(folder.path / "tune.db", cli.search, axes, cli.mode, _compared(cli)) as store:
        folder.write_text("config.yaml", cli.whole_yaml())
        tuner, record = Tuner(cli, store, folder.path), TrialRecord(folder, cli.monitor, store.n_trials, console)
        missing = store.missing()
        record.open(len(missing), store.results())
        try:
            for place in missing:
                with record.status(place):
                    result = tuner.train(place)
                record.add(result, store.results())
        except KeyboardInterrupt:
            record.interrupted(store.results())
            raise
        record.close(store.results())


def _compared(cli: SearchCLI) -> dict[str, Any]:
    """Return what the trials of a search must have in common: all but where they are kept, and how many there are."""
    config = yaml.safe_load(cli.whole_yaml())
    del config["search"]["trials"]
    return {key: value for key, value in config.items() if key not in ("name", "runs", "compare")}


class Tuner:
    """Trains trials.

    Args:
        folder: of the search; each trial gets one in it, with TensorBoard's curves and its config.
    """

    def __init__(self, cli: SearchCLI, store: TrialStore, folder: Path) -> None:
        self.cli, self.store, self.folder = cli, store, folder
        self.config = cli.config_yaml()

    def train(self, place: int) -> TrialResult:
        """Train the trial of this place, and keep what came of it."""
        trial = self.store.ask(place)
        point, begun = self.store.point(trial), perf_counter()
        shutil.rmtree(self.folder / f"trial_{place}", ignore_errors=True)  # from before, if it was interrupted
        watches: list[TrialWatch] = []
        state: State = "complete"
        problem, folds = "", self.cli.search.folds
        for inner in [(folds, fold) for fold in range(folds)] if folds > 1 else [None]:
            if state == "complete":
                watches.append(self._watch(trial, point))
                state, problem = self._train(place, point, watches[-1], inner)
        seconds = round(perf_counter() - begun, 3)
        epochs = sum(watch.epochs for watch in watches)
        result = TrialResult(place, state, point, *_mean_scores(watches), epochs, seconds, problem)
        self.store.tell(trial, result)
        return result

    def _watch(self, trial: optuna.Trial, point: Point) -> TrialWatch:
        def report(score: float, step: int) -> bool:
            trial.report(score, step)
            return self.cli.search.prune and trial.should_prune()

        if self.cli.search.folds > 1:
            return TrialWatch(self.cli.monitor, self.cli.mode, self._values(point))

        return TrialWatch(self.cli.monitor, self.cli.mode, self._values(point), report)

    def _values(self, point: Point) -> dict[str, Any]:
        return {key: point[axis.name] for axis in self.store.axes for key in axis.keys}

    def _train(self, place: int, point: Point, watch: TrialWatch, inner: tuple[int, int] | None) -> tuple[State, str]:
        trial = RunFolder(self.folder / f"trial_{place}")
        run = RunFolder(trial.path / f"fold_{inner[1]}") if inner else trial

        def open_run(cli: FilmCLI) -> Path:
            run.path.mkdir(parents=True, exist_ok=True)
            trial.write_text("config.yaml", cli.config_yaml())
            return run.path

        try:
            TrialCLI(["--config", self.config, *words_of(self.store.axes, point)], open_run, watch, inner)
        except optuna.TrialPruned:
            return "pruned", ""
        except (InputError, RuntimeError, MemoryError) as problem:  # such as a network too large for the memory
            return "failed", str(problem).partition("\n")[0] or type(problem).__name__
        finally:
            shutil.rmtree(run.path / "checkpoints", ignore_errors=True)  # the best trial's config is trained anew
        return ("failed", f"no epoch has a finite {watch.monitor}") if watch.score is None else ("complete", "")


def _mean_scores(watches: list[TrialWatch]) -> tuple[float | None, dict[str, float]]:
    """Return the mean of the folds' scores, and those beside with its standard error; None where a fold has none."""
    scores = [watch.score for watch in watches if watch.score is not None]
    if len(scores) < len(watches):
        return None, {}
    beside = {name: fmean(watch.beside[name] for watch in watches) for name in watches[0].beside}
    if len(scores) > 1:
        beside["score_se"] = stdev(scores) / len(scores) ** 0.5
    return fmean(scores), beside
