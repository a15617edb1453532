"""The mean of the training targets as everyone's prediction: the score that every model has to beat."""

from typing import Self

import numpy as np

from greenlight_films.baselines.baseline import Predictor
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms


class Mean(Predictor):
    """Predicts the training rows' mean for every film, taken on the scale that is learnt, where its R² is 0."""

    name = "mean"
    stored = ("mean",)

    def fit(self, training: Sample) -> Self:
        weights = training.weights
        scaled = np.average(training.target, weights=weights, keepdims=True)
        self.mean = float(training.scale.inverse(scaled)[0])
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return np.full(films.n_rows, self.mean)
