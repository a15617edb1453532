"""Boosted trees on the numbers and the labels that most training films have."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from greenlight_films.baselines.baseline import ScaledPredictor
from greenlight_films.baselines.folds import folds
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms


class Boosting(ScaledPredictor):
    """Histogram gradient boosting of squared error, scikit-learn's; a fifth of the training films tells when to stop.

    Args:
        n_labels: how many labels it sees, the most frequent ones; trees want a dense matrix.
    """

    stored = ("labels", "model")

    def __init__(self, n_labels: int = 100) -> None:
        self.name = "boosting"
        self.n_labels = n_labels

    def check(self, training: Sample) -> None:
        folds(training.film)

    def _fit(self, training: Sample) -> None:
        films, target = training.films, training.target
        counts = np.bincount(films.labels.indices, minlength=films.labels.shape[1])
        self.labels = np.sort(np.argsort(-counts, kind="stable")[: self.n_labels])
        features, (train, held_out) = self._features(films), folds(training.film)[0]
        self.model = HistGradientBoostingRegressor(
            max_iter=500, early_stopping=True, n_iter_no_change=10, random_state=0
        )
        self.model.fit(features[train], target[train], X_val=features[held_out], y_val=target[held_out])

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self.model.predict(self._features(films)))

    def in_a_line(self) -> str:
        labels = f" and {len(self.labels):,} labels" if len(self.labels) else ""
        return f"{self.model.n_iter_:,} trees on numbers{labels}"

    def _features(self, films: EncodedFilms) -> np.ndarray:
        return np.hstack([films.dense, films.labels[:, self.labels].toarray()])
