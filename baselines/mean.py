"""The mean of the training targets as everyone's prediction: the score that every model has to beat."""

from typing import Self

import numpy as np

from greenlight_films.baselines.baseline import Predictor
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms


class Mean(Predictor):
    """Predicts the training rows' mean for every film, taken in the target's own unit, where its R² is 0."""

    name = "mean"
    stored = ("mean",)

    def fit(self, training: Sample) -> Self:
        weights = training.weights
        self.mean = float(
            np.mean(training.actual, dtype=np.float64)
            if weights is None
            else np.average(training.actual, weights=weights)
        )
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return np.full(films.n_rows, self.mean)
