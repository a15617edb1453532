"""Classical models on the same rows as the network: fitted to the training rows, scored like it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, get_args

import numpy as np

from greenlight_films.baselines.baseline import Baseline, Predictor, Tables
from greenlight_films.baselines.boosting import Boosting
from greenlight_films.baselines.kmeans import CLUSTERS, KMeans
from greenlight_films.baselines.knn import KNN
from greenlight_films.baselines.mean import Mean
from greenlight_films.baselines.ols import OLS
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.ridge import Ridge
from greenlight_films.baselines.sample import Sample
from greenlight_films.baselines.sklearn_mlp import SklearnMLP
from greenlight_films.baselines.tree import Tree
from greenlight_films.datamodules import InputError, Scores

ModelName = Literal["ols", "ridge", "knn", "boosting", "tree", "sklearn_mlp", "kmeans", "pca"]
QUICK: tuple[ModelName, ...] = ("ols", "ridge", "knn", "boosting", "kmeans", "pca")
"""What a study fits where nobody names models."""


@dataclass(frozen=True)
class Fit:
    """A fitted model and how well it does.

    Attributes:
        seconds: that fitting took, with the choice of its settings.
        test: None for a model that doesn't predict the target.
        predicted: (n_test_rows,) float64, of the test rows, in the target's unit; likewise.
    """

    model: Baseline
    seconds: float
    tables: Tables
    train: Scores | None = None
    test: Scores | None = None
    predicted: np.ndarray | None = None


class Comparison:
    """Which classical models are fitted to the network's films, beside the mean.

    Args:
        models: by name; by default the quick ones that the table allows. [] for the mean alone.
        ols: linear regressions by name, each with patterns of the table's columns, such as
            {numeric: [budget, "*count"]}; by default one, of numbers and columns of up to 50 labels.
        grid: choose weights and metric of knn along with k.
        clusters: how many kmeans describes, beside three.
        describe: patterns of the columns that kmeans and pca are about; by default the table's numbers if there are
            three, or else all.
    """

    def __init__(
        self,
        models: list[ModelName] | None = None,
        ols: dict[str, list[str]] | None = None,
        grid: bool = False,
        clusters: int = CLUSTERS,
        describe: list[str] | None = None,
    ) -> None:
        for given, option in ((ols, "ols"), (describe, "describe")):
            if given is not None and not given:
                raise InputError(f"compare.{option} must name columns, got {given}; leave it out for the usual ones")
        if unfit := [name for name in ols or {} if not re.fullmatch(r"\w[\w -]*", name)]:
            raise InputError(f"compare.ols: a name must be letters, digits, - and _, as of a folder, got '{unfit[0]}'")
        self.models = models
        self.ols = ols
        self.grid = grid
        self.clusters = clusters
        self.describe = describe
        self.baselines()

    def baselines(self, progress: Callable[[int, int], None] = lambda done, of: None) -> list[Baseline]:
        """Return the models, not yet fitted, in the order of their names above.

        Args:
            progress: is told how far a grid search has come: how many steps, of how many.
        """
        designs = [OLS(f"ols_{name}", columns) for name, columns in (self.ols or {}).items()]
        known: dict[ModelName, Sequence[Baseline]] = {
            "ols": designs or [OLS()],
            "ridge": [Ridge()],
            "knn": [KNN(self.grid, progress)],
            "boosting": [Boosting()],
            "tree": [Tree()],
            "sklearn_mlp": [SklearnMLP()],
            "kmeans": [KMeans(self.clusters, self.describe)],
            "pca": [PCA(self.describe)],
        }
        wanted = QUICK if self.models is None else self.models
        return [one for name in get_args(ModelName) if name in wanted for one in known[name]]

    def possible(
        self, training: Sample, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> tuple[list[Baseline], dict[str, str]]:
        """Return the models that can be fitted to these films, with the mean; and for the others why not.

        Raises:
            InputError: one that was asked for by name can't.
        """
        models: list[Baseline] = [Mean()]
        refused = {}
        for model in self.baselines(progress):
            try:
                model.check(training)
                models.append(model)
            except InputError as problem:
                if self._asks_for(model):
                    raise
                refused[model.name] = str(problem)
        return models, refused

    def _asks_for(self, model: Baseline) -> bool:
        """Tell whether a model, or a setting of its own, was given."""
        return (
            self.models is not None
            or (isinstance(model, OLS) and self.ols is not None)
            or (isinstance(model, KMeans | PCA) and self.describe is not None)
            or (isinstance(model, KMeans) and self.clusters != CLUSTERS)
        )


def fit(model: Baseline, training: Sample, test: Sample) -> Fit:
    """Fit a model to the training rows and score it on both sides, in the target's unit."""
    start = perf_counter()
    model.fit(training)
    seconds = perf_counter() - start
    tables = model.tables(training, test)
    if not isinstance(model, Predictor):
        return Fit(model, seconds, tables)
    predicted = model.predict(test.films)
    train = training.scale.scores(training.actual, model.predict(training.films))
    return Fit(model, seconds, tables, train, test.scale.scores(test.actual, predicted), predicted)
