"""The mean of the most similar training films."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pandas as pd
import torch

from greenlight_films.baselines.baseline import ScaledPredictor, Tables
from greenlight_films.baselines.correlations import correlations
from greenlight_films.baselines.directions import LabelDirections
from greenlight_films.baselines.folds import folds
from greenlight_films.baselines.neighbours import METRICS, WEIGHTS, Neighbours, grid_search, means, rmse_by_k
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.importance import LOSSES, Estimates, loop_importance

LARGEST_K, N_REPEATS, MOST_ROWS = 50, 5, 1000


class KNN(ScaledPredictor):
    """The mean target of the k nearest training films; k is chosen from 1 to 50 by cross-validation among them.

    Distances are between standardised numbers and, where films have more labels than 50, the labels' first 50 singular
    directions.

    Args:
        grid: choose weights (uniform, distance) and metric (Euclidean, Manhattan) along with k; Euclidean distances
            and equal weights otherwise.
        progress: is told how many searches of the grid are done, of how many.

    Attributes:
        search: what was tried, with its cross-validated RMSE of the scaled target.
    """

    stored = ("k", "weights")
    parts: ClassVar = {"directions": LabelDirections, "neighbours": Neighbours}

    def __init__(self, grid: bool = False, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        self.name = "knn"
        self.grid = grid
        self.progress = progress

    def check(self, training: Sample) -> None:
        folds(training.film)

    def _fit(self, training: Sample) -> None:
        self.directions = LabelDirections().fit(training.films.labels)
        features, cut = self._features(training.films), folds(training.film)
        largest = min(LARGEST_K, *(len(train) for train, _ in cut))
        tried = (METRICS, WEIGHTS) if self.grid else (METRICS[:1], WEIGHTS[:1])
        self.search = grid_search(features, training.target, cut, largest, *tried, self.progress)
        best = self.search.loc[self.search["cv_rmse"].idxmin()]
        self.k, self.weights = int(best["k"]), best["weights"]
        self.neighbours = Neighbours().fit(features, training.target, best["metric"])

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return self._means(self._features(films))

    def _means(self, features: np.ndarray) -> np.ndarray:
        return means(*self.neighbours.nearest(features, self.k), self.weights)[:, -1]

    def _features(self, films: EncodedFilms) -> np.ndarray:
        return np.hstack([films.unscaled, self.directions.transform(films.labels)])

    def in_a_line(self) -> str:
        many = len(self.directions.components)
        labels = f" and {many} labels" if self.directions.are_labels else f" and {many} directions of labels"
        where = f"numbers{labels if many else ''}"
        return f"{self.k} neighbours, weights {self.weights}, {self.neighbours.metric} distances of {where}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return RMSE by k, the grid, correlations of features with predictions, and importance of columns."""
        found: Tables = {"sweep.csv": self._sweep(training), "importance.csv": self.importance(held_out)}
        if self.grid:
            found["grid.csv"] = _in_own_unit(self.search, training).sort_values("cv_rmse", kind="stable")
        found["correlations.csv"] = correlations(held_out, self.predict(held_out.films))
        return found

    def _sweep(self, training: Sample) -> pd.DataFrame:
        """Return RMSE by k on the training films themselves, each among its own neighbours, and cross-validated."""
        plain = self.search[(self.search["metric"] == METRICS[0]) & (self.search["weights"] == WEIGHTS[0])]
        features = self._features(training.films)
        predicted = Neighbours().fit(features, training.target).means(features, len(plain), WEIGHTS[:1])[WEIGHTS[0]]
        rmse = rmse_by_k(predicted, training.target)
        return _in_own_unit(plain[["k"]].assign(train_rmse=rmse, cv_rmse=plain["cv_rmse"]), training)

    def importance(self, held_out: Sample, n_repeats: int = N_REPEATS, most_rows: int = MOST_ROWS) -> pd.DataFrame:
        """Return the R² that is lost when a column of the table is shuffled, of a sample of films above `most_rows`."""
        rows = np.arange(held_out.n_rows)
        if len(rows) > most_rows:
            rows = np.sort(np.random.default_rng(0).choice(rows, most_rows, replace=False))
        films, n_dense = held_out.films.take(rows), held_out.films.dense.shape[1]
        columns = [one for one in feature_sets(held_out.space, {}) if one.level == "column"]
        # What each column's labels add to the directions stands apart, so that it can be shuffled apart.
        added = [self.directions.transform(films.labels, one.labels) for one in columns]
        width = len(self.directions.components)
        behind = [n_dense + width * place + np.arange(width) for place in range(len(columns))]
        places = [np.concatenate([one.dense, own]) for one, own in zip(columns, behind, strict=True)]

        def predict(parts: torch.Tensor) -> torch.Tensor:
            dense, labels = parts[:, :n_dense], parts[:, n_dense:].view(len(parts), len(columns), width).sum(1)
            return torch.from_numpy(self.scale.inverse(self._means(torch.hstack([dense, labels]).numpy())))

        found = loop_importance(
            predict,
            torch.from_numpy(np.hstack([films.unscaled, *added])),
            torch.from_numpy(held_out.actual[rows]),
            [torch.from_numpy(one) for one in places],
            LOSSES["r2"],
            lambda place, repeat: _order(place, repeat, len(rows)),
            n_repeats,
            torch.from_numpy(np.unique(held_out.film[rows], return_inverse=True)[1]),
        )
        carried = np.where([len(one.dense) > 0 for one in columns], len(np.unique(held_out.film[rows])), found.n_films)
        return _importance_table([one.name for one in columns], found, carried).assign(rows=len(rows))


def _order(place: int, repeat: int, n_rows: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng((place, repeat)).permutation(n_rows))


def _in_own_unit(search: pd.DataFrame, training: Sample) -> pd.DataFrame:
    """Undo the target's scale, though not its log1p."""
    rmse = [name for name in search.columns if "rmse" in name]
    return search.assign(**{name: search[name] * training.scale.std for name in rmse})


def _importance_table(names: list[str], found: Estimates, n_films: np.ndarray) -> pd.DataFrame:
    errors = {"se_shuffle": found.se_shuffle, "se_sample": found.se_sample}
    table = pd.DataFrame({"column": names, "importance": found.mean, **errors, "n_films": n_films})
    return table.sort_values("importance", ascending=False, kind="stable")
