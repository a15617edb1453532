"""`LabelRows`: rows of weights of labels whose columns other processes have a part of, fetched when they are needed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.lightning_modules.optimisers.row_gradients import dense_bag


@dataclass(frozen=True)
class LabelRows:
    """What labels add to sums, (n_labels, width) float32, as the table of a `LinearLayer`.

    While a process looks rows up, the others must look some up too, or `AdditiveLayer.answer` it.

    Attributes:
        n_labels: how many rows there are.
        own: returns the sums of labels' own rows, as `AdditiveLayer.sums_of_rows`; None where these don't count.
        values: (n_labels, n_inputs) float32, what labels are beside their names.
        input_weight: (n_inputs, width) float32, of these inputs.
    """

    n_labels: int
    own: Callable[[Tensor, Tensor, Tensor], Tensor] | None
    values: Tensor
    input_weight: Tensor

    def __len__(self) -> int:
        return self.n_labels

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return the rows of labels, (n,), in a new tensor, (n, width); `dim` is 0."""
        offsets = torch.arange(len(index) + 1, device=index.device)
        return self.summed(index, offsets, torch.ones(len(index), device=index.device))

    @torch.no_grad()
    def summed(self, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the sums of rows that films' labels have, (n, width); see `Batch` for the arguments."""
        labels, offsets = labels.int(), offsets.int()
        if self.own is not None:
            of_rows = self.own(labels, offsets, weights)
        else:
            of_rows = self.input_weight.new_zeros(len(offsets) - 1, self.input_weight.shape[1])
        if len(self.input_weight):  # torch has no bags of rows without columns
            of_rows += dense_bag(self.values, labels, offsets, weights) @ self.input_weight
        return of_rows
