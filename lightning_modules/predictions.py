"""Predictions of held-out rows, gathered over batches and devices."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat


class Predictions(Metric):
    """Collects the rows of an epoch and their scaled predictions; `compute` returns those of all devices by row."""

    full_state_update = False
    row: list[Tensor]
    scaled: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("row", [], dist_reduce_fx="cat")
        self.add_state("scaled", [], dist_reduce_fx="cat")
        self.reset()

    def reset(self) -> None:
        """Forget all rows; what stays is empty in the right types, for a device that gets no row."""
        super().reset()
        self.update(torch.empty(0, dtype=torch.int64, device=self.device), torch.empty(0, device=self.device))

    def update(self, row: Tensor, scaled: Tensor) -> None:
        """Add a batch: its rows, (n,) int64, and predictions, (n,)."""
        self.row.append(row)
        self.scaled.append(scaled.detach().float())

    def compute(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows, ascending, and their predictions; arrays, since torchmetrics makes scalars of single tensors."""
        row, scaled = dim_zero_cat(self.row).cpu().numpy(), dim_zero_cat(self.scaled).cpu().numpy()
        order = np.argsort(row)
        return row[order], scaled[order]
