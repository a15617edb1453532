"""Optimisers of tables of which a step touches few rows: they update these rows, and no others."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from math import log1p
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from greenlight_films.lightning_modules.column_shard import ColumnShard
from greenlight_films.lightning_modules.optimisers.row_gradients import coalesced

MOST_SHRUNK = 0.999  # the share of a weight that decay takes in a step, at most


class Rowwise(Optimizer, ABC):
    """Updates the rows of tables that have a gradient, a sparse one, by a second moment for each row.

    Weight decay is decoupled, as in AdamW. A row that a step doesn't touch is left alone; when it is touched next, it
    shrinks by what it has missed.

    Args:
        parameters: tables, (n_rows, width) each.
        lr: the learning rate.
        weight_decay: the share, times the learning rate, that a row loses at each step, also at steps it has missed.
        parts: equal parts of a row's columns that have a second moment each; more than one where tables of several
            networks stand side by side.
        options: further numbers of the method.

    Attributes:
        shard: which columns of whole tables these are; a row's second moment is that of all its columns. None where
            they are whole.
    """

    shard: ColumnShard | None = None

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0, parts: int = 1, **options: Any
    ) -> None:
        usual = {"lr": lr, "weight_decay": weight_decay, "parts": parts, **options}
        super().__init__(parameters, {**usual, "steps": 0, "log_shrunk": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update the touched rows of every table; return what the closure, which makes the gradients, returned."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            group["steps"] += 1
            group["log_shrunk"] += log1p(-min(group["lr"] * group["weight_decay"], MOST_SHRUNK))
            for table in group["params"]:
                if table.grad is not None:
                    gradient = coalesced(table.grad)
                    self._update(table, gradient.indices()[0], gradient.values(), group)
        return loss

    def _update(self, table: Tensor, rows: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[table]
        if "moment" not in state:
            state["moment"] = table.new_zeros((len(table), group["parts"]))
        moment = state["moment"].index_select(0, rows)
        by_part = gradient.view(len(rows), group["parts"], -1)
        change = self._change(table, rows, by_part, moment, group).view_as(gradient)
        state["moment"].index_copy_(0, rows, moment)
        if not group["weight_decay"]:
            table.index_add_(0, rows, change)
            return
        if "shrunk" not in state:
            state["shrunk"] = table.new_zeros(len(table))
        kept = (group["log_shrunk"] - state["shrunk"].index_select(0, rows)).exp_()
        state["shrunk"].index_fill_(0, rows, group["log_shrunk"])
        table.index_copy_(0, rows, change.addcmul_(table.index_select(0, rows), kept[:, None]))

    def _mean_square(self, gradient: Tensor) -> Tensor:
        """Return the mean squares of (n, parts, width), (n, parts), over columns of all processes."""
        mean = torch.linalg.vector_norm(gradient, dim=2).square_().div_(gradient.shape[2])
        return mean if self.shard is None else self.shard.summed(mean).div_(self.shard.size)

    @abstractmethod
    def _change(self, table: Tensor, rows: Tensor, gradient: Tensor, moment: Tensor, group: dict[str, Any]) -> Tensor:
        """Return what is added to rows of a table, in new memory, (n, parts, width / parts) as their gradient.

        `moment`, (n, parts), are their second moments, which are brought up to date in place.
        """


class RowwiseAdagrad(Rowwise):
    """Adagrad with the sum of a row's mean squares, one number a row, as its only state.

    With weight decay a second number says how far the row has shrunk. With tables of width 1 it is Adagrad (Duchi,
    Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-2,
        weight_decay: float = 0.0,
        parts: int = 1,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, parts, eps=eps)

    def _change(self, table: Tensor, rows: Tensor, gradient: Tensor, moment: Tensor, group: dict[str, Any]) -> Tensor:
        moment.add_(self._mean_square(gradient))
        return gradient * moment.sqrt().add_(group["eps"]).reciprocal_().mul_(-group["lr"])[..., None]


class RowwiseAdam(Rowwise):
    """Adam with one second moment a row, the mean of its elements'; moments of untouched rows stay as they are.

    With tables of width 1 it is torch's SparseAdam (Kingma and Ba 2014, https://doi.org/10.48550/arXiv.1412.6980).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        parts: int = 1,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, parts, betas=betas, eps=eps)

    def _change(self, table: Tensor, rows: Tensor, gradient: Tensor, moment: Tensor, group: dict[str, Any]) -> Tensor:
        state, (beta, beta_2) = self.state[table], group["betas"]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(table)
        mean = state["mean"].index_select(0, rows).lerp_(gradient.flatten(1), 1 - beta)
        state["mean"].index_copy_(0, rows, mean)
        moment.lerp_(self._mean_square(gradient), 1 - beta_2)
        deviation = (moment / (1 - beta_2 ** group["steps"])).sqrt_().add_(group["eps"])
        rate = group["lr"] / (1 - beta ** group["steps"])
        return mean.view_as(gradient).mul_(deviation.reciprocal_().mul_(-rate)[..., None])
