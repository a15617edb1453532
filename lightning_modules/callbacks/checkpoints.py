"""Lightning's checkpoints and early stopping, for a run that may be stopped, resumed, and moved before."""

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

from greenlight_films.datamodules.errors import InputError
from greenlight_films.lightning_modules.callbacks.stop import STOP

ASKS = 8
"""Steps after which several devices ask each other whether one was told to stop."""


class RunCheckpoint(ModelCheckpoint):
    """Checkpoints of a run whose folder may be moved: a resumed run knows its best epoch by the file's name."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state with the paths where the files are now; nothing, if the best one isn't here."""

        def here(path: str) -> str:
            return str(Path(str(self.dirpath)) / Path(path).name) if path else path

        if not state_dict["best_model_path"] or not Path(here(state_dict["best_model_path"])).is_file():
            return
        moved = {name: here(state_dict[name]) for name in ("best_model_path", "kth_best_model_path", "last_model_path")}
        best = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep a network that has learned nothing from being scored.

        Raises:
            InputError: no epoch was any good.
        """
        super().on_fit_end(trainer, pl_module)
        if self.best_model_score is not None and not self.best_model_score.isfinite():
            raise InputError(
                f"training diverged, no epoch has a finite {self.monitor}: give a smaller --model.learning_rate"
            )


class LastCheckpoint(RunCheckpoint):
    """The checkpoint that a run goes on from: of the last epoch, or of the step after which it was told to stop.

    It comes behind the one of the best epoch: a run killed between the two repeats an epoch, and finds it the best
    again. The other way round it would be lost.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """From here on, stop at a step's end."""
        super().setup(trainer, pl_module, stage)
        STOP.waits = stage == "fit"

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin in the middle of an epoch, if it was left there."""
        super().on_train_start(trainer, pl_module)
        # Lightning does so when it makes the loader, but a schedule that asks for the number of steps has it made
        # before the checkpoint is read.
        trainer.fit_loop._load_combined_loader_states()

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Stop at once again."""
        super().teardown(trainer, pl_module, stage)
        STOP.waits = False
        if stage == "fit" and STOP.told is not None:
            raise KeyboardInterrupt

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Stop at once again."""
        super().on_exception(trainer, pl_module, exception)
        STOP.waits = False

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop, if told to, where an epoch can be taken up again: behind a step, and not where validation is due."""
        done = batch_idx + 1
        # To ask other devices, a GPU must wait for its step to end.
        asks = trainer.world_size == 1 or done % ASKS == 0
        steps = done % trainer.accumulate_grad_batches == 0
        validates = trainer.is_last_batch or (trainer.val_check_batch and done % trainer.val_check_batch == 0)
        if asks and steps and not validates and _is_told(trainer):
            self._save(trainer)
            raise KeyboardInterrupt

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, and stop if told to."""
        for logger in trainer.loggers:
            logger.save()  # a killed process would lose curves that its checkpoint is past
        super().on_train_epoch_end(trainer, pl_module)
        if _is_told(trainer):
            raise KeyboardInterrupt

    def _save(self, trainer: pl.Trainer) -> None:
        for logger in trainer.loggers:
            logger.save()
        trainer.save_checkpoint(Path(str(self.dirpath)) / "last.ckpt")


def _is_told(trainer: pl.Trainer) -> bool:
    return trainer.strategy.reduce_boolean_decision(STOP.told is not None, all=False)


class Patience(EarlyStopping):
    """Early stopping whose patience is the one given, also in a resumed run."""

    @property
    def has_ended(self) -> bool:
        """Tell whether training has stopped, and the patience given is no longer than what it stopped for."""
        out = EarlyStoppingReason.PATIENCE_EXHAUSTED
        if self.stopping_reason == out:
            return self.wait_count >= self.patience
        return self.stopping_reason != EarlyStoppingReason.NOT_STOPPED

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over all but the patience."""
        super().load_state_dict({**state_dict, "patience": self.patience})
        if not self.has_ended:
            self.stopping_reason = EarlyStoppingReason.NOT_STOPPED

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Train no further where it had stopped before."""
        trainer.should_stop = trainer.should_stop or self.has_ended
