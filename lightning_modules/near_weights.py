"""`NearWeights`: what labels add to a film beside their mean vectors, where their records go by how near films are."""

from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from greenlight_films.lightning_modules.additive_mlp import AdditiveLayer


class NearWeights:
    """The vectors of labels in films, less those that the labels have in typical films: `RowWeights` of a network.

    Attributes:
        numbers: (n,) int64, the columns of the dense block that it depends on.
    """

    def __init__(self, layer: "AdditiveLayer") -> None:
        weight, values = layer.input_weight.detach().float(), layer.values.float()
        inputs = [near.plan["inputs"] for near in layer.near_films()]
        modules = [near if weight.dtype == layer.bias.dtype else deepcopy(near).float() for near in layer.near_films()]
        self.parts = [(near, weight[own], values[:, own]) for near, own in zip(modules, inputs, strict=True)]
        numbers = {number for near in layer.near_films() for number in near.plan["dense"]}
        self.numbers = torch.tensor(sorted(numbers), device=weight.device)

    def concerns(self, labels: Tensor) -> Tensor:
        """Return whether the vectors of label columns, (n,) int64, depend on the film, (n,) bool."""
        return torch.stack([near.concerns(labels) for near, _, _ in self.parts]).any(0)

    @torch.no_grad()
    def __call__(self, dense: Tensor, row: Tensor, labels: Tensor) -> Tensor:
        """Return vectors, (n, width), of labels in films.

        Args:
            dense: (n_rows, n_dense or more), the films' numbers.
            row: (n,) int64, the film of each label.
            labels: (n,) int64, label columns.
        """
        parts = [(near.inputs_of(dense, row, labels) - values[labels]) @ weight for near, weight, values in self.parts]
        return torch.stack(parts).sum(0)
