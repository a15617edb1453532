"""Models that wrap a scikit-learn regressor as it is: boosted trees, a single tree, and a multilayer perceptron."""

import warnings
from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

from greenlight_films.baselines.baseline import ScaledPredictor
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.number_format import counted


def most_frequent(labels: csr_array, n: int) -> np.ndarray:
    """Return the indices of the n columns that most rows have, ascending."""
    counts = np.bincount(labels.indices, minlength=labels.shape[1])
    return np.sort(np.argsort(-counts, kind="stable")[:n])


class Estimator(ScaledPredictor):
    """A scikit-learn regressor of the scaled target, on numbers and labels as the network sees them."""

    stored: ClassVar[tuple[str, ...]] = ("model",)

    @abstractmethod
    def _unfitted(self) -> BaseEstimator: ...

    def _features(self, films: EncodedFilms) -> np.ndarray | csr_array:
        return films.matrix()

    def _fit(self, training: Sample) -> None:
        features = self._features(training.films)
        self.model = self._unfitted().fit(features, training.target, sample_weight=training.weights)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self.model.predict(self._features(films)))


class Boosting(Estimator):
    """Histogram gradient boosting of the squared error, stopped early by the error on the validation rows.

    It sees the most frequent labels, for trees need a dense matrix.
    """

    name = "boosting"
    most_rows = 200_000
    stored = ("labels", "model")

    def __init__(self, n_labels: int = 100) -> None:
        self.n_labels = n_labels

    def check(self, training: Sample) -> None:
        training.choices()

    def _unfitted(self) -> BaseEstimator:
        return HistGradientBoostingRegressor(max_iter=500, early_stopping=True, n_iter_no_change=10, random_state=0)

    def _features(self, films: EncodedFilms) -> np.ndarray:
        return np.hstack([films.dense, films.labels[:, self.labels].toarray()])

    def _fit(self, training: Sample) -> None:
        self.labels = most_frequent(training.films.labels, self.n_labels)
        fitted, scored = training.choices()[0]
        self.model = self._unfitted().fit(
            self._features(fitted.films),
            fitted.target,
            fitted.weights,
            X_val=self._features(scored.films),
            y_val=scored.target,
            sample_weight_val=scored.weights,
        )

    def refit(self, learnt: Sample) -> Self:
        n_trees, self.scale = self.model.n_iter_, learnt.scale
        self.labels = most_frequent(learnt.films.labels, self.n_labels)
        model = self._unfitted().set_params(max_iter=n_trees, early_stopping=False)
        self.model = model.fit(self._features(learnt.films), learnt.target, sample_weight=learnt.weights)
        return self

    def in_a_line(self) -> str:
        labels = f" and {counted(len(self.labels), 'label')}" if len(self.labels) else ""
        return f"{self.model.n_iter_:,} trees on numbers{labels}"


class Tree(Estimator):
    """A large decision tree of the squared error. It memorises its training rows, which shows a leak most clearly."""

    name = "tree"

    def __init__(self, n_leaves: int = 1000) -> None:
        self.n_leaves = n_leaves

    def _unfitted(self) -> BaseEstimator:
        return DecisionTreeRegressor(max_leaf_nodes=self.n_leaves, random_state=0)

    def in_a_line(self) -> str:
        return f"{self.model.get_n_leaves():,} leaves"


class SklearnMLP(Estimator):
    """The rating study's network: a hidden layer of 64 units with a small penalty, trained for up to 500 epochs.

    On tens of thousands of labels it takes minutes.
    """

    name = "sklearn_mlp"

    def _unfitted(self) -> BaseEstimator:
        return MLPRegressor(hidden_layer_sizes=(64,), alpha=1e-4, max_iter=500, random_state=0)

    def _fit(self, training: Sample) -> None:
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # 500 epochs are the study's
            super()._fit(training)
