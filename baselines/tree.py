"""One decision tree that learns its training rows by heart: nothing finds a leak as surely."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from greenlight_films.baselines.baseline import ScaledPredictor
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms


class Tree(ScaledPredictor):
    """A decision tree of squared error, scikit-learn's, on all numbers and labels.

    Args:
        n_leaves: at most so many; those that tell most apart come first.
    """

    stored = ("model",)

    def __init__(self, n_leaves: int = 1000) -> None:
        self.name = "tree"
        self.n_leaves = n_leaves

    def _fit(self, training: Sample) -> None:
        self.model = DecisionTreeRegressor(max_leaf_nodes=self.n_leaves, random_state=0)
        self.model.fit(training.films.matrix().astype(np.float32), training.target)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self.model.predict(films.matrix().astype(np.float32)))

    def in_a_line(self) -> str:
        return f"{self.model.get_n_leaves():,} leaves"
