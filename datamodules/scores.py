"""Scores of predictions: RMSE, MSE, MAE, R² and Spearman's rank correlation, the same for every model."""

import numpy as np
from scipy.stats import rankdata

Scores = dict[str, float]  # rmse and mae in the target's unit, mse in its square; r2 and spearman without unit


def regression_scores(actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> Scores:
    """Score (n,) predictions in the target's original unit, in float64; n is 1 or more.

    r2 is 1 - mse / variance: 0 for the mean of `actual` itself, below 0 for worse; NaN where `actual` is constant.
    spearman is the correlation of ranks, 1 where the order is right, whatever the scale; NaN for constant values.
    With `weights`, (n,), 0 or more, every score is that of rows repeated so many times; rows of weight 0 don't count.

    >>> regression_scores(np.array([1.0, 3.0]), np.array([1.0, 2.0]))
    {'rmse': 0.7071067811865476, 'mse': 0.5, 'mae': 0.5, 'r2': 0.5, 'spearman': 1.0}
    """
    if actual.shape != predicted.shape or actual.ndim != 1 or not len(actual):
        raise ValueError(
            f"actual and predicted must be two rows of the same length, got {actual.shape}, {predicted.shape}"
        )
    if weights is not None and (np.ptp(weights) > 0 and weights.any()):
        counted = weights > 0
        return _weighted_scores(actual[counted], predicted[counted], weights[counted] / weights.max())
    errors = predicted.astype(np.float64) - actual.astype(np.float64)
    mse = float(np.mean(errors**2))
    variance = float(np.var(actual, dtype=np.float64))
    r2 = 1 - mse / variance if np.ptp(actual) > 0 else float("nan")
    spearman = float("nan")
    ranks = np.stack([rankdata(actual), rankdata(predicted)])
    if np.isfinite(predicted).all() and np.ptp(ranks, axis=1).all():
        spearman = round(float(np.corrcoef(ranks)[0, 1]), 12)  # perfect order comes out as 0.9999999999999998
    return {"rmse": mse**0.5, "mse": mse, "mae": float(np.mean(np.abs(errors))), "r2": r2, "spearman": spearman}


def _weighted_scores(actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> Scores:
    errors = predicted.astype(np.float64) - actual.astype(np.float64)
    mse = float(np.average(errors**2, weights=weights))
    off_mean = actual.astype(np.float64) - np.average(actual, weights=weights)
    variance = float(np.average(off_mean**2, weights=weights))
    r2 = 1 - mse / variance if np.ptp(actual) > 0 else float("nan")
    spearman = float("nan")
    ranks = np.stack([_weighted_ranks(actual, weights), _weighted_ranks(predicted, weights)])
    if np.isfinite(predicted).all() and np.ptp(ranks, axis=1).all():
        covariance = np.cov(ranks, aweights=weights, ddof=0)
        spearman = round(float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])), 12)
    mae = float(np.average(np.abs(errors), weights=weights))
    return {"rmse": mse**0.5, "mse": mse, "mae": mae, "r2": r2, "spearman": spearman}


def _weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the middle of the weights that each value spans in their order; equal values share it."""
    _, code = np.unique(values, return_inverse=True)
    of_value = np.bincount(code, weights=weights)
    return (np.cumsum(of_value) - of_value / 2)[code]
