"""Predictions of films: of held-out rows, gathered over batches and devices, and by a network alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from greenlight_films.datamodules import EncodedFilms, FilmRows
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


def predict_scaled(network: AdditiveMLP, films: EncodedFilms) -> np.ndarray:
    """Return a network's scaled predictions of films, (n_rows,) float32; it is on the CPU, in eval mode.

    Films with inputs of their own are predicted by these.
    """
    rows = FilmRows(films, np.zeros(films.n_rows))
    predicted = [np.zeros(0, np.float32)]
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[list(range(start, min(start + BATCH_ROWS, len(rows))))]
            scaled = network(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
            predicted.append(scaled.numpy())
    return np.concatenate(predicted)
