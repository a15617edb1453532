"""Weights of rows in the loss: checked where they come in, and scaled to mean 1 over the training rows."""

from typing import Any

import numpy as np

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.splits import Rows


def read_weights(weights: Any, n_rows: int) -> np.ndarray:
    """Return weights of a table's rows as (n_rows,) float64; what is not n_rows finite numbers from 0 is refused."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"weights must be numbers, got {type(weights).__name__}: {error}") from None
    if values.shape != (n_rows,):
        raise InputError(f"weights must be a number for each of the {n_rows:,} rows, got shape {values.shape}")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(bad.argmax())
        message = f"weights must be finite and 0 or more, row {row + 1} has {values[row]:g}; correct it"
        raise InputError(message, row + 1)
    return values


def scale_weights(weights: np.ndarray, rows: Rows) -> np.ndarray | None:
    """Return weights with mean 1 over the training rows, (n_rows,) float64; None where all are the same."""
    for side, indices in (("train", rows.train), ("val", rows.val)):
        if not weights[indices].any():
            raise InputError(f"weights must be above 0 in a {side} row or more, got 0 in all; give other weights")
    return weights / weights[rows.train].mean() if np.ptp(weights) > 0 else None
