"""Checkpoints of a run that may be stopped, resumed and moved: whole files, of the best and of the last epoch."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback, ModelCheckpoint

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.whole_files import write_whole
from greenlight_films.lightning_modules.callbacks.signals import STOP

STEPS_BETWEEN_QUESTIONS = 8  # steps after which several devices ask each other whether one got a signal to stop
DIGEST = "greenlight_digest"  # the entry of a checkpoint that tells whether others were changed
OF_TRAINING = ("optimizer_states", "lr_schedulers", "callbacks", "current_model_state", "averaging_state")
"""Entries that nothing but going on with training needs: of the optimiser, of averages of weights, of callbacks."""


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and renames: Lightning's own way goes through a temporary folder and copies.

    Args:
        loaded: a checkpoint that was read before, and is not read again.
        weights_alone: the checkpoint file that is written without what only training needs. Lightning's own
            `save_weights_only` would leave out averages of weights that are to be the network's.
    """

    def __init__(self, loaded: dict[str, Any] | None = None, weights_alone: Path | None = None) -> None:
        super().__init__()
        self.loaded = loaded
        self.weights_alone = weights_alone

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint; the one before is there until the new one is on the disk."""
        if self.weights_alone is not None and Path(path).resolve() == self.weights_alone.resolve():
            checkpoint = {name: entry for name, entry in checkpoint.items() if name not in OF_TRAINING}
        checkpoint[DIGEST] = digest(checkpoint)
        if "://" in str(path):  # a bucket, which has no half-written files
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        write_whole({Path(path): lambda stream: torch.save(checkpoint, stream)})

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        if self.loaded is None:
            return super().load_checkpoint(path, map_location, weights_only)
        checkpoint, self.loaded = self.loaded, None
        return checkpoint


def digest(checkpoint: Mapping[str, Any]) -> str:
    """Return a hash of a checkpoint's entries, of tensors their types and shapes; files have sums of their bytes."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return str(value.dtype), tuple(value.shape)
        if isinstance(value, Mapping):
            return [(repr(key), plain(inner)) for key, inner in value.items() if key != DIGEST]
        return list(map(plain, value)) if isinstance(value, list | tuple) else repr(value)

    return sha256(repr(plain(checkpoint)).encode("utf-8", "backslashreplace")).hexdigest()


class RunCheckpoint(ModelCheckpoint):
    """Checkpoints of a run whose folder may be moved: a resumed run finds its best epoch by the file's name."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state with paths in this run's folder; nothing, if the best one isn't there."""

        def moved(path: str) -> str:
            return str(Path(str(self.dirpath)) / f"{self.filename}.ckpt") if path else path

        if not state_dict["best_model_path"] or not Path(moved(state_dict["best_model_path"])).is_file():
            return
        names = ("best_model_path", "kth_best_model_path", "last_model_path")
        paths = {name: moved(state_dict[name]) for name in names}
        best = {moved(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **paths, "best_k_models": best, "dirpath": self.dirpath})

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep a network that has learned nothing from being scored."""
        super().on_fit_end(trainer, pl_module)
        if self.best_model_score is not None and not self.best_model_score.isfinite():
            raise InputError(
                f"training diverged, no epoch has a finite {self.monitor}: give a smaller --model.learning_rate"
            )


class LastCheckpoint(RunCheckpoint):
    """The checkpoint that a run is resumed from: of the last epoch, or of the step after which a signal came.

    It is written after that of the best epoch: a run killed between the two repeats an epoch, and finds it the best
    again. The other way round the best epoch would be lost.
    """

    loader_states: Sequence[dict[str, int]] = ()

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self.loader_states = checkpoint["loops"]["fit_loop"]["state_dict"].get("combined_loader", ())

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Skip the batches that the epoch has had: Lightning doesn't, where a schedule has counted the steps before."""
        super().on_train_start(trainer, pl_module)
        for state in self.loader_states:
            trainer.train_dataloader.load_state_dict(state)  # type: ignore[union-attr] # of `FilmLoader`
        self.loader_states = ()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        super().setup(trainer, pl_module, stage)
        STOP.waits = stage == "fit"  # for the end of a step

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        super().teardown(trainer, pl_module, stage)
        STOP.waits = False
        if stage == "fit" and STOP.number is not None:
            raise KeyboardInterrupt

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        super().on_exception(trainer, pl_module, exception)
        STOP.waits = False

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop after a signal where an epoch can be resumed: after a step, and not where validation is due."""
        done = batch_idx + 1
        # To ask other devices, a GPU must wait for its step to end.
        asks = trainer.world_size == 1 or done % STEPS_BETWEEN_QUESTIONS == 0
        steps = done % trainer.accumulate_grad_batches == 0
        validates = trainer.is_last_batch or (trainer.val_check_batch and done % trainer.val_check_batch == 0)
        if asks and steps and not validates and _is_stopped(trainer):
            _save_logs(trainer)
            trainer.save_checkpoint(Path(str(self.dirpath)) / "last.ckpt")
            raise KeyboardInterrupt

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, and stop after a signal."""
        _save_logs(trainer)  # a killed process would lose curves that its checkpoint is past
        super().on_train_epoch_end(trainer, pl_module)
        if _is_stopped(trainer):
            raise KeyboardInterrupt


def _is_stopped(trainer: pl.Trainer) -> bool:
    return trainer.strategy.reduce_boolean_decision(STOP.number is not None, all=False)


def _save_logs(trainer: pl.Trainer) -> None:
    for logger in trainer.loggers:
        logger.save()


class StopHandlers(Callback):
    """Puts `STOP`'s handlers back in front of Lightning's.

    Lightning's handler talks to the other processes while they are in the midst of a step, and all may wait for ever.

    Attributes:
        has_started: whether a stage has begun, and with it all that a checkpoint holds was restored.
    """

    has_started = False

    def _install(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        STOP.install()
        self.has_started = True

    on_sanity_check_start = on_train_start = on_validation_start = on_test_start = on_predict_start = _install
