"""Nearest neighbours: predicts the mean target of the most similar training films."""

from typing import ClassVar, Self

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD

from greenlight_films.baselines.baseline import Progress, ScaledPredictor, Stored, Tables, unshown
from greenlight_films.baselines.neighbours import METRICS, WEIGHTS, Neighbours, Points, grid_search, means, rmse_by_k
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance import LOSSES, loop_importance

N_DIRECTIONS = 50


class LabelDirections(Stored):
    """Labels in at most 50 dimensions: as they are up to 50 labels, or else their first 50 singular directions.

    In thousands of dimensions all films are about equally far apart. `labels` are indices of the label columns that
    vary in the training rows, `components`, (n_directions, n_kept), what each adds to each direction.
    """

    stored = ("labels", "components")

    def fit(self, labels: csr_array) -> Self:
        """Learn from the training rows' labels, (n_rows, n_labels)."""
        labels = labels.astype(np.float64)
        mean, mean_square = labels.mean(axis=0), labels.power(2).mean(axis=0)
        self.labels = np.flatnonzero(mean_square - mean**2 > 1e-12)
        if len(self.labels) > N_DIRECTIONS:
            self.components = TruncatedSVD(N_DIRECTIONS, random_state=0).fit(labels[:, self.labels]).components_
        else:
            self.components = np.eye(len(self.labels))
        return self

    @property
    def are_labels(self) -> bool:
        """Tell whether each direction is a label."""
        return self.components.shape[0] == self.components.shape[1]

    def transform(self, labels: csr_array, among: np.ndarray | None = None) -> np.ndarray:
        """Return (n_rows, n_directions) float64, of the label columns with indices `among` or of all."""
        kept = slice(None) if among is None else np.isin(self.labels, among)
        return np.asarray(labels[:, self.labels[kept]] @ self.components[:, kept].T, dtype=np.float64)


class KNN(ScaledPredictor):
    """The mean target of the k nearest training films; k is chosen from 1 to 50 by the validation rows.

    Distances are between standardised numbers and label directions. Weighted rows weigh so in means and scores.

    Args:
        grid: choose weights (uniform, distance) and metric (Euclidean, Manhattan) along with k; Euclidean distances
            and equal weights otherwise.
        progress: is called with the number of searches of the grid that are done, and of all.
    """

    name = "knn"
    most_rows = 50_000  # each is compared with each
    stored = ("k", "weights")
    parts: ClassVar = {"directions": LabelDirections, "neighbours": Neighbours}

    def __init__(self, grid: bool = False, progress: Progress = unshown) -> None:
        self.grid = grid
        self.progress = progress

    def check(self, training: Sample) -> None:
        training.choices()

    chosen_with: LabelDirections | None = None  # those of the training rows, where the settings were chosen with them

    def _choose(self, training: Sample) -> None:
        folds, largest, chosen = [], 50, None
        for fitted, scored in training.choices():
            directions = LabelDirections().fit(fitted.films.labels)
            folds.append((_points(fitted, directions), _points(scored, directions)))
            chosen = directions if fitted is training else None
            largest = min(largest, fitted.n_rows if fitted.weights is None else int(np.count_nonzero(fitted.weights)))
        settings = (METRICS, WEIGHTS) if self.grid else (METRICS[:1], WEIGHTS[:1])
        self.search = grid_search(folds, largest, *settings, self.progress)
        best = self.search.loc[self.search["val_rmse"].idxmin()]
        self.k, self.weights, self.metric = int(best["k"]), best["weights"], best["metric"]
        self.chosen_with = chosen

    def refit(self, learnt: Sample) -> Self:
        self.chosen_with = None
        return super().refit(learnt)

    def _fit(self, training: Sample) -> None:
        self.directions = self.chosen_with or LabelDirections().fit(training.films.labels)
        self.neighbours = Neighbours().fit(_points(training, self.directions), self.metric)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return self._means(_features(films, self.directions))

    def _means(self, features: np.ndarray) -> np.ndarray:
        return means(*self.neighbours.nearest(features, self.k), self.weights)[:, -1]

    def in_a_line(self) -> str:
        n_directions = len(self.directions.components)
        kind = "labels" if self.directions.are_labels else "directions of labels"
        labels = f" and {n_directions} {kind}" if n_directions else ""
        chosen = f"{counted(self.k, 'neighbour')}, weights {self.weights}, {self.neighbours.metric} distances"
        return f"{chosen} of numbers{labels}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return RMSE by k, the grid, correlations of features with predictions, and importance of columns."""
        tables: Tables = {"sweep.csv": self._sweep(training), "importance.csv": self.importance(held_out)}
        if self.grid:
            tables["grid.csv"] = _unscaled(self.search, training).sort_values("val_rmse", kind="stable")
        tables["correlations.csv"] = correlations(held_out, self.predict(held_out.films))
        return tables

    def _sweep(self, training: Sample) -> pd.DataFrame:
        """Return RMSE by k, of the choice and on the training films, where each is its own nearest neighbour."""
        default = self.search[(self.search["metric"] == METRICS[0]) & (self.search["weights"] == WEIGHTS[0])]
        points = _points(training, self.directions)
        predicted = Neighbours().fit(points).means(points.features, len(default), WEIGHTS[:1])[WEIGHTS[0]]
        rmse = rmse_by_k(predicted, points)
        return _unscaled(default[["k"]].assign(train_rmse=rmse, val_rmse=default["val_rmse"]), training)

    def importance(self, held_out: Sample, n_repeats: int = 5, most_rows: int = 1000) -> pd.DataFrame:
        """Return the loss of R² when a column of the table is shuffled, of at most `most_rows` rows as they weigh."""
        if held_out.n_rows > most_rows:
            chosen = np.random.default_rng(0).choice(held_out.n_rows, most_rows, replace=False)
            held_out = held_out.take(np.sort(chosen))
        films, n_dense, weights = held_out.films, held_out.space.n_dense, held_out.weights
        columns = [column for column in feature_sets(held_out.space, {}) if column.level == "column"]
        # Each column's share of the directions has columns of its own here, so that it can be shuffled alone.
        shares = [self.directions.transform(films.labels, column.labels) for column in columns]
        width = len(self.directions.components)
        indices = [
            np.append(column.dense, n_dense + width * index + np.arange(width)) for index, column in enumerate(columns)
        ]

        def predict(parts: torch.Tensor) -> torch.Tensor:
            dense, labels = parts[:, :n_dense], parts[:, n_dense:].view(len(parts), len(columns), width).sum(1)
            return torch.from_numpy(self.scale.inverse(self._means(torch.hstack([dense, labels]).numpy())))

        film = np.unique(held_out.film, return_inverse=True)[1]
        estimates = loop_importance(
            predict,
            torch.from_numpy(np.hstack([films.unscaled, *shares])),
            torch.from_numpy(held_out.actual),
            [torch.from_numpy(column) for column in indices],
            LOSSES["r2"],
            lambda index, repeat: torch.from_numpy(np.random.default_rng((index, repeat)).permutation(len(film))),
            n_repeats,
            torch.from_numpy(film),
            None if weights is None else torch.from_numpy(weights / weights.mean()),
        )
        has_number = [len(column.dense) > 0 for column in columns]
        table = pd.DataFrame(
            {
                "column": [column.name for column in columns],
                "importance": estimates.mean,
                "se_shuffle": estimates.se_shuffle,
                "se_sample": estimates.se_sample,
                "n_films": np.where(has_number, film.max() + 1, estimates.n_films),
                "rows": len(film),
            }
        )
        return table.sort_values("importance", ascending=False, kind="stable")


def _features(films: EncodedFilms, directions: LabelDirections) -> np.ndarray:
    return np.hstack([films.unscaled, directions.transform(films.labels)])


def _points(sample: Sample, directions: LabelDirections) -> Points:
    return Points(_features(sample.films, directions), sample.target, sample.weights)


def _unscaled(search: pd.DataFrame, training: Sample) -> pd.DataFrame:
    """Undo the target's scale in columns of RMSE, though not its log1p."""
    rmse = [name for name in search.columns if "rmse" in name]
    return search.assign(**{name: search[name] * training.scale.std for name in rmse})


def correlations(sample: Sample, predicted: np.ndarray) -> pd.DataFrame:
    """Return Pearson's correlation of every number and label with predictions, (n_rows,), the strongest first.

    Features that never vary in these rows are left out; `n_rows` counts those that have a label.
    """
    dense, labels, n_rows = sample.films.unscaled, sample.films.labels.astype(np.float64), sample.n_rows
    centred = predicted - predicted.mean()
    off_mean = dense - dense.mean(0)
    mean, mean_square = labels.mean(axis=0), labels.power(2).mean(axis=0)
    covariance = np.concatenate([off_mean.T @ centred, labels.T @ centred]) / n_rows
    variance = np.concatenate([off_mean.var(0), np.maximum(mean_square - mean**2, 0)])
    counts = np.concatenate([np.full(dense.shape[1], n_rows), np.diff(labels.tocsc().indptr)])
    varies = variance > 1e-12 * np.concatenate([(dense**2).mean(0), mean_square])
    names = np.array(sample.space.names(), dtype=object)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance[varies] / np.sqrt(variance[varies] * predicted.var())
    table = pd.DataFrame({"feature": names[varies], "correlation": correlation, "n_rows": counts[varies]})
    return table.sort_values("correlation", key=abs, ascending=False, kind="stable", ignore_index=True)
