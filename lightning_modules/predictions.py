"""Predictions of films: of held-out rows, gathered over batches and devices, and by a network alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from greenlight_films.datamodules import Batch, EncodedFilms, FilmRows
from greenlight_films.importance.reference import BATCH_ROWS
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP


@dataclass(frozen=True)
class FirstFit:
    """What is kept of a network that learnt from training films alone, by one that was refitted after it.

    Attributes:
        epochs: after which its validation loss was lowest.
        predicted: (n_val,) float64, its predictions of the validation rows in the target's unit.
        scores: of these.
        intervals: that its errors on the validation rows give, as plain data; None where there can be none.
    """

    epochs: int
    predicted: Tensor
    scores: dict[str, float]
    intervals: dict[str, Any] | None

    def put_in(self, predicted: np.ndarray, row: np.ndarray, val: np.ndarray) -> None:
        """Replace those of (n,) predictions of rows, by index, that are of the validation rows, (n_val,) ascending."""
        held_out = np.isin(row, val)
        predicted[held_out] = self.predicted.numpy()[np.searchsorted(val, row[held_out])]


class Predictions(Metric):
    """Collects rows of an epoch, the means of their scaled predictions, and the standard deviations of these.

    `compute` returns those of all devices by row. A network has a prediction for each head of each member.
    """

    full_state_update = False
    row: list[Tensor]
    scaled: list[Tensor]
    spread: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("row", [], dist_reduce_fx="cat")
        self.add_state("scaled", [], dist_reduce_fx="cat")
        self.add_state("spread", [], dist_reduce_fx="cat")
        self.reset()

    def reset(self) -> None:
        """Forget all rows; what stays is empty in the right types, for a device that gets no row."""
        super().reset()
        self.update(torch.empty(0, dtype=torch.int64, device=self.device), torch.empty(0, 1, device=self.device))

    def update(self, row: Tensor, each: Tensor) -> None:
        """Add a batch: its rows, (n,) int64, and their predictions, (n, k)."""
        scaled, spread = mean_and_spread(each)
        self.row.append(row)
        self.scaled.append(scaled)
        self.spread.append(spread)

    def compute(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows, ascending, means and deviations; arrays, for torchmetrics makes scalars of single tensors."""
        row, scaled, spread = (dim_zero_cat(kept).cpu().numpy() for kept in (self.row, self.scaled, self.spread))
        order = np.argsort(row)
        return row[order], scaled[order], spread[order]


def mean_and_spread(each: Tensor) -> tuple[Tensor, Tensor]:
    """Return the means of predictions, (n, k), and their standard deviations, (n,) float32; 0 where k is 1."""
    each = each.detach().float()
    mean = each.mean(1)
    return mean, (each - mean[:, None]).square().mean(1).sqrt()  # `std` warns of no rows


def predict_scaled(network: AdditiveMLP, films: EncodedFilms) -> tuple[np.ndarray, np.ndarray]:
    """Return a network's scaled predictions of films, and the standard deviations of heads and members around them.

    Each is (n_rows,) float32. The network is in eval mode. Films with inputs of their own are predicted by these.
    """
    device = network.first.bias.device
    rows = FilmRows(films, np.zeros(films.n_rows))
    parts = [mean_and_spread(torch.zeros(0, 1))]
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH_ROWS):
            batch = Batch(*(part.to(device) for part in rows[list(range(start, min(start + BATCH_ROWS, len(rows))))]))
            each = network.each(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
            parts.append(mean_and_spread(each.cpu()))
    scaled, spread = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    return scaled, spread
