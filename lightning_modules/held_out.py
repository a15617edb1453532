"""Predictions of held-out rows, gathered over batches and devices."""

from typing import Any

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

    def update(self, row: Tensor, scaled: Tensor) -> None:
        """Add a batch: its rows, (n,) int64, and predictions, (n,)."""
        self.row.append(row)
        self.scaled.append(scaled.detach().float())

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return rows, ascending, and their predictions, both on the CPU."""
        row, scaled = dim_zero_cat(self.row).cpu(), dim_zero_cat(self.scaled).cpu()
        order = torch.argsort(row)
        return row[order], scaled[order]
