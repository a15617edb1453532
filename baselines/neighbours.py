"""Nearest rows and the means of their targets, for every number of neighbours at once; the grid search for KNN."""

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import Any, Literal, NamedTuple, Self, get_args

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.baseline import Progress, Stored, unshown

Metric = Literal["euclidean", "manhattan"]
Weights = Literal["uniform", "distance"]
METRICS, WEIGHTS = get_args(Metric), get_args(Weights)
MOST_TIED = 0.1  # of the rows


class Points(NamedTuple):
    """Rows as neighbours: features, (n_rows, n_features), targets and weights, (n_rows,); None where all are 1."""

    features: np.ndarray
    target: np.ndarray
    sample_weight: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Points":
        """Return some rows, by index or mask."""
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return Points(self.features[rows], self.target[rows], weights)


class Neighbours(Stored):
    """Standardised rows with their targets, among which the nearest of other rows are looked up.

    Those of weight 0 are left out.
    """

    stored = ("mean", "std", "scaled", "target", "sample_weight", "metric")

    def fit(self, points: Points, metric: Metric = "euclidean") -> Self:
        """Keep these rows as neighbours."""
        if points.sample_weight is not None:
            points = points.take(points.sample_weight > 0)
        features, target, sample_weight = points
        scaler = StandardScaler()
        scaler.fit(np.asfortranarray(features), sample_weight=sample_weight)  # numpy sums more exactly along memory
        self.mean, self.std, self.metric = scaler.mean_, scaler.scale_, metric
        self.scaled, self.target = self._scale(features), target
        self.sample_weight = np.ones(len(target)) if sample_weight is None else sample_weight
        return self

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return super().from_state({"sample_weight": np.ones(len(state["target"])), **state})  # older runs have none

    def _scale(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) / self.std

    @cached_property
    def _index(self) -> NearestNeighbors:
        return NearestNeighbors(metric=self.metric).fit(self.scaled)

    def nearest(self, features: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return distances, targets and weights of the n nearest rows, the nearest first, each (n_rows, n)."""
        distances, rows = self._index.kneighbors(self._scale(features), n)
        return distances, self.target[rows], self.sample_weight[rows]

    def means(self, features: np.ndarray, largest: int, weights: Sequence[Weights]) -> dict[Weights, np.ndarray]:
        """Return by weighting the mean targets of the 1, 2, ... nearest, (n_rows, largest), from one search.

        Rows whose k-th and next neighbour are equally far are searched again for that k, so that ties are broken as in
        scikit-learn; not where these are more than a tenth, as with a few labels alone.
        """
        distances, targets, sample_weight = self.nearest(features, largest)
        predicted = {weighting: means(distances, targets, sample_weight, weighting) for weighting in weights}
        for k in range(1, largest):
            tied = np.flatnonzero(distances[:, k - 1] == distances[:, k])
            if 0 < len(tied) <= MOST_TIED * len(features):
                again = self.nearest(features[tied], k)
                for weighting in weights:
                    predicted[weighting][tied, k - 1] = means(*again, weighting)[:, -1]
        return predicted


def means(distances: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray, weights: Weights) -> np.ndarray:
    """Return the mean targets of the 1, 2, ... nearest rows, (n_rows, n).

    `distance` weights by the inverse distance, too; rows at distance 0 count alone.
    """
    weight = sample_weight
    if weights == "distance":
        same = distances == 0
        with np.errstate(divide="ignore"):
            weight = weight * np.where(same[:, :1], same, 1 / distances)
    return (weight * targets).cumsum(1) / weight.cumsum(1)


def rmse_by_k(predicted: np.ndarray, points: Points) -> np.ndarray:
    """Return the RMSE of each column of predictions, (n,)."""
    return np.sqrt(np.average((predicted - points.target[:, None]) ** 2, axis=0, weights=points.sample_weight))


def grid_search(
    folds: Sequence[tuple[Points, Points]],
    largest: int,
    metrics: Sequence[Metric] = METRICS,
    weights: Sequence[Weights] = WEIGHTS,
    progress: Progress = unshown,
) -> pd.DataFrame:
    """Return the RMSE of each metric, k from 1 to `largest`, and weighting; features are scaled by those of the fit.

    The same as scikit-learn's `GridSearchCV` of `KNeighborsRegressor` after a `StandardScaler`, with a single search a
    fold and metric: the neighbours of a smaller k are the first ones.

    Args:
        folds: rows to fit and rows to score.
        progress: is called with the number of searches that are done, and of all.

    Returns:
        Columns metric, k, weights and val_rmse (the mean over folds), in the target's unit.
    """
    rmse: dict[tuple[Metric, Weights], list[np.ndarray]] = {key: [] for key in product(metrics, weights)}
    for done, ((fitted, scored), metric) in enumerate(product(folds, metrics), start=1):
        by_weighting = Neighbours().fit(fitted, metric).means(scored.features, largest, weights)
        for weighting, predicted in by_weighting.items():
            rmse[metric, weighting].append(rmse_by_k(predicted, scored))
        progress(done, len(folds) * len(metrics))
    tables = []
    for (metric, weighting), by_fold in rmse.items():
        setting = {"metric": metric, "k": range(1, largest + 1), "weights": weighting}
        tables.append(pd.DataFrame({**setting, "val_rmse": np.mean(by_fold, axis=0)}))
    return pd.concat(tables, ignore_index=True)
