"""The mean of the training targets: what every model has to beat."""

from typing import Self

import numpy as np

from baselines.predictor import Predictor
from datamodules import EncodedFilms, TargetScale


class Mean(Predictor):
    """Predicts the training rows' mean for every film: in the original unit, so that its R² is 0."""

    name = "mean"

    def fit(self, films: EncodedFilms, actual: np.ndarray, film: np.ndarray, scale: TargetScale) -> Self:
        self.mean = float(np.mean(actual, dtype=np.float64))
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return np.full(films.n_rows, self.mean)
