"""`summary_of`: how importances were measured, and how good the model is, as plain data."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.evidence import has_learnt
from greenlight_films.importance.losses import LOSSES, LossName


def summary_of(
    estimator: Estimator,
    loss: LossName,
    actual: Tensor,
    predicted: Tensor,
    n_films: int | None = None,
    counts: Tensor | None = None,
) -> dict[str, Any]:
    """Return how importances were measured and how good the model is, as `ImportanceResult.summary`.

    Args:
        actual: (n_rows,) float64, the target.
        predicted: (n_rows,) float64.
        n_films: by default each row is a film.
        counts: (n_rows,) float64, how much each row counts; by default all count alike.
    """
    shares = torch.full_like(actual, 1 / len(actual)) if counts is None else counts / counts.sum()
    variance = float(shares @ (actual - shares @ actual) ** 2)
    loss_before = float(LOSSES[loss].total(shares @ LOSSES[loss].per_row(predicted, actual), variance))
    varies = np.ptp(actual[shares > 0].numpy()) > 0 and variance > 0
    r2 = 1 - float(shares @ (predicted - actual) ** 2) / variance if varies else np.nan
    return {
        "estimator": estimator.kind,
        "n_repeats": estimator.n_repeats,
        "off_rows": estimator.off_rows if estimator.kind == "expected" else None,
        "seed": estimator.seed,
        "rows": len(actual),
        "films": len(actual) if n_films is None else n_films,
        "loss": loss,
        "baseline_loss": loss_before if np.isfinite(loss_before) else None,
        "r2": r2 if np.isfinite(r2) else None,
        "learnt": has_learnt(
            actual.numpy(), predicted.numpy(), n_films, weights=None if counts is None else counts.numpy()
        ),
        "split": None,
        "unit": "",
        "leak": False,
    }
