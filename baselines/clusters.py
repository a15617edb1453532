"""Clusters of rows by KMeans, matched between two runs, and their silhouettes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.metrics import confusion_matrix
from sklearn.metrics.pairwise import pairwise_distances_chunked
from threadpoolctl import threadpool_limits

SILHOUETTE_ROWS = 4000  # of more than 10,000


@dataclass(frozen=True)
class Clusters:
    """Rows in k clusters, numbered from 0, the largest first."""

    centres: np.ndarray  # (k, n_columns)
    labels: np.ndarray  # (n_rows,), each row's cluster
    inertia: float  # the sum of squared distances to the centres

    @classmethod
    def fit(cls, matrix: np.ndarray, k: int) -> "Clusters":
        """Return the best of five starts."""
        with threadpool_limits(1):  # threads that wait for each other take ten times as long on a busy machine
            fitted = SklearnKMeans(k, n_init=10, random_state=0).fit(matrix)
        order = np.argsort(-np.bincount(fitted.labels_, minlength=k), kind="stable")
        return cls(fitted.cluster_centers_[order], np.argsort(order)[fitted.labels_], float(fitted.inertia_))

    @property
    def k(self) -> int:
        return len(self.centres)

    def sizes(self) -> np.ndarray:
        """Return each cluster's number of rows, (k,)."""
        return np.bincount(self.labels, minlength=self.k)

    def matched(self, other: "Clusters") -> "Clusters":
        """Return the same clusters, numbered so that most rows have their number in another run of the same k.

        Kuhn 1955, doi 10.1002/nav.3800020109.
        """
        counts = confusion_matrix(other.labels, self.labels, labels=range(self.k))
        theirs, own = linear_sum_assignment(counts, maximize=True)
        number = theirs[np.argsort(own)]
        return Clusters(self.centres[np.argsort(number)], number[self.labels], self.inertia)


def silhouette_rows(n_rows: int) -> np.ndarray:
    """Return the rows on which silhouettes are measured: all up to 10,000, or else a sample of 4,000."""
    if n_rows <= 10_000:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, SILHOUETTE_ROWS, replace=False))


def silhouettes(matrix: np.ndarray, groupings: Sequence[np.ndarray]) -> list[float]:
    """Return the mean silhouette (-1 to 1) of each grouping; NaN with a single cluster, or with one for each row.

    The same as scikit-learn's `silhouette_score`, with the distances of all pairs computed once for all groupings.
    A grouping is the cluster of each row, (n_rows,). Rousseeuw 1987, doi 10.1016/0377-0427(87)90125-7.
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
    sizes, rows = np.bincount(group), np.arange(len(group))
    if not 2 <= len(sizes) < len(group):
        return float("nan")
    own = sums[rows, group] / np.maximum(sizes[group] - 1, 1)
    others = sums / sizes
    others[rows, group] = np.inf
    nearest = others.min(1)
    scores = (nearest - own) / np.maximum(np.maximum(own, nearest), np.finfo(float).tiny)
    return float(np.where(sizes[group] > 1, scores, 0.0).mean())
