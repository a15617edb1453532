"""Whether predictions of held-out rows are better than a guess: gains and rank correlations with 95 % intervals."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, t


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def gain_over(guess: float, actual: np.ndarray, predicted: np.ndarray, n_films: int | None = None) -> Interval | None:
    """Return the share by which the squared error is smaller than that of one guess for all rows.

    It is R² where the guess is the mean of `actual`. The interval is that of a ratio of two sums, and it reaches down
    to the share without any single row, for a single one may decide both sums. Cochran 1977, Sampling Techniques, 6.5.

    Args:
        actual: (n_rows,) the target.
        predicted: (n_rows,)
        n_films: films among the rows; by default each row is one.

    Returns:
        None for a single film, and where the guess is right for all rows.

    >>> gain_over(2.0, np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    Interval(value=1.0, low=1.0, high=1.0)
    """
    n_rows, n_films = len(actual), n_films or len(actual)
    mine, of_guess = (predicted - actual) ** 2, (guess - actual) ** 2
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


def rank_correlation(actual: np.ndarray, predicted: np.ndarray, n_films: int | None = None) -> Interval | None:
    """Return Spearman's rank correlation; None for a single film and for constant values."""
    n_films = n_films or len(actual)
    if n_films < 2 or not np.isfinite(predicted).all() or not (np.ptp(actual) > 0 and np.ptp(predicted) > 0):
        return None
    return rank_interval(float(np.corrcoef(rankdata(actual), rankdata(predicted))[0, 1]), n_films)


def rank_interval(value: float, n_films: int) -> Interval:
    """Return a rank correlation of so many films with its interval.

    It is Fisher's, with the variance of Fieller, Hartley and Pearson 1957, doi 10.1093/biomet/44.3-4.470.
    """
    if n_films <= 3:
        return Interval(value, -1.0, 1.0)
    middle = np.arctanh(np.clip(value, -1 + 1e-9, 1 - 1e-9))
    margin = 1.96 * 1.03 / np.sqrt(n_films - 3)
    return Interval(value, float(np.tanh(middle - margin)), float(np.tanh(middle + margin)))


def has_learnt(actual: np.ndarray, predicted: np.ndarray, n_films: int | None = None) -> bool | None:
    """Return whether predictions are better than the mean or ordered as the target is; None where it can't be told."""
    if not np.isfinite(predicted).all():
        return False
    if np.ptp(actual) == 0:
        return None
    gain = gain_over(float(actual.mean()), actual, predicted, n_films)
    if gain is None:
        return None
    order = rank_correlation(actual, predicted, n_films)
    return gain.low > 0 or (order is not None and order.low > 0)
