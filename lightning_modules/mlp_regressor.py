"""The LightningModule around the additive MLP: loss and scores."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import inf
from time import perf_counter
from typing import Any, Literal, cast

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from greenlight_films.datamodules import Batch, FilmDataModule, InputError, Scores, SharedBatchSampler
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.importance import keep_freed_memory
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.column_shard import ColumnShard
from greenlight_films.lightning_modules.label_runs import runs_of
from greenlight_films.lightning_modules.optimisers.choice import OptimiserName
from greenlight_films.lightning_modules.optimisers.optimised import OptimisedNetwork
from greenlight_films.lightning_modules.predictions import FirstFit, Predictions

LOSSES: dict[str, Callable[..., Tensor]] = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.huber_loss}

PARTS = ("dense", "label")
WIDEST = 65_536  # units of a hidden layer
MOST_MEMBERS = 1_000


class MLPRegressor(OptimisedNetwork):
    """Predicts a film's target from numbers and labels.

    Args:
        hidden: widths of the hidden layers.
        dropout: share of hidden units dropped in training.
        label_dropout: share of a film's labels dropped in training, the same ones for all members.
        loss: on the standardised target; mae and huber care less for single films far off.
        optimiser: adamw is Adam with decoupled weight decay. The row-wise ones update the rows of a step's labels, and
            all other weights by AdamW. auto takes rowwise_adagrad where labels are many, else adamw.
        learning_rate: of the first step.
        schedule: cosine lowers the learning rate to 0 over the training.
        first_weight_decay: of the first layer; it also shrinks rows of labels that a batch doesn't have, by a row-wise
            optimiser once a batch has them again.
        tail_weight_decay: of the layers behind it.
        seed: of the initial weights and of dropout.
        members: networks side by side, whose mean is predicted; each has its own loss, training stops by the mean's.
        heads: predictions of each network, by hidden layers that they share; their mean is predicted.
        activation: of the hidden layers.
        shard_first: on several processes, each has hidden[0] / processes columns of labels' rows, for tables that don't
            fit one device.
        label_decay: adds label_decay / N · Σ |row|² / √films to the loss: of labels' rows, N being the training rows.

    Attributes:
        scores: by side, in the target's unit, of the last epoch that was scored.
        predicted: (n_rows,) float64 in the target's unit, of the last rows predicted, in the table's order.
        first_fit: of a refitted network; its predictions stand for those of validation rows, which were learnt from.
        spread: (n_rows,) float32, the standard deviation of the heads' and members' predictions of these, as learnt.
        seconds: that training took here; None before it is over.
    """

    def __init__(
        self,
        hidden: list[int] = [128, 64],  # noqa: B006 (never changed)
        dropout: float = 0.0,
        label_dropout: float = 0.0,
        loss: Literal["mse", "mae", "huber"] = "mse",
        optimiser: OptimiserName = "auto",
        learning_rate: float = 1e-3,
        schedule: Literal["none", "cosine"] = "none",
        first_weight_decay: float = 0.0,
        tail_weight_decay: float = 0.0,
        seed: int = 42,
        members: int = 1,
        heads: int = 1,
        activation: Literal["relu", "silu"] = "relu",
        label_decay: float = 0.0,
        shard_first: bool = False,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        _check(dict(self.hparams))
        self.network = None
        self.predictions = Predictions()
        self.scores: dict[str, Scores] = {}
        self.predicted: np.ndarray | None = None
        self.first_fit: FirstFit | None = None
        self.spread: np.ndarray | None = None
        self.summed_loss, self.n_trained, self.is_loss_logged = torch.zeros(()), 0, False
        self.summed_devices = torch.zeros(1)
        self.row_weights: Tensor | None = None
        self.decay: Tensor | None = None  # of each row of `label_weight`
        self.seconds: float | None = None
        self.start = 0.0

    def setup(self, stage: str) -> None:
        """Build the network, once the data says how wide it is."""
        if self.network is None:
            self.build(self.films)
        if stage == "fit":
            self.choose_gradients()
        else:
            self.set_columns_aside()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep how far the epoch's loss is summed, on each device, and for which data the network was built."""
        checkpoint["network_sizes"] = self.built.data_sizes
        checkpoint["first_fit"] = self.first_fit and asdict(self.first_fit)
        summed = [torch.zeros_like(self.summed_loss) for _ in range(self.trainer.world_size)]
        if len(summed) > 1:
            torch.distributed.all_gather(summed, self.summed_loss)
        else:
            summed = [self.summed_loss]
        checkpoint["train_loss"] = {"summed": torch.stack(summed).cpu(), "films": self.n_trained}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Build the network as wide as the checkpoint's, where no data has said so yet."""
        if "train_loss" in checkpoint:  # older ones lack it, and end with an epoch
            self.summed_devices, self.n_trained = checkpoint["train_loss"]["summed"], checkpoint["train_loss"]["films"]
            is_sum = self.summed_devices.ndim == 1 and self.summed_devices.is_floating_point()
            if not is_sum or type(self.n_trained) is not int or not 0 <= self.n_trained < 2**63:
                raise TypeError(f"train_loss must be a sum of each device and a count, got {checkpoint['train_loss']}")
        self.first_fit = FirstFit(**kept) if (kept := checkpoint.get("first_fit")) else None
        if self.network is None:
            self.build_for(checkpoint)

    def build_for(self, checkpoint: dict[str, Any], shard: ColumnShard | None = None) -> None:
        """Build the network, or this process's columns of it, as wide as a checkpoint's."""
        n_dense, n_labels = (len(checkpoint["state_dict"][f"network.first.{part}_weight"]) for part in PARTS)
        sizes = checkpoint.get("network_sizes", {"n_dense": n_dense, "n_labels": n_labels})  # older ones lack it
        self._build(**sizes, shard=shard)

    def build(self, data: FilmDataModule, shard: ColumnShard | None = None) -> None:
        """Build the network, or this process's columns of it, before callbacks that copy it in their `setup`."""
        space, crossed = data.fitted.encoder.space, data.films.crossed
        self._build(
            n_dense=space.n_dense,
            n_labels=space.n_labels,
            encodings=space.encodings(),
            label_runs=runs_of(space.with_row()),
            shard=shard,
            **({} if crossed is None else crossed.labels.sizes()),
        )
        if crossed is not None:
            self.built.set_inputs(crossed.labels)

    def _build(self, **of_data: Any) -> None:
        names = ("hidden", "dropout", "label_dropout", "seed", "members", "heads", "activation")
        self.network = AdditiveMLP(**of_data, **{name: self.hparams[name] for name in names})

    def forward(self, batch: Batch) -> Tensor:
        """Return scaled predictions, (n,)."""
        return self.built(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Draw this batch's dropout from (seed, epoch, batch, device), so that a resumed run draws the same."""
        super().on_train_batch_start(batch, batch_idx)
        key = (self.hparams["seed"], self.current_epoch, batch_idx, self.global_rank)
        mixed = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])
        # Not torch.manual_seed: where no GPU is in use, it notes the whole call stack for one, each time.
        generator = torch.cuda.default_generators[self.device.index] if self.on_gpu else torch.default_generator
        generator.manual_seed(mixed >> 1)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the sum of the members' losses: its gradients are those of each member alone. Their mean is logged.

        A member's loss is the mean of its heads'.
        """
        scaled = self.built.each(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
        sampler: SharedBatchSampler = cast(Any, self.trainer.train_dataloader).sampler
        rows, of_all = len(batch.target), sampler.rows_of(batch_idx)
        # A device whose part has no row takes the step with the others.
        weights = None if self.row_weights is None else self.row_weights[batch.row, None]
        loss = self._loss(scaled, batch.target[:, None].expand_as(scaled), weights) if rows else scaled.sum()
        # Summed here and logged once an epoch: `self.log` at each step takes a tenth of it.
        self.summed_loss += loss.detach() * rows
        self.n_trained += of_all
        if self.trainer.is_last_batch:
            self._log_loss()  # for callbacks at the epoch's end
        # Lightning takes the mean over devices; weighted so, it is the mean over rows.
        loss = loss * self.hparams["members"] * (rows * self.trainer.world_size / of_all)
        if self.decay is None:
            return loss
        penalty = self.built.first.penalty(self.decay, batch.labels)
        return loss + penalty * (self.trainer.world_size / of_all if self.has_row_gradients else 1)

    def on_fit_start(self) -> None:
        keep_freed_memory()  # the gradients'
        self.start = perf_counter()

    def on_fit_end(self) -> None:
        self.seconds = perf_counter() - self.start

    def on_train_start(self) -> None:
        """Take up the sum of an epoch's loss that was stopped in the middle, and the weights of rows."""
        parts = self.summed_devices
        if len(parts) != self.trainer.world_size:  # devices were added or taken away
            parts = F.pad(parts.sum()[None], (0, self.trainer.world_size - 1))
        self.summed_loss = parts[self.global_rank].to(self.device)
        weights = self.films.films.loss_weights()
        self.row_weights = None if weights is None else torch.from_numpy(weights).float().to(self.device)
        if self.hparams["label_decay"]:
            n_films = np.maximum(self.films.films.label_films(), 1)
            # A row of n films has its share n times an epoch, or a part of it at each step.
            times = n_films if self.has_row_gradients else len(self.films.films.learnt)
            of_label = torch.from_numpy(self.hparams["label_decay"] / times / np.sqrt(n_films)).float()
            self.decay = self.built.first.by_row(of_label.to(self.device))

    def on_train_epoch_end(self) -> None:
        """Log the loss of the epoch, which may end early.

        Lightning would write it when the epoch's checkpoint is written, and a kill between lose it.
        """
        if self.n_trained and not self.is_loss_logged:
            self._log_loss()
        if self.n_trained:
            log_epoch(self.trainer, {"train/loss": self.trainer.callback_metrics["train/loss"]})

    def on_train_epoch_start(self) -> None:
        self.summed_loss = torch.zeros((), device=self.device)
        self.n_trained, self.is_loss_logged = 0, False

    def _log_loss(self) -> None:
        mean = self.summed_loss * self.trainer.world_size / self.n_trained
        self.log("train/loss", mean, on_step=False, on_epoch=True, batch_size=1, sync_dist=True, logger=False)
        self.is_loss_logged = True

    def _collect(self, batch: Batch, batch_idx: int) -> None:
        each = self.built.each(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
        self.predictions.update(batch.row, each)

    validation_step = test_step = predict_step = _collect

    def on_validation_epoch_end(self) -> None:
        self._log_scores("val")

    def on_test_epoch_end(self) -> None:
        self._log_scores("test")

    def on_predict_epoch_end(self) -> None:
        self._gather()

    def _gather(self) -> tuple[np.ndarray, np.ndarray]:
        """Keep the predictions of all rows of all devices, and return the rows and their scaled predictions."""
        row, scaled, self.spread = self.predictions.compute()
        self.predictions.reset()
        scale, rows = self.films.fitted.scale, self.films.films.rows
        self.predicted = scale.inverse(scaled)
        if self.first_fit is not None and rows is not None:
            self.first_fit.put_in(self.predicted, row, rows.val)
            scaled = scale.forward(self.predicted)
        return row, scaled

    def _log_scores(self, side: str) -> None:
        row, scaled = self._gather()
        assert self.predicted is not None
        actual = self.films.films.actual[row]
        target = torch.from_numpy(self.films.fitted.scale.forward(actual))
        weights = self.films.films.weights
        of_rows = None if weights is None or np.ptp(weights) == 0 else weights[row]
        side_weights = None if of_rows is None else torch.from_numpy(of_rows / of_rows.mean())
        loss = self._loss(torch.from_numpy(scaled).double(), target, side_weights)
        self.scores[side] = self.films.fitted.scale.scores(actual, self.predicted, of_rows)
        self.log_dict({f"{side}/{name}": value for name, value in self.scores[side].items()})
        self.log(f"{side}/loss", loss.float(), prog_bar=side == "val")

    def _loss(self, scaled: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the mean loss; with weights of mean 1, the weighted mean."""
        loss = LOSSES[self.hparams["loss"]]
        return loss(scaled, target) if weights is None else (loss(scaled, target, reduction="none") * weights).mean()


def log_epoch(trainer: pl.Trainer, values: Mapping[str, Tensor | float]) -> None:
    """Log what is known at the end of an epoch of training, at its last step."""
    numbers = {name: float(value) for name, value in values.items()}
    for logger in trainer.loggers:
        logger.log_metrics({**numbers, "epoch": trainer.current_epoch}, step=trainer.global_step - 1)


def _check(hp: dict[str, Any]) -> None:
    refuse_other_types(MLPRegressor.__init__, hp, "model.{}")
    widths = hp["hidden"]
    rules = (
        *((name, 0 <= hp[name] < 1, "at least 0 and below 1") for name in hp if name.endswith("dropout")),
        *((name, 0 <= hp[name] < inf, "0 or more and finite") for name in hp if name.endswith("_decay")),
        ("seed", 0 <= hp["seed"] < 2**63, "0 or more and below 2**63"),
        *((name, 1 <= hp[name] <= MOST_MEMBERS, f"from 1 to {MOST_MEMBERS:,}") for name in ("members", "heads")),
        ("hidden", widths and min(widths) >= 1 and max(widths) <= WIDEST, f"one or more widths from 1 to {WIDEST:,}"),
        ("learning_rate", 0 < hp["learning_rate"] < inf, "above 0 and finite"),
    )
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in hp.items()}
    problems = [f"model.{name} must be {rule}, got {shown[name]}" for name, holds, rule in rules if not holds]
    if problems:
        raise InputError("\n".join(problems))
