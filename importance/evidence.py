"""Whether predictions of held-out rows are better than a guess: gains and rank correlations with 95 % intervals."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def gain_over(
    guess: float,
    actual: np.ndarray,
    predicted: np.ndarray,
    n_films: int | None = None,
    weights: np.ndarray | None = None,
) -> Interval | None:
    """Return the share by which the squared error is smaller than that of one guess for all rows.

    It is R² where the guess is the mean of `actual`. The interval is that of a ratio of two sums, and it reaches down
    to the share without any single row, for a single one may decide both sums. Cochran 1977, Sampling Techniques, 6.5.

    Args:
        actual: (n_rows,) the target.
        predicted: (n_rows,)
        n_films: films among the rows; by default each row is one.
        weights: (n_rows,) how much each squared error counts, 0 or more; by default all count alike.

    Returns:
        None for a single film, and where the guess is right for all rows.

    >>> gain_over(2.0, np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    Interval(value=1.0, low=1.0, high=1.0)
    """
    n_rows, n_films = len(actual), n_films or len(actual)
    counts = 1.0 if weights is None else weights
    mine, of_guess = counts * (predicted - actual) ** 2, counts * (guess - actual) ** 2
    total = of_guess.sum()
    if n_films < 2 or not total > 0 or not np.isfinite(mine).all():
        return None
    ratio = mine.sum() / total
    spread = np.sum((mine - ratio * of_guess) ** 2) * n_rows / (n_rows - 1)
    error = float(np.sqrt(spread * n_rows / n_films) / total)  # rows of a film say little more than one of them
    margin = float(t.ppf(0.975, n_films - 1)) * error
    rest = total - of_guess
    without = 1 - (mine.sum() - mine)[rest > 0] / rest[rest > 0]
    low = min(1 - ratio - margin, float(without.min(initial=1.0)))
    return Interval(float(1 - ratio), float(low), float(1 - ratio + margin))


def rank_correlation(
    actual: np.ndarray, predicted: np.ndarray, n_films: int | None = None, weights: np.ndarray | None = None
) -> Interval | None:
    """Return Spearman's rank correlation; None for a single film and for values that are constant where they count.

    With `weights`, (n_rows,), 0 or more, it is that of rows repeated so many times, of as many films as tell as much.
    """
    n_films = n_films or len(actual)
    counts = np.ones(len(actual)) if weights is None else weights
    if n_films < 2 or not np.isfinite(predicted).all():
        return None
    if not (np.ptp(actual[counts > 0]) > 0 and np.ptp(predicted[counts > 0]) > 0):
        return None
    covariance = np.cov(np.stack([_ranks(actual, counts), _ranks(predicted, counts)]), aweights=counts, ddof=0)
    value = float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
    return rank_interval(value, n_films * evenness(weights))


def _ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the middle of the weights that each value spans in their order; equal values share it."""
    code = np.unique(values, return_inverse=True)[1]
    of_value = np.bincount(code, weights=weights)
    return (np.cumsum(of_value) - of_value / 2)[code]


def evenness(weights: np.ndarray | None) -> float:
    """Return the share of rows that would tell as much if all counted alike; 1 without weights.

    Kish 1965, Survey Sampling, section 8.2.

    >>> evenness(np.array([1.0, 1.0, 0.0, 0.0]))
    0.5
    """
    return 1.0 if weights is None else float(weights.sum() ** 2 / (len(weights) * np.sum(weights**2)))


def rank_interval(value: float, n_films: float) -> Interval:
    """Return a rank correlation of so many films with its interval.

    It is Fisher's, with the variance of Fieller, Hartley and Pearson 1957, doi 10.1093/biomet/44.3-4.470.
    """
    if n_films <= 3:
        return Interval(value, -1.0, 1.0)
    middle = np.arctanh(np.clip(value, -1 + 1e-9, 1 - 1e-9))
    margin = 1.96 * 1.03 / np.sqrt(n_films - 3)
    return Interval(value, float(np.tanh(middle - margin)), float(np.tanh(middle + margin)))


def has_learnt(
    actual: np.ndarray,
    predicted: np.ndarray,
    n_films: int | None = None,
    guess: float | None = None,
    weights: np.ndarray | None = None,
) -> bool | None:
    """Return whether predictions are better than one guess or ordered as the target is; None where it can't be told.

    The guess is the training rows' mean where that is known, else that of `actual`. `weights` are as in `gain_over`.
    """
    if not np.isfinite(predicted).all():
        return False
    if np.ptp(actual if weights is None else actual[weights > 0]) == 0:
        return None
    guess = float(np.average(actual, weights=weights)) if guess is None else guess
    gain = gain_over(guess, actual, predicted, n_films, weights)
    if gain is None:
        return None
    order = rank_correlation(actual, predicted, n_films, weights)
    return gain.low > 0 or (order is not None and order.low > 0)
