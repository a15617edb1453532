"""Early stopping for runs that may be resumed with another patience, and after a number of epochs."""

from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason


class Patience(EarlyStopping):
    """Early stopping whose patience is the one given, also in a resumed run."""

    @property
    def has_ended(self) -> bool:
        """Tell whether training has stopped, and the patience given is no longer than what it stopped for."""
        if self.stopping_reason == EarlyStoppingReason.PATIENCE_EXHAUSTED:
            return self.wait_count >= self.patience
        return self.stopping_reason != EarlyStoppingReason.NOT_STOPPED

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore all but the patience."""
        super().load_state_dict({**state_dict, "patience": self.patience})
        if not self.has_ended:
            self.stopping_reason = EarlyStoppingReason.NOT_STOPPED

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Train no further where training had stopped before."""
        trainer.should_stop = trainer.should_stop or self.has_ended


class EpochLimit(Callback):
    """Ends training after some epochs, wherever its learning rate would have gone on to."""

    def __init__(self, n_epochs: int) -> None:
        self.n_epochs = n_epochs

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = trainer.should_stop or trainer.current_epoch + 1 >= self.n_epochs
