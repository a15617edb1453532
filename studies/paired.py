"""Paired comparisons of two models on the same films: differences of their errors, with 95 % intervals and p-values.

Errors on a film say little about the other rows of that film, so they are added up by cluster: a film, or films that
share a value. The clusters are the independent observations.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

SKEWED, WILD = 1.5, 10.0  # the skew of the clusters' sums above which t fails, and above which every interval does
ALL_FLIPS = 13  # clusters up to which all their signs are tried
N_FLIPS = 9_999
MOST_FLIPPED = 1_024  # of more clusters, several share a sign
FLIPS_AT_ONCE = 1_000
COLUMNS = ["model", "compared", "difference", "difference_low_95", "difference_high_95", "difference_p"]


@dataclass(frozen=True)
class Difference:
    """A difference with its 95 % interval and the p-value of there being none; NaN is what can't be told."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class ClusterSums:
    """Weighted sums of values by cluster.

    Attributes:
        total: (n_clusters,) float64, the sums of weight times value.
        weight: (n_clusters,) float64, the sums of the weights, all above 0.
    """

    total: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> "ClusterSums":
        """Add up (n_rows,) values by their clusters' codes; clusters that weigh nothing are left out."""
        code = np.unique(clusters, return_inverse=True)[1]
        rows = np.ones(len(values)) if weights is None else weights.astype(np.float64)
        weight = np.bincount(code, rows)
        return cls(np.bincount(code, rows * values)[weight > 0], weight[weight > 0])

    @property
    def mean(self) -> float:
        return float(self.total.sum() / self.weight.sum())

    @property
    def deviations(self) -> np.ndarray:
        """Return by how much each sum is above what the mean of all rows makes it, (n_clusters,)."""
        return self.total - self.weight * self.mean

    @property
    def skew(self) -> float:
        """Return the skewness of the deviations; 0 where they are all alike."""
        spread = np.sqrt(np.mean(self.deviations**2))
        return float(np.mean((self.deviations / spread) ** 3)) if spread > 0 else 0.0


def mean_difference(sums: ClusterSums, losses: ClusterSums | None = None, value: float | None = None) -> Difference:
    """Return the mean of paired differences, with the interval for clusters.

    By t with n_clusters - 1 degrees; above a skew of 1.5 by Hall's transform of it, p included (Hall 1992, doi
    10.1111/j.2517-6161.1992.tb01876.x). Otherwise p is that of `sign_flip_p`. Above a skew of 10 no interval holds.

    Args:
        losses: sums whose signs are flipped, by default the same.
        value: what is estimated, by default the mean; the sums may be those of its linear part.
    """
    n, value = len(sums.total), sums.mean if value is None else value
    if not sums.total.any():
        return Difference(value, value, value, 1.0)
    if n < 2 or abs(sums.skew) > WILD:
        return Difference(value, np.nan, np.nan, np.nan)
    error = float(np.sqrt(n / (n - 1) * np.sum(sums.deviations**2)) / sums.weight.sum())
    quantile = float(stats.t.ppf(0.975, n - 1))
    if abs(sums.skew) <= SKEWED:
        margin = quantile * error
        return Difference(value, value - margin, value + margin, sign_flip_p((losses or sums).total))
    skew = sums.skew / np.sqrt(n)
    transformed = value / error + skew * (value / error) ** 2 / 3 + skew**2 * (value / error) ** 3 / 27 + skew / 6
    low, high = (value - error * _hall(q, skew) for q in (quantile, -quantile))
    return Difference(value, low, high, float(2 * stats.t.sf(abs(transformed), n - 1)))


def _hall(quantile: float, skew: float) -> float:
    """Return the t that Hall's transform takes to a quantile; `skew` is divided by the root of the clusters."""
    return float(3 / skew * (np.cbrt(1 + skew * (quantile - skew / 6)) - 1))


def sign_flip_p(totals: np.ndarray) -> float:
    """Return the two-sided p of (n_clusters,) sums of paired differences, if each could as well have the other sign.

    All signs are tried for up to 13 clusters, 9,999 random ones of more. Of more than 1,024 clusters random ones share
    a sign, which is as valid and bounds the time.
    """
    n, stream = len(totals), np.random.default_rng(0)
    if n > MOST_FLIPPED:
        totals, n = np.bincount(stream.permutation(n) % MOST_FLIPPED, totals), MOST_FLIPPED
    whole = totals.sum()
    least = abs(whole) * (1 - 1e-9)  # sums of the same numbers in another order
    if n <= ALL_FLIPS:
        signs = np.arange(2**n)[:, None] >> np.arange(n) & 1
        return float(np.mean(np.abs(2 * (signs @ totals) - whole) >= least))
    extreme = 0
    for start in range(0, N_FLIPS, FLIPS_AT_ONCE):
        n_flips = min(FLIPS_AT_ONCE, N_FLIPS - start)
        drawn = np.frombuffer(stream.bytes(n_flips * -(-n // 8)), dtype=np.uint8).reshape(n_flips, -1)
        signs = np.unpackbits(drawn, axis=1, count=n).astype(np.float64)
        extreme += int(np.sum(np.abs(2 * (signs @ totals) - whole) >= least))
    return (1 + extreme) / (1 + N_FLIPS)


def compare_errors(
    actual: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    clusters: np.ndarray,
    weights: np.ndarray | None = None,
) -> tuple[str, Difference]:
    """Return the score by which two models are compared, and that of the first less that of the second.

    The score is `rmse`; where single films decide it so much that no interval holds, `mae`, whose interval may be NaN
    for the same reason. Below 0 the first model's errors are smaller.

    Args:
        actual: (n_rows,) the target.
        first: (n_rows,) predictions, as `second`.
        clusters: (n_rows,) codes, equal for rows that are not independent.
        weights: (n_rows,), 0 or more.
    """
    squared, theirs = (first - actual) ** 2, (second - actual) ** 2
    rmse, rmse_of_second = (float(np.sqrt(np.average(losses, weights=weights))) for losses in (squared, theirs))
    # The RMSE is no mean: its linear part in each row's loss is.
    linear = squared / (2 * rmse or 1.0) - theirs / (2 * rmse_of_second or 1.0)
    sums = ClusterSums.of(linear, clusters, weights)
    if abs(sums.skew) <= WILD:
        losses = ClusterSums.of(squared - theirs, clusters, weights)
        return "rmse", mean_difference(sums, losses, rmse - rmse_of_second)
    return "mae", mean_difference(ClusterSums.of(np.abs(first - actual) - np.abs(second - actual), clusters, weights))


def paired_differences(
    actual: np.ndarray,
    predicted: Mapping[str, np.ndarray],
    model: str,
    clusters: np.ndarray,
    weights: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return a line for each model: how the errors of `model` differ from its own, as `compare_errors` does."""
    lines: list[dict[str, Any]] = []
    for name, prediction in predicted.items():
        compared, difference = compare_errors(actual, predicted[model], prediction, clusters, weights)
        values = (name, compared, *astuple(difference))
        lines.append(dict(zip(COLUMNS, values, strict=True)))
    return pd.DataFrame(lines, columns=COLUMNS)


def resampled_interval(differences: np.ndarray, n_train: float, n_test: float) -> tuple[float, float, float]:
    """Return the 95 % interval of a mean difference over random splits of the same films, and its p: (low, high, p).

    The corrected resampled t: the splits share training films, so that the variance of the mean is that of the
    differences times 1 / J + n_test / n_train. Nadeau and Bengio 2003, doi 10.1023/A:1024068626366.

    Args:
        differences: (J,) of a split each; with a single one nothing can be told: NaN.
        n_train: films that a split trains on.
        n_test: films that it tests.

    >>> [round(value, 3) for value in resampled_interval(np.array([1.0, 2.0, 3.0]), 80, 20)]
    [-1.286, 5.286, 0.12]
    """
    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return np.nan, np.nan, np.nan
    error = float(np.sqrt(np.var(differences, ddof=1) * (1 / n + n_test / n_train)))
    margin = float(stats.t.ppf(0.975, n - 1)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, n - 1)) if error > 0 else float(mean == 0)
    return mean - margin, mean + margin, p
