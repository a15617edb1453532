"""The mean of the most similar training films."""

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from baselines.folds import folds
from baselines.predictor import ScaledPredictor
from datamodules import EncodedFilms

LARGEST_K, N_DIRECTIONS, SMALLEST_VARIANCE = 50, 50, 1e-12


class KNN(ScaledPredictor):
    """The mean target of the k nearest training films; k is chosen from 1 to 50 by cross-validation among them.

    Distances are Euclidean, of standardised numbers and, where films have more labels than 50, of the labels' first
    50 singular directions: in thousands of dimensions all films are about equally far away.

    Attributes:
        cv_rmse: by k, of the scaled target.
        k: the one with the lowest.
    """

    name = "knn"

    def _fit(self, films: EncodedFilms, target: np.ndarray, film: np.ndarray) -> None:
        mean, mean_square = films.labels.mean(axis=0), films.labels.power(2).mean(axis=0)
        self.labels = np.flatnonzero(mean_square - mean**2 > SMALLEST_VARIANCE)  # that tell films apart
        self.directions = TruncatedSVD(N_DIRECTIONS, random_state=0) if len(self.labels) > N_DIRECTIONS else None
        if self.directions is not None:
            self.directions.fit(films.labels[:, self.labels])
        features = self._features(films)
        cut = folds(film)
        largest = min(LARGEST_K, *(len(train) for train, _ in cut))
        errors = np.zeros(largest)
        for train, held_out in cut:
            nearest = _Nearest(features[train], target[train])
            errors += nearest.squared_errors(features[held_out], target[held_out], largest)
        self.cv_rmse = dict(enumerate(np.sqrt(errors / len(target)).tolist(), start=1))
        self.k = min(self.cv_rmse, key=self.cv_rmse.__getitem__)
        self.nearest = _Nearest(features, target)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return self.nearest.means(self._features(films), self.k)[:, -1]

    def _features(self, films: EncodedFilms) -> np.ndarray:
        labels = films.labels[:, self.labels]
        seen = labels.toarray() if self.directions is None else self.directions.transform(labels)
        return np.hstack([films.dense, seen]).astype(np.float64)


class _Nearest:
    """Training rows, scaled, and the means of their targets around other rows."""

    def __init__(self, features: np.ndarray, target: np.ndarray) -> None:
        self.scaler = StandardScaler().fit(features)
        self.index = NearestNeighbors().fit(self.scaler.transform(features))
        self.target = target

    def means(self, features: np.ndarray, largest: int) -> np.ndarray:
        """Return the mean target of the 1, 2, ... nearest rows, (n_rows, largest)."""
        nearest = self.index.kneighbors(self.scaler.transform(features), largest, return_distance=False)
        return self.target[nearest].cumsum(1) / np.arange(1, largest + 1)

    def squared_errors(self, features: np.ndarray, target: np.ndarray, largest: int) -> np.ndarray:
        """Return the sum of squared errors with 1, 2, ... neighbours, (largest,)."""
        return np.asarray(((self.means(features, largest) - target[:, None]) ** 2).sum(0))
