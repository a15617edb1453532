"""Predictions from the nearest rows, for every number of neighbours at once."""

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
Folds = Sequence[tuple[np.ndarray, np.ndarray]]
MOST_TIED = 0.1
METRICS, WEIGHTS = get_args(Metric), get_args(Weights)


class Neighbours(Stored):
    """Rows brought to mean 0 and standard deviation 1, with their targets, in which others look for the nearest.

    Attributes:
        mean: (n_features,).
        std: (n_features,), 1 for a feature that never varies.
        scaled: (n_rows, n_features).
        target: (n_rows,).
    """

    stored = ("mean", "std", "scaled", "target", "metric")

    def fit(self, features: np.ndarray, target: np.ndarray, metric: Metric = "euclidean") -> Self:
        """Take these rows, (n_rows, n_features), for neighbours."""
        scaler = StandardScaler().fit(np.asfortranarray(features))  # sums along memory: numpy's are more exact there
        self.mean, self.std, self.metric = scaler.mean_, scaler.scale_, metric
        self.scaled, self.target = self._scale(features), target
        return self

    def _scale(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) / self.std

    @cached_property
    def _index(self) -> NearestNeighbors:
        return NearestNeighbors(metric=self.metric).fit(self.scaled)

    def nearest(self, features: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return distance and target of the n nearest, the nearest first, both (n_rows, n)."""
        distances, rows = self._index.kneighbors(self._scale(features), n)
        return distances, self.target[rows]

    def means(self, features: np.ndarray, largest: int, weights: Sequence[Weights]) -> dict[Weights, np.ndarray]:
        """Return by weighting the mean target of the 1, 2, ... nearest, (n_rows, largest); of one search.

        Where the last of k neighbours is as far away as the next one, which of them is taken is left to the search for
        k: as it is in scikit-learn. Where that is so for more than a tenth of the rows, as with a few labels alone, the
        order of the one search stands.
        """
        distances, targets = self.nearest(features, largest)
        found = {weighting: means(distances, targets, weighting) for weighting in weights}
        for k in range(1, largest):
            tied = np.flatnonzero(distances[:, k - 1] == distances[:, k])
            if 0 < len(tied) <= MOST_TIED * len(features):
                again = self.nearest(features[tied], k)
                for weighting, predicted in found.items():
                    predicted[tied, k - 1] = means(*again, weighting)[:, -1]
        return found


def means(distances: np.ndarray, targets: np.ndarray, weights: Weights) -> np.ndarray:
    """Return the mean target of the 1, 2, ... nearest rows, (n_rows, n).

    Args:
        weights: `distance`: each counts by one over its distance; where some are at distance 0, they alone.
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
    folds: Folds,
    largest: int,
    metrics: Sequence[Metric] = METRICS,
    weights: Sequence[Weights] = WEIGHTS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> pd.DataFrame:
    """Return the cross-validated RMSE of each metric, k from 1 to `largest`, and weighting; features scaled by fold.

    The neighbours are looked for once a fold and metric: those of a smaller k are the first ones. This is what
    scikit-learn's `GridSearchCV` finds with `KNeighborsRegressor` behind a `StandardScaler`.

    Args:
        folds: rows to fit and rows to score.
        progress: is told how many searches are done, of how many.

    Returns:
        Columns metric, k, weights, cv_rmse (the mean over folds) and cv_rmse_std, in the target's unit.
    """
    ks, parts = np.arange(1, largest + 1), []
    found: dict[tuple[Metric, Weights], list[np.ndarray]] = {key: [] for key in product(metrics, weights)}
    for done, ((train, held_out), metric) in enumerate(product(folds, metrics), start=1):
        neighbours = Neighbours().fit(features[train], target[train], metric)
        for weighting, predicted in neighbours.means(features[held_out], largest, weights).items():
            found[metric, weighting].append(rmse_by_k(predicted, target[held_out]))
        progress(done, len(folds) * len(metrics))
    for (metric, weighting), by_fold in found.items():
        rmse = {"cv_rmse": np.mean(by_fold, axis=0), "cv_rmse_std": np.std(by_fold, axis=0)}
        parts.append(pd.DataFrame({"metric": metric, "k": ks, "weights": weighting, **rmse}))
    return pd.concat(parts, ignore_index=True)
