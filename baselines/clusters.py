"""KMeans, how well its clusters stand apart, and which clusters of two runs are the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import pairwise_distances_chunked
from threadpoolctl import threadpool_limits

N_STARTS, SILHOUETTE_ABOVE, SILHOUETTE_ROWS = 5, 10_000, 4000


@dataclass(frozen=True)
class Clusters:
    """Rows in k clusters.

    Attributes:
        centres: (k, n_columns).
        labels: (n_rows,), the cluster of each, from 0: the largest first.
        inertia: the sum of squared distances to the centres.
    """

    centres: np.ndarray
    labels: np.ndarray
    inertia: float

    @classmethod
    def fit(cls, matrix: np.ndarray, k: int) -> "Clusters":
        """Return the best of five starts."""
        with threadpool_limits(1):  # threads that wait for each other take ten times as long on a busy machine
            fitted = SklearnKMeans(k, n_init=N_STARTS, random_state=0).fit(matrix)
        order = np.argsort(-np.bincount(fitted.labels_, minlength=k), kind="stable")
        return cls(fitted.cluster_centers_[order], np.argsort(order)[fitted.labels_], float(fitted.inertia_))

    @property
    def k(self) -> int:
        return len(self.centres)

    def sizes(self) -> np.ndarray:
        """Return how many rows are in each, (k,)."""
        return np.bincount(self.labels, minlength=self.k)

    def relabelled(self, names: np.ndarray) -> "Clusters":
        """Return the same clusters, number i now names[i]."""
        return Clusters(self.centres[np.argsort(names)], names[self.labels], self.inertia)


def silhouette_rows(n_rows: int) -> np.ndarray:
    """Return the rows on which silhouettes are measured: all up to 10,000, or else a sample of 4,000."""
    if n_rows <= SILHOUETTE_ABOVE:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, SILHOUETTE_ROWS, replace=False))


def silhouettes(matrix: np.ndarray, groupings: Sequence[np.ndarray]) -> list[float]:
    """Return for each grouping how much nearer rows are to their own cluster than to the next, -1 to 1.

    What scikit-learn's `silhouette_score` computes, with the distances of all pairs computed once for all groupings.
    NaN where there is one cluster, or a row for each. Rousseeuw 1987, doi 10.1016/0377-0427(87)90125-7.

    Args:
        groupings: the cluster of each row, (n_rows,) int64 from 0, once or several times.
    """
    rows = silhouette_rows(len(matrix))
    groups = [np.unique(labels[rows], return_inverse=True)[1] for labels in groupings]
    members = [np.eye(group.max() + 1)[group] for group in groups]
    sums = [np.empty_like(member) for member in members]
    start = 0
    for distances in pairwise_distances_chunked(matrix[rows]):
        for total, member in zip(sums, members, strict=True):
            total[start : start + len(distances)] = distances @ member
        start += len(distances)
    return [_silhouette(total, group) for total, group in zip(sums, groups, strict=True)]


def _silhouette(sums: np.ndarray, group: np.ndarray) -> float:
    """Return the mean over rows, from the sums of their distances to each cluster, (n_rows, k)."""
    sizes, place = np.bincount(group), np.arange(len(group))
    if not 2 <= len(sizes) < len(group):
        return float("nan")
    own = sums[place, group] / np.maximum(sizes[group] - 1, 1)
    others = sums / sizes
    others[place, group] = np.inf
    nearest = others.min(1)
    scores = (nearest - own) / np.maximum(np.maximum(own, nearest), np.finfo(float).tiny)
    return float(np.where(sizes[group] > 1, scores, 0.0).mean())


def cross_table(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """Count rows by their clusters in two runs, (k, k)."""
    return np.bincount(first * k + second, minlength=k * k).reshape(k, k)


def match(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """Return the cluster of the first run that each of the second is, (k,): as many rows as possible stay.

    Kuhn 1955, doi 10.1002/nav.3800020109.
    """
    rows, columns = linear_sum_assignment(-cross_table(first, second, k))
    return rows[np.argsort(columns)]


def agreement(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return how far two runs with matched clusters agree."""
    return {
        "share_that_changes_cluster": float(np.mean(first != second)),
        "adjusted_rand_index": float(adjusted_rand_score(first, second)),
    }


def sweep(matrix: np.ndarray, ks: Iterable[int]) -> dict[int, Clusters]:
    """Return the clusters for each k."""
    return {k: Clusters.fit(matrix, k) for k in ks}
