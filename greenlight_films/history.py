"""`History`: a Lightning callback that keeps losses and scores of every epoch, for `FilmRegressor.history_`."""

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback


class History(Callback):
    """Losses and scores by epoch, such as `val_loss`."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        scores = {
            name.replace("/", "_"): float(value) for name, value in trainer.callback_metrics.items() if "/" in name
        }
        self.epochs.append({"epoch": trainer.current_epoch, **scores})
