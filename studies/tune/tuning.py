"""One trial of a search: a `fit` in this process, whose scores are watched epoch by epoch."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.cli import LightningArgumentParser
from optuna import TrialPruned

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.splits import InnerFold
from greenlight_films.lightning_modules.callbacks.tensorboard import boards, show_hyperparameters
from greenlight_films.studies.settings.film_cli import COMMON, FilmCLI
from greenlight_films.studies.settings.film_parser import FilmArgumentParser
from greenlight_films.studies.tune.search_space import Axis, Search, as_text, axes_of

BESIDE = ("val/rmse", "val/r2")
"""What is noted of the best epoch beside the score."""


class SearchCLI(FilmCLI):
    """Parses the config of a search, which is that of a `fit` and the group `search`, and builds nothing.

    Args:
        args: the options, without the word `tune`.
    """

    def __init__(self, args: list[str]) -> None:
        super().__init__(["fit", *args], open_run=lambda _: Path())

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the search to what a config has."""
        super().add_arguments_to_parser(parser)
        parser.add_class_arguments(Search, "search")

    def instantiate_classes(self) -> None:
        """Leave that to the trials."""

    def _run_subcommand(self, subcommand: str) -> None:
        pass

    @property
    def search(self) -> Search:
        return Search(**self.option("search").as_dict())

    @property
    def monitor(self) -> str:
        """Return the score that trials are compared by."""
        return self.option("early_stopping")["monitor"]

    @property
    def mode(self) -> Literal["min", "max"]:
        return self.option("early_stopping")["mode"]

    def whole_yaml(self) -> str:
        """Return the config with the search in it."""
        return self.config_yaml((*COMMON, "search"))

    def axes(self) -> list[Axis]:
        """Return the axes of the search.

        Raises:
            InputError: the search, or what it would be run with, cannot be used.
        """
        if not self.monitor.startswith("val/"):
            raise InputError(f"early_stopping.monitor must be a score of validation films, got {self.monitor}")
        if self.option("ckpt_path"):
            raise InputError("`tune` trains each trial from the start: leave --ckpt_path out")
        devices = self.option("trainer")["devices"]
        if devices not in ("auto", "1", 1) and not (isinstance(devices, list) and len(devices) == 1):
            raise InputError(f"trainer.devices must be 1 or auto for `tune`, got {devices}")
        return axes_of(self.search, FilmArgumentParser.options, self.monitor)


class TrialWatch(Callback):
    """Keeps the best validation score of a trial, and stops a trial that is not worth its time.

    Args:
        values: what the trial tries, by key; TensorBoard shows them beside the score.
        report: is told (score, how many came before it) and returns whether to stop.
    """

    def __init__(
        self,
        monitor: str,
        mode: Literal["min", "max"],
        values: dict[str, Any],
        report: Callable[[float, int], bool] = lambda score, step: False,
    ) -> None:
        self.monitor, self.mode, self.values, self.report = monitor, mode, values, report
        self.score: float | None = None
        self.beside: dict[str, float] = {}
        self.epochs, self.steps = 0, 0

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take note of the epoch's score.

        Raises:
            TrialPruned: the trial is to stop here.
        """
        if trainer.sanity_checking:
            return
        self.epochs = trainer.current_epoch + 1
        score = float(trainer.callback_metrics[self.monitor])
        if not isfinite(score):  # which the median of other trials is no measure for; early stopping ends it
            return
        if self._is_better(score):
            self.score = score
            self.beside = {name: float(trainer.callback_metrics[name]) for name in BESIDE}
        stop = self.report(score, self.steps)
        self.steps += 1
        if stop:
            self._show_hyperparameters(trainer)
            raise TrialPruned

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show what the trial tried beside its score."""
        self._show_hyperparameters(trainer)

    def _is_better(self, score: float) -> bool:
        return self.score is None or (score < self.score if self.mode == "min" else score > self.score)

    def _show_hyperparameters(self, trainer: pl.Trainer) -> None:
        for board in boards(trainer):
            if self.score is not None:
                board.log_metrics({f"best/{self.monitor}": self.score}, step=0)
                show_hyperparameters(board, self.values, [f"best/{self.monitor}"])


class TrialCLI(FilmCLI):
    """A `fit` that is watched, on one device and without a bar of its own; `watch` knows then how well it did.

    Args:
        inner: of how many folds which one validates; None for the config's own validation rows.

    Raises:
        InputError: its values cannot be used together.
        TrialPruned: it was stopped as not worth its time.
    """

    def __init__(
        self,
        args: list[str],
        open_run: Callable[[FilmCLI], Path],
        watch: TrialWatch,
        inner: tuple[int, int] | None = None,
    ) -> None:
        self.watch, self.inner = watch, inner
        super().__init__(["fit", *args], open_run)

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Build the trainer with the watch among its callbacks; the config stays as it is."""
        if self.inner:
            declared = self.datamodule.declared
            self.datamodule.declared = replace(declared, split=InnerFold(declared.split, *self.inner))
        trainer = self._get(self.config_init, "trainer")
        trainer["enable_progress_bar"] = False
        if trainer["devices"] == "auto":
            trainer["devices"] = 1  # several would start this command once for each
        given = trainer["callbacks"] or []
        trainer["callbacks"] = [*(given if isinstance(given, list) else [given]), self.watch]
        return super().instantiate_trainer(**kwargs)


class Rehearsal(TrialCLI):
    """Parses and builds all that a trial needs, and does not train.

    Args:
        films: data that were read before, where a trial's are the same.
    """

    def __init__(self, args: list[str], films: FilmDataModule | None = None, inner: tuple[int, int] | None = None):
        self.films = films
        watch = TrialWatch("val/loss", "min", {})
        super().__init__(args, lambda _: Path("runs/rehearsal/version_0"), watch, None if films else inner)

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Build the trainer, which writes nothing until it trains."""
        self.datamodule = self.films or self.datamodule
        return super().instantiate_trainer(**kwargs)

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def rehearse(config: str, axes: list[Axis], folds: int = 1) -> None:
    """Refuse a config that cannot be trained, and values that its keys do not take, before any trial trains.

    Args:
        config: of a study, as YAML.
        folds: how often each trial is trained.

    Raises:
        InputError: with every value that is refused.
    """
    words, problems = ["--config", config], []
    inner = (folds, 0) if folds > 1 else None
    films = Rehearsal(words, inner=inner).datamodule
    for axis in axes:
        same = None if any(key.startswith("data.") for key in axis.keys) else films
        for value in axis.probes:
            try:
                Rehearsal([*words, *axis.words(value)], same, inner)
            except InputError as problem:
                problems.append(f"search.space, {axis.name} {as_text(value)}: {problem}")
    if problems:
        raise InputError("\n".join(problems))
