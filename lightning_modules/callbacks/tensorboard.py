"""What TensorBoard shows of a training beside losses and scores: steps, gradients, settings, data, predictions."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.program import as_typed
from greenlight_films.lightning_modules.callbacks.data_summary import data_summary
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor, log_epoch

FINAL = ("test/rmse", "test/mae", "test/r2")  # the scores that stand beside a run's settings


def boards(trainer: pl.Trainer) -> list[TensorBoardLogger]:
    """Return the loggers that write for TensorBoard; none in a process that writes nothing."""
    return [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger) and trainer.is_global_zero]


def _measures(trainer: pl.Trainer, model: pl.LightningModule) -> bool:
    """Tell whether this process measures gradients: it writes, or has some columns of those that the first measures."""
    return bool(boards(trainer)) or cast(MLPRegressor, model).shard is not None


def show_hyperparameters(board: TensorBoardLogger, values: Mapping[str, Any], scores: list[str]) -> None:
    """Fill the tab HPARAMS: what a run was trained with, by key of a config, beside scalars that are logged already.

    `log_hyperparams` would log the scalars a second time. TensorBoard keeps to the first values of a run that it reads.
    """
    from torch.utils.tensorboard.summary import hparams  # half a second, for who writes anything

    shown = {key: value if isinstance(value, int | float) else as_typed(value) for key, value in values.items()}
    for summary in hparams(shown, dict.fromkeys(scores, 0.0)):  # type: ignore[no-untyped-call]
        board.experiment._get_file_writer().add_summary(summary)


def settings_of(model: MLPRegressor, films: FilmDataModule) -> dict[str, Any]:
    """Return what tells one training from another, by key of a config: the model's settings, batches, split, seeds."""
    split = films.declared.split
    return {
        # The parser notes by what it built the model, under a name of its own.
        **{f"model.{name}": value for name, value in model.hparams.items() if not name.startswith("_")},
        "data.batch_size": films.batch_size,
        "data.seed": films.seed,
        "data.split": type(split).__name__,
        **{f"data.split.{name}": value for name, value in asdict(split).items()},  # type: ignore[call-overload]
    }


ZERO = torch.zeros((), dtype=torch.float64)


class GradientNorms:
    """Mean and maximum of the gradients' total norm over steps, on the device: nothing waits for it."""

    def __init__(self, device: torch.device, total: Tensor = ZERO, highest: Tensor = ZERO, steps: int = 0) -> None:
        self.total, self.highest, self.steps = total.to(device, copy=True), highest.to(device, copy=True), steps

    def update(self, norm: Tensor) -> None:
        self.total += norm
        torch.maximum(self.highest, norm, out=self.highest)
        self.steps += 1

    def compute(self) -> dict[str, float]:
        """Return the mean and the maximum; empty without a step."""
        if not self.steps:
            return {}
        mean, highest = torch.stack([self.total / self.steps, self.highest]).tolist()
        return {"mean": mean, "max": highest}


class TensorBoard(Callback):
    """Writes for TensorBoard what Lightning doesn't; nothing without its logger.

    Args:
        gradient_norms: measure the gradients' total norm, before any clipping, at every so many steps of an epoch, from
            its first one on; 0 for never. At each step it takes a seventh of the time of training on many labels.
        histograms: of the weights behind the first layer, once an epoch.

    Attributes:
        config: of the run, as YAML; shown when training starts.
    """

    def __init__(self, gradient_norms: int = 20, histograms: bool = False) -> None:
        super().__init__()
        if gradient_norms < 0:
            raise InputError(f"tensorboard.gradient_norms must be 0 or more, got {gradient_norms}")
        self.gradient_norms = gradient_norms
        self.histograms = histograms
        self.config = ""
        self.norms: GradientNorms | None = None
        self.step = 0
        self.rate = 0.0
        self.taken_up: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        norms = [self.norms.total.cpu(), self.norms.highest.cpu(), self.norms.steps] if self.norms else []
        return {"rate": self.rate, "step": self.step, "norms": norms}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.taken_up = state_dict

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the texts, if the folder is new: a resumed run has them."""
        if self.taken_up and _measures(trainer, pl_module):  # an epoch that was stopped in the middle
            self.rate, self.step = self.taken_up["rate"], self.taken_up["step"]
            if self.gradient_norms and self.taken_up["norms"]:
                self.norms = GradientNorms(pl_module.device, *self.taken_up["norms"])
        for board in boards(trainer):
            if len(list(Path(board.log_dir).glob("events.out.tfevents.*"))) > 1:
                continue
            if self.config:
                board.experiment.add_text("config", f"```yaml\n{self.config.strip()}\n```")
            board.experiment.add_text("data", data_summary(cast(MLPRegressor, pl_module).films))

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the learning rate of the epoch's first step, and begin with its gradients."""
        self.norms, self.step = None, 0
        if _measures(trainer, pl_module):
            self.rate = float(trainer.optimizers[0].param_groups[0]["lr"])  # that of all groups
            self.norms = GradientNorms(pl_module.device) if self.gradient_norms else None

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Take the norm of the gradients, which Lightning clips after this."""
        if self.norms is None:
            return
        self.step += 1
        if (self.step - 1) % self.gradient_norms:
            return
        norm = cast(MLPRegressor, pl_module).gradient_norm()
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        if scaler is not None and getattr(optimizer, "_step_supports_amp_scaling", False):
            norm = norm / scaler.scale(torch.ones_like(norm))  # a fused optimiser undoes the scale itself, later
        self.norms.update(norm)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the learning rate and the norms of the epoch's gradients, and draw its weights."""
        if not boards(trainer):
            return
        values = self.norms.compute() if self.norms else {}
        norms = {f"train/gradient_norm_{name}": value for name, value in values.items()}
        log_epoch(trainer, {"train/learning_rate": self.rate, **norms})
        network = cast(MLPRegressor, pl_module).built
        for board in boards(trainer) if self.histograms else []:
            for name, weights in network.tail.named_parameters():
                board.experiment.add_histogram(f"tail/{name}", weights.detach(), trainer.global_step - 1)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw predictions against the truth, and show the settings beside the scores."""
        # Here, for matplotlib takes half a second.
        from greenlight_films.lightning_modules.callbacks.prediction_figure import held_out_chart

        model = cast(MLPRegressor, pl_module)
        for board in boards(trainer):
            assert model.predicted is not None
            figure = held_out_chart(model.films, model.predicted, model.scores["test"])
            board.experiment.add_figure("test/predictions", figure, trainer.global_step)
            show_hyperparameters(board, settings_of(model, model.films), list(FINAL))
