"""Training a network: the one place that builds Lightning's Trainer, its checkpoints and early stopping.

A refit trains it anew on training and validation films, for as many epochs as the validation films chose.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import walk_tb
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import (
    Callback,
    GradientAccumulationScheduler,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from rich.console import Console

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.number_format import counted
from greenlight_films.lightning_modules.callbacks.checkpoints import (
    LastCheckpoint,
    RunCheckpoint,
    StopHandlers,
    WholeCheckpointIO,
)
from greenlight_films.lightning_modules.callbacks.early_stopping import EpochLimit
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.lightning_modules.predictions import FirstFit
from greenlight_films.studies.checkpoints import Checkpoint, restoring
from greenlight_films.studies.conformal import fit_intervals
from greenlight_films.studies.processes import (
    busy,
    end_other_processes,
    is_rank_zero,
    own_plugins,
    refuse_separate_processes,
)
from greenlight_films.studies.training import Training, as_list, threads_of

LEARN = (GradientAccumulationScheduler, WeightAveraging)  # callbacks that change what is learnt: a refit has them too
OF_REFIT: dict[str, Any] = {
    **{"logger": False, "enable_checkpointing": False, "min_epochs": None, "min_steps": None},
    **{"num_sanity_val_steps": 0, "val_check_interval": 1.0, "check_val_every_n_epoch": 10**9},
}


@dataclass(frozen=True)
class Trained:
    """A trained network and the trainer that scores and predicts with it.

    Attributes:
        model: with the weights of the best epoch.
        finished: why there was nothing left to train; empty where there was.
        path: of the checkpoint with the model's weights; None where none was written.
    """

    model: MLPRegressor
    trainer: pl.Trainer
    finished: str = ""
    path: Path | None = None

    def whole_model(self) -> MLPRegressor:
        """Return the model for the first process alone, when all others have done their part.

        Where processes have columns of the first layer, the whole of it is mapped from the checkpoint's file.
        """
        if self.model.shard is not None:
            assert self.model.network is not None
            assert self.path is not None
            weights = Checkpoint.read(self.path).entries["state_dict"]
            self.model.network.first.take_whole(weights["network.first.label_weight"])
        return self.model


def train(
    data: FilmDataModule,
    model: MLPRegressor,
    training: Training,
    folder: Path,
    callbacks: Sequence[Callback] = (),
    resume: Checkpoint | None = None,
    refit: bool = False,
) -> Trained:
    """Train a network; return it with the weights of its best epoch, or refitted.

    Args:
        folder: for checkpoints and curves.
        callbacks: beside those of `training`.
        resume: the checkpoint to go on from.
        refit: learn all anew from training and validation rows, data included, once the best epoch is known. The
            checkpoint `best` is then of the refit, `first_fit` of the best epoch, `last` goes on with the first fit.

    Raises:
        InputError: the settings can't be used together, or the checkpoint is of another run.
        KeyboardInterrupt: a signal came; the last checkpoint is that of the last step.
    """
    if refit:
        _refuse_impossible_refit(training)
    data.setup("fit")
    if resume:
        resume.restore_data(data, model)
    stop = training.early_stopping
    # Two of them: `save_last` would follow the best one, and a resumed run would go back to it.
    checkpoints = folder / "checkpoints"
    kept = _renamed(checkpoints, refit)
    best = RunCheckpoint(checkpoints, kept, monitor=stop.monitor, mode=stop.mode, enable_version_counter=False)
    last = LastCheckpoint(checkpoints, "last", save_on_train_epoch_end=True, enable_version_counter=False)
    copies = deepcopy([callback for callback in training.callbacks if isinstance(callback, LEARN)])
    if resume and resume.path.parent == checkpoints:
        resume.part_weights()  # the best checkpoint, which they may stand in, is written before the last one
    callbacks = [best, stop, *callbacks, last]
    trainer = _trainer_for(model, data, training, folder, callbacks, resume, checkpoints / f"{kept}.ckpt")
    with running(trainer, resume), threads_of(model):
        finished = resume.why_finished(training) if resume else ""
        trainer.fit(model, datamodule=data, ckpt_path=resume.path if resume else None, weights_only=True)
    trained = Trained(model, trainer, finished, Path(best.best_model_path) if best.best_model_path else None)
    if trained.path is None:
        if not training.trainer.get("fast_dev_run"):
            raise InputError("no epoch was trained: trainer.max_epochs must be 1 or more")
        return trained
    checkpoint = Checkpoint.read(trained.path)
    checkpoint.restore_weights(model)
    checkpoint.share_weights(checkpoints / "last.ckpt")
    if not refit:
        return trained
    n_epochs, again = int(checkpoint.entries["epoch"]) + 1, training.with_trainer(**OF_REFIT, callbacks=copies)
    return _refitted(trained, data, again, checkpoints / "best.ckpt", n_epochs)


def _trainer_for(
    model: MLPRegressor,
    data: FilmDataModule,
    training: Training,
    folder: Path,
    callbacks: Sequence[Callback],
    resume: Checkpoint | None = None,
    weights_alone: Path | None = None,
) -> pl.Trainer:
    """Build the trainer of a network, and the network, whole or this process's columns of it.

    Callbacks that copy it when training is set up need it before.
    """
    strategy = training.strategy
    if strategy == "ddp" and model.hparams["shard_first"]:  # DDP would give all processes the first one's columns
        training = training.with_trainer(strategy=DDPStrategy(init_sync=False))
    trainer = build_trainer(training, folder, callbacks, resume, weights_alone)
    model.build(data, model.new_shard(trainer, strategy))
    return trainer


def _renamed(checkpoints: Path, refit: bool) -> str:
    """Return the name of the first fit's best checkpoint; one that an earlier training named otherwise is renamed."""
    names = ("best", "first_fit")
    other, kept = (checkpoints / f"{name}.ckpt" for name in (names if refit else names[::-1]))
    if is_rank_zero() and other.is_file() and not (refit and kept.is_file()):
        other.replace(kept)
    return kept.stem


def _refuse_impossible_refit(training: Training) -> None:
    for option, usual in (("max_steps", -1), ("max_time", None), ("limit_predict_batches", None)):
        if (given := training.trainer.get(option, usual)) not in (usual, None):
            raise InputError(
                f"trainer.{option} must be left out where the network is refitted, got {given}: it is trained for "
                "whole epochs, chosen by all validation films; or give refit false"
            )


def _refitted(trained: Trained, data: FilmDataModule, training: Training, best: Path, n_epochs: int) -> Trained:
    """Return a network that was trained from the start on training and validation rows, with the first trainer.

    Where the checkpoint `best` is of a refit after the same first fit, that network is taken.
    """
    model = MLPRegressor(**{name: value for name, value in trained.model.hparams.items() if not name.startswith("_")})
    first = _first_fit(trained, data, n_epochs)  # which refits the data
    if best.is_file():
        before = Checkpoint.read(best)
        if (kept := before.entries.get("first_fit")) and torch.equal(kept["predicted"], first.predicted):
            before.restore_weights(model, trained.model.shard)
            return replace(trained, model=model, path=best)
    model.first_fit = first
    trainer = _trainer_for(model, data, training, best.parent.parent, [EpochLimit(n_epochs)])
    if trainer.progress_bar_callback is not None and trainer.is_global_zero:
        trainer.progress_bar_callback.print(f"Refit on training and validation films: {counted(n_epochs, 'epoch')}")
    with running(trainer), threads_of(model):
        trainer.fit(model, datamodule=data)
    trainer.save_checkpoint(best, weights_only=True)
    model.seconds = (model.seconds or 0) + (trained.model.seconds or 0)
    return replace(trained, model=model, path=best)


def _first_fit(trained: Trained, data: FilmDataModule, n_epochs: int) -> FirstFit:
    """Return what validation rows say of a network that didn't learn from them, and refit the data."""
    with running(trained.trainer):
        trained.trainer.predict(trained.model, datamodule=data, return_predictions=False)
    films, rows = data.films, data.films.rows
    assert rows is not None
    assert trained.model.predicted is not None
    assert trained.model.spread is not None
    predicted = trained.model.predicted[rows.val]
    weights = None if films.weights is None else films.weights[rows.val]
    scores = data.fitted.scale.scores(films.actual[rows.val], predicted, weights)
    std = data.fitted.scale.std
    intervals = fit_intervals(films, data.fitted, trained.model.predicted, trained.model.spread)
    with busy(Console(quiet=trained.trainer.progress_bar_callback is None), "Refitting the inputs"):
        data.refit()
    state = None if intervals is None else intervals.rescaled(std / data.fitted.scale.std).to_state()
    return FirstFit(n_epochs, torch.from_numpy(predicted), dict(scores), state)


def load_trained(
    model: MLPRegressor, training: Training, folder: Path, checkpoint: Checkpoint, callbacks: Sequence[Callback]
) -> Trained:
    """Return the network of a checkpoint, and a trainer to score and predict with it."""
    trainer = build_trainer(training, folder, callbacks)
    checkpoint.restore_weights(model, model.new_shard(trainer, training.strategy))
    return Trained(model, trainer, path=checkpoint.path)


def build_trainer(
    training: Training,
    folder: Path,
    callbacks: Sequence[Callback],
    resume: Checkpoint | None = None,
    weights_alone: Path | None = None,
) -> pl.Trainer:
    """Build Lightning's Trainer, with curves in a run's folder, own handlers of signals, and whole checkpoint files.

    Args:
        weights_alone: see `WholeCheckpointIO`.
    """
    arguments = dict(training.trainer)
    for callback in training.callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.dirpath and "://" not in str(callback.dirpath):
            Path(callback.dirpath).mkdir(parents=True, exist_ok=True)
    arguments["callbacks"] = [*training.callbacks, *callbacks, StopHandlers()]
    arguments["plugins"] = [
        *as_list(arguments.get("plugins")),
        WholeCheckpointIO(resume.entries if resume else None, weights_alone),
        *own_plugins(),
    ]
    # Lightning would begin a job of SLURM with any `hpc_ckpt_1.ckpt` of the working folder.
    arguments["default_root_dir"] = str(folder)
    if arguments.get("enable_progress_bar") is not False:
        arguments["callbacks"].append(RichProgressBar(leave=False))
    if arguments.get("logger") in (None, True):
        study = folder.parent
        arguments["logger"] = TensorBoardLogger(study.parent, study.name, folder.name, default_hp_metric=False)
    try:
        trainer = pl.Trainer(**arguments)
    except (MisconfigurationException, ValueError, TypeError, RuntimeError) as problem:
        prefix = "" if isinstance(problem, MisconfigurationException) else "trainer: "
        raise InputError(f"{prefix}{problem}") from problem
    refuse_separate_processes(trainer)
    return trainer


@contextmanager
def running(trainer: pl.Trainer, resumed: Checkpoint | None = None) -> Iterator[None]:
    """Run a stage of the trainer: its own refusals become one message, and no process is left behind."""
    handlers = next(callback for callback in trainer.callbacks if isinstance(callback, StopHandlers))  # type: ignore[attr-defined]
    handlers.has_started = False
    try:
        yield
    except BaseException as problem:
        end_other_processes(trainer)
        if isinstance(problem, SystemExit) and isinstance(problem.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None  # Lightning makes exit code 1 of it
        if isinstance(problem, MisconfigurationException):
            raise InputError(str(problem)) from None
        if isinstance(problem, Exception) and resumed and not handlers.has_started:
            with restoring(resumed.path):
                raise
        if isinstance(problem, ValueError | TypeError | RuntimeError | ArithmeticError) and _is_lightnings(problem):
            raise InputError(f"trainer: {' '.join(str(problem).split())[:500]}") from problem
        raise


def _is_lightnings(problem: Exception) -> bool:
    # For settings and callbacks that can't be used together; of a lost process or a GPU's memory torch has own types.
    *_, (frame, _) = walk_tb(problem.__traceback__)
    return type(problem).__module__ == "builtins" and frame.f_globals["__name__"].split(".")[0] == "lightning"
