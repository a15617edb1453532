"""`NearWeights`: what labels add to a film beside their mean vectors, where their records go by how near films are."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor

from greenlight_films.datamodules.crossed.near_films import NearFilms


class NearWeights:
    """The vectors of labels in films, less those that the labels have in typical films: `RowWeights` of a network.

    Args:
        near: the records that the network has.
        weight: (n_inputs, width) float32, of all inputs of labels.
        values: (n_labels, n_inputs) float32, the inputs of labels in typical films.

    Attributes:
        numbers: (n,) int64, the columns of the dense block that it depends on.
    """

    def __init__(self, near: Sequence[NearFilms], weight: Tensor, values: Tensor) -> None:
        modules = [part if part.pull.dtype == weight.dtype else deepcopy(part).float() for part in near]
        inputs = [part.plan["inputs"] for part in near]
        self.parts = [(part, weight[own], values[:, own]) for part, own in zip(modules, inputs, strict=True)]
        numbers = {number for part in near for number in part.plan["dense"]}
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
