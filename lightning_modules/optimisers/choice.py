"""Which optimiser a network is trained with, by name, number of labels and batch size."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from math import inf
from typing import Any, Literal

import torch
from torch.optim import SGD, Adam, AdamW, Optimizer

from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.column_shard import keep_state_whole
from greenlight_films.lightning_modules.optimisers.rowwise import Rowwise, RowwiseAdagrad, RowwiseAdam

OptimiserName = Literal["auto", "adam", "adamw", "sgd", "rowwise_adagrad", "rowwise_adam"]

DENSE: dict[str, Any] = {"adam": Adam, "adamw": AdamW, "sgd": SGD}
ROWWISE: dict[str, tuple[type[Rowwise], int]] = {
    "rowwise_adagrad": (RowwiseAdagrad, 10),
    "rowwise_adam": (RowwiseAdam, 1),
}
"""By name, the optimiser of labels' rows and how many times the learning rate of other weights theirs is.

Measured on the ratings: with ten times the rate Adagrad's predictions are as good as those of dense Adam.
"""

ROWWISE_FROM = ((4_096, 100_000), (inf, 1_000_000))
"""Up to how many films a step `auto` is row-wise from how many labels on.

A step under Lightning, 128 units, 15 labels a film, in ms of CPU time, dense and row-wise: 7.0 and 4.4 of 25,000 labels
and 256 films, 34 and 5.1 of 100,000, 254 and 6.0 of a million; 56 and 25 of 100,000 labels and 4,096 films, 296 and 34
of a million.
"""


def resolved(name: OptimiserName, n_labels: int, batch_size: int) -> OptimiserName:
    """Return what `auto` stands for: row-wise Adagrad where labels are many, else AdamW; other names as they are.

    Args:
        n_labels: that have a row of weights.
        batch_size: films a step.
    """
    if name != "auto":
        return name
    least = next(labels for films, labels in ROWWISE_FROM if batch_size <= films)
    return "rowwise_adagrad" if n_labels >= least else "adamw"


def build_optimiser(network: AdditiveMLP, name: OptimiserName, settings: Mapping[str, Any], fused: bool) -> Optimizer:
    """Return the optimiser of a network's weights, its weight decay apart for the first layer and the tail.

    A row-wise one takes the rows of labels, and AdamW all other weights.

    Args:
        settings: learning_rate, first_weight_decay, tail_weight_decay, members.
        fused: all steps of dense weights in one kernel.
    """
    rate, decay = settings["learning_rate"], settings["first_weight_decay"]
    table = network.first.label_weight
    first = [*network.encoding.parameters(), *network.first.parameters()]
    if name in ROWWISE:
        first = [weight for weight in first if weight is not table]
    parts = ((first, decay), (network.tail.parameters(), settings["tail_weight_decay"]))
    groups = [{"params": list(weights), "weight_decay": of_part} for weights, of_part in parts]
    dense: Optimizer = DENSE.get(name, AdamW)(groups, lr=rate, fused=fused)
    optimiser, shard = dense, network.first.shard
    if name in ROWWISE:
        kind, times = ROWWISE[name]
        # What is lost at a step is decay times the rate.
        rows = kind([table], lr=times * rate, weight_decay=decay / times, parts=settings["members"])
        rows.shard = shard
        optimiser = CombinedOptimiser([dense, rows])
    if shard is not None:
        keep_state_whole(optimiser, table, shard)
    return optimiser


class CombinedOptimiser(Optimizer):
    """Several optimisers, each of weights of its own, as one: Lightning's loop takes one."""

    def __init__(self, optimisers: Sequence[Optimizer]) -> None:
        self.optimisers = list(optimisers)
        super().__init__([group for each in optimisers for group in each.param_groups], {})
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Let each take its step; return what the closure, which makes the gradients, returned."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for each in self.optimisers:
            each.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the state of all of them."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        groups = iter(self.param_groups)
        for each in self.optimisers:
            each.state, each.param_groups = self.state, list(islice(groups, len(each.param_groups)))
