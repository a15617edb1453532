"""The part of a LightningModule that makes the optimiser, its schedule, and the gradients that it takes."""

from typing import Any, cast

import lightning.pytorch as pl
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.column_shard import ColumnShard
from greenlight_films.lightning_modules.optimisers.choice import ROWWISE, OptimiserName, build_optimiser, resolved
from greenlight_films.lightning_modules.optimisers.row_gradients import mean_of_processes, with_dense_gradients


class OptimisedNetwork(pl.LightningModule):
    """Trains an additive network; see `MLPRegressor` for the settings.

    With a row-wise optimiser the gradient of labels' rows is a sparse tensor, which Lightning can't clip and DDP can't
    exchange: both are done here. So are they where each process has some columns of these rows, whose gradients need no
    exchange.

    Attributes:
        ends_step: whether the optimiser takes a step after the batch that is in work.
        columns: this process's own of labels' rows, while Lightning gives all processes the weights of the first.
    """

    network: AdditiveMLP | None
    ends_step = True
    columns: Tensor | None = None

    @property
    def films(self) -> FilmDataModule:
        """Return the datamodule that the trainer works on."""
        return cast(FilmDataModule, cast(Any, self.trainer).datamodule)

    @property
    def built(self) -> AdditiveMLP:
        """Return the network, once `setup` has built it."""
        assert self.network is not None, "setup() comes first"
        return self.network

    @property
    def optimiser_name(self) -> OptimiserName:
        """Return the name of the optimiser, which `auto` chooses by the data."""
        name: OptimiserName = self.hparams["optimiser"]
        if name != "auto":
            return name
        batch_size = self.films.batch_size * self.trainer.accumulate_grad_batches
        return resolved(name, len(self.built.first.label_weight), batch_size)

    @property
    def shard(self) -> ColumnShard | None:
        """Return which columns of labels' rows this process has; None where it has all."""
        return None if self.network is None else self.network.first.shard

    def new_shard(self, trainer: pl.Trainer, strategy: Any) -> ColumnShard | None:
        """Return which columns this process of a trainer is to have, by the settings; None where it has all.

        Raises:
            InputError: the columns can't be shared out, or not with this `strategy`, as it was given.
        """
        width, members, n_processes = self.hparams["hidden"][0], self.hparams["members"], trainer.world_size
        if n_processes == 1 or not self.hparams["shard_first"]:
            return None
        if width % n_processes:
            raise InputError(
                f"model.hidden must begin with a multiple of the {n_processes} processes, got {width}: "
                "model.shard_first shares these units out"
            )
        if strategy != "ddp" or trainer.precision not in ("32-true", "bf16-mixed"):
            raise InputError(
                "model.shard_first on several processes needs trainer.strategy ddp and trainer.precision 32-true or "
                f"bf16-mixed, got {strategy} and {trainer.precision}"
            )
        return ColumnShard(trainer.global_rank, n_processes, members)

    def set_columns_aside(self) -> None:
        """Leave no columns of its own in the network until an evaluation starts."""
        if self.shard:
            first = self.built.first
            self.columns, first.label_weight = first.label_weight.detach(), nn.Parameter(first.bias.new_zeros(0))

    def take_columns_back(self) -> None:
        """Undo `set_columns_aside`."""
        if self.columns is not None:
            self.built.first.label_weight = nn.Parameter(self.columns.to(self.device))
            self.columns = None

    on_validation_start = on_test_start = on_predict_start = take_columns_back

    @property
    def has_row_gradients(self) -> bool:
        """Return whether the gradient of labels' rows is sparse."""
        return self.network is not None and self.network.first.row_gradients

    def choose_gradients(self) -> None:
        """Make gradients of labels' rows sparse where the optimiser is row-wise; before DDP takes the network over."""
        first = self.built.first
        first.row_gradients = self.optimiser_name in ROWWISE
        # DDP exchanges dense gradients of all weights that require one when it takes them over.
        first.label_weight.requires_grad_(not first.row_gradients and first.shard is None)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        done = (batch_idx + 1) % self.trainer.accumulate_grad_batches == 0
        self.ends_step = done or self.trainer.is_last_batch

    def on_after_backward(self) -> None:
        """Exchange the gradients of labels' rows between processes where a step follows."""
        if self.has_row_gradients and self.ends_step:
            table = self.built.first.label_weight
            assert table.grad is not None
            table.grad = mean_of_processes(table.grad, 1 if self.shard else self.trainer.world_size)

    def gradient_norm(self) -> Tensor:
        """Return the norm of all gradients, (), of columns in other processes too; all call it together."""
        table = self.built.first.label_weight
        parts = [[weight for weight in self.parameters() if weight is not table], [table]]
        gradients = [
            [weight.grad for weight in with_dense_gradients(part) if weight.grad is not None] for part in parts
        ]
        if self.shard is None:
            return get_total_norm([*gradients[0], *gradients[1]])
        others, own = map(get_total_norm, gradients)
        return (others.square() + self.shard.summed(own.square())).sqrt()

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip gradients as Lightning does, sparse ones and those of some columns too."""
        if self.shard and gradient_clip_val and gradient_clip_algorithm != "value":
            clip_grads_with_norm_(with_dense_gradients(self.parameters()), gradient_clip_val, self.gradient_norm())
            return
        if self.has_row_gradients and gradient_clip_val:
            optimizer = SGD(with_dense_gradients(self.parameters()), lr=0.0)  # Lightning clips those of an optimiser
        self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)

    def configure_optimizers(self) -> Any:
        """Return the optimiser and the schedule."""
        # Fused is three times as fast; with mixed precision Lightning can't clip gradients under it.
        fused, settings = not self.trainer.gradient_clip_val, dict(self.hparams)
        optimiser = build_optimiser(self.built, self.optimiser_name, settings, fused)
        self.built.first.label_weight.requires_grad_()  # see `choose_gradients`
        if settings["schedule"] == "none":
            return optimiser
        if self.trainer.estimated_stepping_batches == float("inf"):
            raise InputError("model.schedule cosine needs an end: trainer.max_epochs must be 1 or more, got -1")
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        schedule = CosineAnnealingLR(optimiser, T_max=steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
