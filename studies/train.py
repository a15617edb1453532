"""Training a network: the one place that builds Lightning's Trainer, its checkpoints and early stopping."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb

import lightning.pytorch as pl
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import TensorBoardLogger

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.lightning_modules.callbacks.checkpoints import (
    LastCheckpoint,
    RunCheckpoint,
    StopHandlers,
    WholeCheckpointIO,
)
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.checkpoints import Checkpoint, restoring
from greenlight_films.studies.processes import end_other_processes, own_plugins, refuse_separate_processes
from greenlight_films.studies.training import Training, as_list


@dataclass(frozen=True)
class Trained:
    """A trained network and the trainer that scores and predicts with it.

    Attributes:
        model: with the weights of the best epoch.
        finished: why there was nothing left to train; empty where there was.
    """

    model: MLPRegressor
    trainer: pl.Trainer
    finished: str = ""


def train(
    data: FilmDataModule,
    model: MLPRegressor,
    training: Training,
    folder: Path,
    callbacks: Sequence[Callback] = (),
    resume: Checkpoint | None = None,
) -> Trained:
    """Train a network; return it with the weights of its best epoch.

    Args:
        folder: for checkpoints and curves.
        callbacks: beside those of `training`.
        resume: the checkpoint to go on from.

    Raises:
        InputError: the settings can't be used together, or the checkpoint is of another run.
        KeyboardInterrupt: a signal came; the last checkpoint is that of the last step.
    """
    data.setup("fit")
    model.build(data)  # callbacks that copy it when training is set up need it before
    if resume:
        resume.restore_data(data, model)
    stop = training.early_stopping
    # Two of them: `save_last` would follow the best one, and a resumed run would go back to it.
    checkpoints = folder / "checkpoints"
    best = RunCheckpoint(checkpoints, "best", monitor=stop.monitor, mode=stop.mode, enable_version_counter=False)
    last = LastCheckpoint(checkpoints, "last", save_on_train_epoch_end=True, enable_version_counter=False)
    trainer = build_trainer(training, folder, [best, stop, *callbacks, last], resume)
    with running(trainer, resume):
        finished = resume.why_finished(training) if resume else ""
        trainer.fit(model, datamodule=data, ckpt_path=resume.path if resume else None, weights_only=True)
    if best.best_model_path:
        Checkpoint.read(Path(best.best_model_path)).restore_weights(model)
    elif not training.trainer.get("fast_dev_run"):
        raise InputError("no epoch was trained: trainer.max_epochs must be 1 or more")
    return Trained(model, trainer, finished)


def load_trained(
    model: MLPRegressor, training: Training, folder: Path, checkpoint: Checkpoint, callbacks: Sequence[Callback]
) -> Trained:
    """Return the network of a checkpoint, and a trainer to score and predict with it."""
    checkpoint.restore_weights(model)
    return Trained(model, build_trainer(training, folder, callbacks))


def build_trainer(
    training: Training, folder: Path, callbacks: Sequence[Callback], resume: Checkpoint | None = None
) -> pl.Trainer:
    """Build Lightning's Trainer, with curves in a run's folder, own handlers of signals, and whole checkpoint files."""
    arguments = dict(training.trainer)
    for callback in training.callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.dirpath and "://" not in str(callback.dirpath):
            Path(callback.dirpath).mkdir(parents=True, exist_ok=True)
    arguments["callbacks"] = [*training.callbacks, *callbacks, StopHandlers()]
    arguments["plugins"] = [
        *as_list(arguments.get("plugins")),
        WholeCheckpointIO(resume.entries if resume else None),
        *own_plugins(),
    ]
    # Lightning would begin a job of SLURM with any `hpc_ckpt_1.ckpt` of the working folder.
    arguments["default_root_dir"] = arguments.get("default_root_dir") or str(folder)
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
