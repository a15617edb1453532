"""scikit-learn's network, as the rating study used it."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from greenlight_films.baselines.baseline import ScaledPredictor
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms


class SklearnMLP(ScaledPredictor):
    """One hidden layer of 64 units with a small penalty, trained until its training loss falls no further.

    It sees numbers and labels as the network does. On tens of thousands of labels it takes minutes.
    """

    stored = ("model",)

    def __init__(self) -> None:
        self.name = "sklearn_mlp"

    def _fit(self, training: Sample) -> None:
        self.model = MLPRegressor(hidden_layer_sizes=(64,), alpha=1e-4, max_iter=500, random_state=0)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # 500 epochs are the study's
            self.model.fit(training.films.matrix(), training.target)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self.model.predict(films.matrix()))
