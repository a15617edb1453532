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
    if weights is not None and np.ptp(weights) > 0:
        counted = weights > 0
        actual, predicted, weights = actual[counted], predicted[counted], weights[counted] / weights.max()
    else:
        weights = None  # all rows count alike
    actual, predicted = actual.astype(np.float64), predicted.astype(np.float64)
    errors = predicted - actual
    mse = float(np.average(errors**2, weights=weights))
    variance = float(np.average((actual - np.average(actual, weights=weights)) ** 2, weights=weights))
    return {
        "rmse": mse**0.5,
        "mse": mse,
        "mae": float(np.average(np.abs(errors), weights=weights)),
        "r2": 1 - mse / variance if np.ptp(actual) > 0 else float("nan"),
        "spearman": _spearman(actual, predicted, weights),
    }


def _spearman(actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
    values = (actual, predicted)
    ranks = np.stack([rankdata(each) if weights is None else _weighted_ranks(each, weights) for each in values])
    if not np.isfinite(predicted).all() or not np.ptp(ranks, axis=1).all():
        return float("nan")
    if weights is None:
        correlation = np.corrcoef(ranks)[0, 1]
    else:
        covariance = np.cov(ranks, aweights=weights, ddof=0)
        correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    return round(float(correlation), 12)  # perfect order comes out as 0.9999999999999998


def _weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the middle of the weights that each value spans in their order; equal values share it."""
    _, code = np.unique(values, return_inverse=True)
    of_value = np.bincount(code, weights=weights)
    return (np.cumsum(of_value) - of_value / 2)[code]
