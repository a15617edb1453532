"""One process of a search: it trains trials, each in a folder of its own, until nobody has one left to begin."""

import os
import shutil
from contextlib import closing
from time import perf_counter

import optuna

from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune.plan import Plan
from greenlight_films.studies.tune.trial import Fold, TrialWatch, mean_scores, train_trial
from greenlight_films.studies.tune.trial_store import State, TrialResult, TrialStore
from greenlight_films.studies.workers import exit_code_of


def work(folder: str, storage: str = "", worker: str = "", any_class: str = "") -> int:
    """Train trials of the search whose config stands in a folder; return the exit code of the process.

    Args:
        storage: see `Plan`; empty for the folder's own.
        any_class: see `exit_code_of`.
    """
    parent = os.getppid()

    def body() -> None:
        run = RunFolder.open(folder)
        plan = Plan.read(["--config", str(run.config)], storage or None)
        with closing(plan.open_store(run, worker)) as store:
            while os.getppid() == parent and (trial := store.claim()):
                train(plan, store, run, trial)

    return exit_code_of(body, any_class)


def train(plan: Plan, store: TrialStore, folder: RunFolder, trial: optuna.Trial) -> None:
    """Train a trial, on each fold in turn, and keep what came of it."""
    start, point, number = perf_counter(), store.point(trial), store.number(trial)
    trial_folder = RunFolder(folder.path / f"trial_{number}")
    shutil.rmtree(trial_folder.path, ignore_errors=True)  # from before, if it was interrupted
    folds = plan.search.folds
    values = {key: point[axis.name] for axis in plan.axes for key in axis.keys}

    def report(score: float, step: int) -> bool:
        trial.report(score, step)
        return plan.search.prune and trial.should_prune()

    watches: list[TrialWatch] = []
    state: State = "complete"
    problem = ""
    with store.kept_alive(trial):
        for fold in [Fold(index, folds) for index in range(folds)] if folds > 1 else [None]:
            watches.append(TrialWatch(plan.monitor, plan.mode, values, report if folds == 1 else None))
            state, problem = train_trial(plan.words(point), trial_folder, watches[-1], fold)
            if state != "complete":
                break
    seconds, epochs = round(perf_counter() - start, 3), sum(watch.epochs for watch in watches)
    store.tell(trial, TrialResult(number, state, point, *mean_scores(watches), epochs, seconds, problem))
