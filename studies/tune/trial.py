"""One trial of a search: a training whose validation scores are watched epoch by epoch."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from optuna import TrialPruned

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.program import as_typed
from greenlight_films.datamodules.splits import InnerFold
from greenlight_films.lightning_modules.callbacks.tensorboard import boards, show_hyperparameters
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import build_trainer, train
from greenlight_films.studies.tune.search_space import Axis
from greenlight_films.studies.tune.trial_store import State

BESIDE = ("val/rmse", "val/r2")  # scores of the best epoch that are kept beside the one that trials are compared by


class TrialWatch(Callback):
    """Keeps the best validation score of a trial, and stops a trial that is not worth its time.

    Args:
        values: what the trial tries, by key; TensorBoard shows them beside the score.
        report: is given (score, how many came before it) and returns whether to stop.
    """

    def __init__(
        self,
        monitor: str,
        mode: str,
        values: dict[str, Any],
        report: Callable[[float, int], bool] | None = None,
    ) -> None:
        self.monitor, self.mode, self.values, self.report = monitor, mode, values, report
        self.score: float | None = None
        self.beside: dict[str, float] = {}
        self.epochs, self.steps = 0, 0

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the epoch's score if it is the best.

        Raises:
            TrialPruned: the trial is to stop here.
        """
        if trainer.sanity_checking:
            return
        self.epochs = trainer.current_epoch + 1
        score = float(trainer.callback_metrics[self.monitor])
        if not isfinite(score):  # the median of other trials can't be compared with it; early stopping ends the trial
            return
        if self.score is None or (score < self.score if self.mode == "min" else score > self.score):
            self.score = score
            self.beside = {name: float(trainer.callback_metrics[name]) for name in BESIDE}
        stop = self.report is not None and self.report(score, self.steps)
        self.steps += 1
        if stop:
            self.on_train_end(trainer, pl_module)
            raise TrialPruned

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show what the trial tried beside its score."""
        for board in boards(trainer):
            if self.score is not None:
                board.log_metrics({f"best/{self.monitor}": self.score}, step=0)
                show_hyperparameters(board, self.values, [f"best/{self.monitor}"])


@dataclass(frozen=True)
class Fold:
    """One of several folds of the films that are not tested, which validates in turn."""

    index: int
    of: int


def on_one_device(settings: Settings, fold: Fold | None = None) -> Settings:
    """Return settings for a trial: without a progress bar of its own, on one device, a fold in place of the validation.

    Several devices would start this command once for each.
    """
    devices = settings.training.trainer["devices"]
    training = settings.training.with_trainer(enable_progress_bar=False, devices=1 if devices == "auto" else devices)
    if fold:
        declared = settings.data.declared
        settings.data.declared = replace(declared, split=InnerFold(declared.split, fold.of, fold.index))
    return replace(settings, training=training)


def train_trial(
    words: Sequence[str], folder: RunFolder, watch: TrialWatch, fold: Fold | None = None
) -> tuple[State, str]:
    """Train with the settings that words name, and return what came of it and why it failed; `watch` has the score."""
    run = RunFolder(folder.path / f"fold_{fold.index}") if fold else folder
    try:
        settings = on_one_device(read_settings(list(words)), fold)
        run.path.mkdir(parents=True, exist_ok=True)
        folder.write_text("config.yaml", settings.config)
        train(settings.data, settings.model, settings.training, run.path, [settings.tensorboard, watch])
    except TrialPruned:
        return "pruned", ""
    except (InputError, RuntimeError, MemoryError) as problem:  # such as a network too large for the memory
        return "failed", str(problem).partition("\n")[0] or type(problem).__name__
    finally:
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)  # the best trial's config is trained anew
    return ("failed", f"no epoch has a finite {watch.monitor}") if watch.score is None else ("complete", "")


def mean_scores(watches: list[TrialWatch]) -> tuple[float | None, dict[str, float]]:
    """Return the mean of the folds' scores, and those beside with its standard error; None where a fold has none."""
    scores = [watch.score for watch in watches if watch.score is not None]
    if len(scores) < len(watches):
        return None, {}
    beside = {name: fmean(watch.beside[name] for watch in watches) for name in watches[0].beside}
    if len(scores) > 1:
        beside["score_se"] = stdev(scores) / len(scores) ** 0.5
    return fmean(scores), beside


def rehearse(config: str, axes: list[Axis], folds: int = 1) -> None:
    """Refuse a config that cannot be trained, and values that its keys do not take, before any trial trains."""
    words, problems = ["--config", config], []
    fold = Fold(0, folds) if folds > 1 else None
    data = _rehearse(words, fold, None)
    for axis in axes:
        same = None if any(key.startswith("data.") for key in axis.keys) else data
        for value in axis.bounds or axis.values:  # all, or the ends of the range
            try:
                _rehearse([*words, *axis.words(value)], fold, same)
            except InputError as problem:
                problems.append(f"search.space, {axis.name} {as_typed(value)}: {problem}")
    if problems:
        raise InputError("\n".join(problems))


def _rehearse(words: list[str], fold: Fold | None, data: FilmDataModule | None) -> FilmDataModule:
    """Build all that a trial needs, and do not train; return its data, or those given, which are the same."""
    settings = on_one_device(read_settings(words), None if data else fold)
    data = data or settings.data
    data.setup("fit")
    settings.model.build(data)
    build_trainer(settings.training, Path("runs/rehearsal/version_0"), [settings.training.early_stopping])
    return data
