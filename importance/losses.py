"""The losses whose increase is an importance: means over rows (mse, mae), and functions of such a mean (r2, rmse)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Literal

import torch
from torch import Tensor

LossName = Literal["mse", "mae", "r2", "rmse"]


@dataclass(frozen=True)
class Loss:
    """A loss whose increase is a feature's importance.

    Attributes:
        per_row: from predictions and targets, both (n,) float64, to (n,).
        total: from the mean of `per_row`, any shape, and the targets' variance to the loss that is reported.
        slope: its derivative there, by which errors are scaled.
        linear: whether `total` is a straight line; means over shuffles have no closed form otherwise.
    """

    per_row: Callable[[Tensor, Tensor], Tensor]
    total: Callable[[Tensor, float], Tensor] = lambda mean, variance: mean
    slope: Callable[[Tensor, float], Tensor] = lambda mean, variance: torch.ones_like(mean)
    linear: bool = True

    def increase(self, means: Tensor, before: Tensor, variance: float) -> tuple[Tensor, Tensor]:
        """Return the increase of the loss from that of the mean over rows, and what errors are multiplied by.

        Args:
            means: (n,) increases of the mean over rows, or (n, n_repeats).
            before: 0-dimensional, the mean over rows as it was.
            variance: of the targets.

        Returns:
            The increase, shaped as `means`, and (n,) the slope at the mean of repeats.
        """
        middle = means.mean(1) if means.ndim == 2 else means
        increase = self.total(before + means, variance) - self.total(before, variance)
        return increase, self.slope(before + middle, variance)


def variance_of(actual: Tensor, counts: Tensor | None) -> float:
    """Return the variance of targets, (n,) float64, of rows that count so, (n,) with mean 1; None: all alike."""
    if counts is None:
        return float(actual.var(correction=0))
    return float((counts * (actual - (counts * actual).mean()) ** 2).mean())


def _squared(predicted: Tensor, actual: Tensor) -> Tensor:
    return (predicted - actual) ** 2


LOSSES: dict[LossName, Loss] = {
    "mse": Loss(_squared),
    "mae": Loss(lambda predicted, actual: (predicted - actual).abs()),
    # The loss is -R², so that an importance is the R² that is lost; NaN where all targets are the same.
    "r2": Loss(
        _squared,
        lambda mean, variance: mean / (variance or nan) - 1,
        lambda mean, variance: torch.full_like(mean, 1 / (variance or nan)),
    ),
    "rmse": Loss(_squared, lambda mean, variance: mean.sqrt(), lambda mean, variance: 0.5 / mean.sqrt(), linear=False),
}
"""mse is in the target's unit squared, mae and rmse in its unit, r2 without unit."""
