"""Nearest rows and the means of their targets, for every number of neighbours at once; the grid search for KNN."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from typing import Literal, Self, get_args

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.baseline import Stored

Metric = Literal["euclidean", "manhattan"]
Weights = Literal["uniform", "distance"]
METRICS, WEIGHTS = get_args(Metric), get_args(Weights)
MOST_TIED = 0.1  # of the rows


class Neighbours(Stored):
    """Standardised rows with their targets, among which the nearest of other rows are looked up."""

    stored = ("mean", "std", "scaled", "target", "metric")

    def fit(self, features: np.ndarray, target: np.ndarray, metric: Metric = "euclidean") -> Self:
        """Keep these rows, (n_rows, n_features), as neighbours."""
        scaler = StandardScaler().fit(np.asfortranarray(features))  # numpy sums more exactly along memory
        self.mean, self.std, self.metric = scaler.mean_, scaler.scale_, metric
        self.scaled, self.target = self._scale(features), target
        return self

    def _scale(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) / self.std

    @cached_property
    def _index(self) -> NearestNeighbors:
        return NearestNeighbors(metric=self.metric).fit(self.scaled)

    def nearest(self, features: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return distances and targets of the n nearest rows, the nearest first, both (n_rows, n)."""
        distances, rows = self._index.kneighbors(self._scale(features), n)
        return distances, self.target[rows]

    def means(self, features: np.ndarray, largest: int, weights: Sequence[Weights]) -> dict[Weights, np.ndarray]:
        """Return by weighting the mean targets of the 1, 2, ... nearest, (n_rows, largest), from one search.

        Rows whose k-th and next neighbour are equally far are searched again for that k, so that ties are broken as in
        scikit-learn; not where these are more than a tenth, as with a few labels alone.
        """
        distances, targets = self.nearest(features, largest)
        predicted = {weighting: means(distances, targets, weighting) for weighting in weights}
        for k in range(1, largest):
            tied = np.flatnonzero(distances[:, k - 1] == distances[:, k])
            if 0 < len(tied) <= MOST_TIED * len(features):
                again = self.nearest(features[tied], k)
                for weighting in weights:
                    predicted[weighting][tied, k - 1] = means(*again, weighting)[:, -1]
        return predicted


def means(distances: np.ndarray, targets: np.ndarray, weights: Weights) -> np.ndarray:
    """Return the mean targets of the 1, 2, ... nearest rows, (n_rows, n).

    `distance` weights by the inverse distance; rows at distance 0 count alone.
    """
    if weights == "uniform":
        return targets.cumsum(1) / np.arange(1, targets.shape[1] + 1)
    same = distances == 0
    with np.errstate(divide="ignore"):
        weight = np.where(same[:, :1], same, 1 / distances)
    return (weight * targets).cumsum(1) / weight.cumsum(1)


def rmse_by_k(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the RMSE of each column of predictions, (n,)."""
    return np.sqrt(((predicted - target[:, None]) ** 2).mean(0))


def grid_search(
    features: np.ndarray,
    target: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    largest: int,
    metrics: Sequence[Metric] = METRICS,
    weights: Sequence[Weights] = WEIGHTS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> pd.DataFrame:
    """Return the cross-validated RMSE of each metric, k from 1 to `largest`, and weighting; features scaled by fold.

    The same as scikit-learn's `GridSearchCV` of `KNeighborsRegressor` after a `StandardScaler`, with a single search a
    fold and metric: the neighbours of a smaller k are the first ones.

    Args:
        folds: rows to fit and rows to score.
        progress: is called with the number of searches that are done, and of all.

    Returns:
        Columns metric, k, weights, cv_rmse (the mean over folds) and cv_rmse_std, in the target's unit.
    """
    rmse: dict[tuple[Metric, Weights], list[np.ndarray]] = {key: [] for key in product(metrics, weights)}
    for done, ((train, held_out), metric) in enumerate(product(folds, metrics), start=1):
        neighbours = Neighbours().fit(features[train], target[train], metric)
        for weighting, predicted in neighbours.means(features[held_out], largest, weights).items():
            rmse[metric, weighting].append(rmse_by_k(predicted, target[held_out]))
        progress(done, len(folds) * len(metrics))
    tables = []
    for (metric, weighting), by_fold in rmse.items():
        scores = {"cv_rmse": np.mean(by_fold, axis=0), "cv_rmse_std": np.std(by_fold, axis=0)}
        tables.append(pd.DataFrame({"metric": metric, "k": range(1, largest + 1), "weights": weighting, **scores}))
    return pd.concat(tables, ignore_index=True)
