"""Choose the classical models, fit them to the network's training rows, and score them on the same test rows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Literal, get_args

import numpy as np

from greenlight_films.baselines.baseline import Baseline, Predictor, Progress, Tables, unshown
from greenlight_films.baselines.cat_boost import CatBoost
from greenlight_films.baselines.estimators import Boosting, SklearnMLP, Tree
from greenlight_films.baselines.kmeans import CLUSTERS, KMeans
from greenlight_films.baselines.knn import KNN
from greenlight_films.baselines.light_gbm import LightGBM
from greenlight_films.baselines.mean import Mean
from greenlight_films.baselines.ols import OLS
from greenlight_films.baselines.packed import Packed
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.ridge import Ridge
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import Films, Fitted, InputError, Scores

ModelName = Literal["ols", "ridge", "knn", "boosting", "lightgbm", "catboost", "tree", "sklearn_mlp", "kmeans", "pca"]
QUICK: tuple[ModelName, ...] = ("ols", "ridge", "knn", "boosting", "kmeans", "pca")  # by default


@dataclass(frozen=True)
class Fit:
    """A fitted model with its scores on the training and test rows; None where it doesn't predict the target.

    Attributes:
        model: packed if that was asked for.
        line: the settings that were chosen, for the terminal.
        seconds: of fitting, with the choice of settings.
        predicted: (n_test,) float64, in the target's unit.
        validated: (n_val,) likewise, of the validation rows, before they were learnt from.
    """

    model: Baseline | Packed
    line: str
    seconds: float
    tables: Tables
    train: Scores | None = None
    test: Scores | None = None
    predicted: np.ndarray | None = None
    validated: np.ndarray | None = None


@dataclass(frozen=True)
class Fits:
    """Models fitted to the same rows, by name, and the reasons against the others."""

    by_name: dict[str, Fit]
    refused: dict[str, str]


@dataclass
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
        cluster: a column of the table; films that share its value, such as a director, are not independent: intervals
            of differences between models take them as one draw.
        smearing: for a log1p target, score means in its unit too, by Duan's smearing; predictions are medians.
        blend: score a mean of the network and lightgbm too, with the weights that do best on the validation films; it
            has no contributions.
    """

    models: list[ModelName] | None = None
    ols: dict[str, list[str]] | None = None
    grid: bool = False
    clusters: int = CLUSTERS
    describe: list[str] | None = None
    cluster: str | None = None
    smearing: bool = False
    blend: bool = False

    def __post_init__(self) -> None:
        for given, option in ((self.ols, "ols"), (self.describe, "describe")):
            if given is not None and not given:
                raise InputError(f"compare.{option} must name columns, got {given}; leave it out for the usual ones")
        for name in self.ols or {}:
            if not re.fullmatch(r"\w[\w -]*", name):
                raise InputError(f"compare.ols: a name must be letters, digits, - and _, as of a folder, got '{name}'")
        if self.blend and "lightgbm" not in (self.models or ()):
            models = "the usual ones" if self.models is None else self.models
            raise InputError(f"compare.blend needs lightgbm among compare.models, got {models}; add it to these")
        self.baselines()  # refuses a wrong number of clusters

    def baselines(self, progress: Progress = unshown) -> list[Baseline]:
        """Return the models, not yet fitted, in the order of `ModelName`; `progress` is of the choice of settings."""
        designs = [OLS(f"ols_{name}", columns) for name, columns in (self.ols or {}).items()]
        known: dict[ModelName, Sequence[Baseline]] = {
            "ols": designs or [OLS()],
            "ridge": [Ridge(progress)],
            "knn": [KNN(self.grid, progress)],
            "boosting": [Boosting()],
            "lightgbm": [LightGBM(progress)],
            "catboost": [CatBoost(progress)],
            "tree": [Tree()],
            "sklearn_mlp": [SklearnMLP()],
            "kmeans": [KMeans(self.clusters, self.describe)],
            "pca": [PCA(self.describe)],
        }
        wanted = QUICK if self.models is None else self.models
        return [model for name in get_args(ModelName) if name in wanted for model in known[name]]

    def possible(self, training: Sample, progress: Progress = unshown) -> tuple[list[Baseline], dict[str, str]]:
        """Return the mean and the models that can be fitted to these films, and the reasons against the others by name.

        A model that was requested is refused if it can't be fitted.
        """
        models: list[Baseline] = [Mean()]
        refused: dict[str, str] = {}
        for model in self.baselines(progress):
            try:
                if training.n_rows > model.most_rows and not self._requests(model):
                    raise InputError(
                        f"it takes long for {training.n_rows:,} training rows ({model.most_rows:,} are quick); "
                        "it is fitted where compare.models names it"
                    )
                model.check(training)
                models.append(model)
            except InputError as problem:
                if self._requests(model):
                    raise
                refused[model.name] = str(problem)
        return models, refused

    def fit_all(
        self,
        films: Films,
        fitted: Fitted,
        begin: Callable[[str, int, int], None] | None = None,
        progress: Progress = unshown,
        *,
        packed: bool = False,
    ) -> Fits:
        """Fit the models that the films allow to their training rows, and to all that models learn from if refitted.

        Args:
            begin: is called with a model's name, its number from 0, and how many there are.
            packed: whether models come packed.

        Raises:
            InputError: a model that was requested can't be fitted.
        """
        training, test = (Sample.of(films, fitted, side) for side in ("train", "test"))
        learnt = Sample.of(films, fitted, "learnt") if fitted.refitted else None
        models, refused = self.possible(training, progress)
        fits = {}
        for number, model in enumerate(models):
            if begin:
                begin(model.name, number, len(models))
            fits[model.name] = fit(model, training, test, learnt)
            if packed:
                as_files = Packed.of(model.name, type(model), model.to_state())
                fits[model.name] = replace(fits[model.name], model=as_files)
        return Fits(fits, refused)

    def _requests(self, model: Baseline) -> bool:
        """Tell whether the model is there by name or by a setting of its own, not by default."""
        return (
            self.models is not None
            or (isinstance(model, OLS) and self.ols is not None)
            or (isinstance(model, KMeans | PCA) and self.describe is not None)
            or (isinstance(model, KMeans) and self.clusters != CLUSTERS)
        )


def fit(model: Baseline, training: Sample, test: Sample, learnt: Sample | None = None) -> Fit:
    """Fit a model to the training rows, and score it on both sides in the target's unit.

    Args:
        learnt: the rows that it is fitted to anew, once the validation rows have chosen its settings.
    """
    start = perf_counter()
    model.fit(training)
    held_out, validated = training.validation, None
    if isinstance(model, Predictor) and held_out is not None:
        validated = model.predict(held_out.films)
    if learnt is not None:
        model.refit(learnt)
    seconds = perf_counter() - start
    tables = model.tables(learnt or training, test)
    if not isinstance(model, Predictor):
        return Fit(model, model.in_a_line(), seconds, tables)
    predicted = model.predict(test.films)
    train = training.scale.scores(training.actual, model.predict(training.films), training.weights)
    scores = test.scale.scores(test.actual, predicted, test.weights)
    return Fit(model, model.in_a_line(), seconds, tables, train, scores, predicted, validated)
