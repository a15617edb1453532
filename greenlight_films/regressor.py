"""`FilmRegressor`: Greenlight's network as an estimator of scikit-learn, over data frames."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self, overload

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from greenlight_films.datamodules import Scores, Split, TargetColumn
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.encoder import EncodedFilms
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.tables.formats import Cells
from greenlight_films.datamodules.tables.read_table import open_with_warnings
from greenlight_films.datamodules.weights import weights_of_known
from greenlight_films.declarations import (
    codes_with_warnings,
    data_of,
    encode_with_warnings,
    known_targets,
    network_of,
    settings_of,
    training_of,
    with_target,
)
from greenlight_films.explanation import Explanation
from greenlight_films.history import History
from greenlight_films.importance import ImportanceResult, LossName
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.film_contributions import PartsSource, background_rows, contributions_of
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from greenlight_films.lightning_modules.optimisers.choice import OptimiserName
from greenlight_films.quietly import quietly
from greenlight_films.saved_model import load_model, save_model
from greenlight_films.studies.conformal import PredictionIntervals, fit_intervals, with_intervals
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.settings.presets import Preset
from greenlight_films.studies.train import train


class FilmRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Predicts a number of films, such as their rating, from their people, companies, genres and numbers.

    A neural network that learns weights for every person, company, genre and number. It trains as `greenlight study`
    does: the same settings, seed and films give the same weights, bit for bit. It is an estimator of scikit-learn:
    `clone`, `cross_val_score` and `GridSearchCV` work, over data frames.

    Wherever films are taken, they are a pandas or polars DataFrame, an Arrow table, or a table's file.

    Args:
        target: the column to predict, or `Target`, or `ProfitRatio`; not needed where `fit` is given y.
        features: `Number`, `Date`, `Labels`, `Category`, ..., or the name of a column, which is a Number if it holds
            numbers, else a Category; by default what `look` proposes.
        split: which rows train, validate (they choose the epoch) and are left alone; by default a tenth validates.
        film: the column with a film's id, or several; no split may then put a film on two sides.
        missing, decimal, day_first: texts that mean that nothing is known, the decimal mark, and whether 03/04/2011 is
            3 April, of all columns or by column, such as {"budget": ["0"]}.
        preset: `recipe`; `best`, three such networks; `fast`; or `seed`, the plain network of the first studies. It has
            the settings from `hidden` to `patience` that are None, and adds to the features (docs/models.md).
        hidden, activation: widths of the hidden layers; relu or silu.
        heads, members: outputs of a network, and networks trained side by side; the mean of all is predicted.
        dropout, label_dropout: share of hidden units, and of labels, dropped in training.
        loss, optimiser: mse, mae or huber, on the standardised target; one of `OptimiserName`.
        learning_rate, schedule: of the first step; none, or cosine, which lowers it to 0 over the training.
        first_weight_decay, tail_weight_decay, label_decay: of the first layer, those after it, and rare labels' rows.
        batch_size: films a step; None but for `seed` means 64, and 256 from 10,000 training films on.
        max_epochs, patience: most epochs, and those without a lower validation loss before training stops.
        refit: train anew on training and validation rows, once these chose the epoch; None means the preset's.
        allow_leak: columns of features that may tell the target, as copies of it do; scores then flatter the model.
        allow_split_films: let the split put rows of a film on two sides.
        seed: of weights, dropout, the order of batches, and the default split.
        trainer, verbose: arguments of Lightning's Trainer, such as {"accelerator": "gpu"}; show a progress bar.

    Attributes:
        history_: a frame of losses and scores, one line an epoch.
        test_rows_: (n,) positions in X of the rows that the split left alone; None of a model from a run's folder.
        feature_names_in_: (n_columns,) the columns of the frame that it was fitted to; `n_features_in_` counts them.
        target_: what is predicted; `film_` are the columns with a film's id, None where each row is a film.
        network_: the trained network; `fitted_` is what else was learnt from the training rows, such as labels.
        intervals_: of predictions; None where validation films are too few.
        background_: 512 encoded training films, all that is kept of them; None of a run without measured importances.
    """

    def __init__(
        self,
        target: str | int | TargetColumn | None = None,
        features: Sequence[str | int | Feature[Any]] | None = None,
        *,
        split: Split | None = None,
        film: str | list[str] | None = None,
        missing: Cells | dict[str, Cells] | None = None,
        decimal: str | dict[str, str] | None = None,
        day_first: bool | dict[str, bool] | None = None,
        preset: Preset = "recipe",
        hidden: Sequence[int] | None = None,
        heads: int | None = None,
        activation: Literal["relu", "silu"] | None = None,
        dropout: float | None = None,
        label_dropout: float | None = None,
        loss: Literal["mse", "mae", "huber"] | None = None,
        optimiser: OptimiserName | None = None,
        learning_rate: float | None = None,
        schedule: Literal["none", "cosine"] | None = None,
        first_weight_decay: float | None = None,
        tail_weight_decay: float | None = None,
        label_decay: float | None = None,
        members: int | None = None,
        batch_size: int | None = None,
        max_epochs: int | None = None,
        patience: int | None = None,
        refit: bool | None = None,
        allow_leak: Sequence[str] | bool | None = None,
        allow_split_films: bool = False,
        seed: int = 42,
        trainer: dict[str, Any] | None = None,
        verbose: bool | int = True,
    ) -> None:
        self.target, self.features, self.split, self.film = target, features, split, film
        self.missing, self.decimal, self.day_first = missing, decimal, day_first
        self.preset, self.hidden, self.heads, self.activation = preset, hidden, heads, activation
        self.dropout, self.label_dropout = dropout, label_dropout
        self.loss, self.optimiser, self.learning_rate, self.schedule = loss, optimiser, learning_rate, schedule
        self.first_weight_decay, self.tail_weight_decay = first_weight_decay, tail_weight_decay
        self.members, self.batch_size, self.max_epochs, self.patience = members, batch_size, max_epochs, patience
        self.allow_leak, self.allow_split_films = allow_leak, allow_split_films
        self.label_decay, self.refit, self.seed, self.trainer, self.verbose = label_decay, refit, seed, trainer, verbose

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train on the rows of X that have a target. Global random states are as before afterwards.

        Args:
            y: (n_rows,) the target; by default X's own column. A column of its name is then no feature.
            sample_weight: (n_rows,) of rows in the loss, 0 or more.

        Raises:
            InputError: the films or the settings can't be used; with all problems that can be known at once.
        """
        refuse_other_types(FilmRegressor.__init__, self.get_params(deep=False))
        films = open_with_warnings(X).frame
        frame, target = with_target(films, self.target, y)
        settings = settings_of(self.get_params(deep=False))
        data, model = data_of(settings, frame, target, y, sample_weight), network_of(settings)
        training = training_of(settings["max_epochs"], settings["patience"], self.trainer, settings["verbose"])
        history = History()
        with quietly(), TemporaryDirectory() as folder:
            trained = train(data, model, training, Path(folder), [history], refit=bool(settings["refit"]))
        rows, network = data.films.rows, trained.model.network
        assert rows is not None
        assert network is not None
        self.network_, self.fitted_ = SavedMLP(network, data.fitted.scale), data.fitted
        predicted = self.network_.predict_with_spread(data.films.encoded)
        self.intervals_ = fit_intervals(data.films, data.fitted, *predicted, trained.model.first_fit)
        self.target_, self.film_ = target, data.declared.film
        self.history_ = pd.DataFrame(history.epochs)
        self.test_rows_: np.ndarray | None = data.films.number[rows.test] - 1
        background = background_rows(network, data.fitted.encoder, data.films.encoded, data.films.weighted(rows.train))
        self.background_: EncodedFilms | None = data.films.encoded.take(background)
        self.feature_names_in_ = films.columns.to_numpy(dtype=object)
        self.n_features_in_ = len(films.columns)
        return self

    @overload
    def predict(self, X: Any, interval: None = None) -> np.ndarray: ...
    @overload
    def predict(self, X: Any, interval: float) -> PredictionIntervals: ...
    def predict(self, X: Any, interval: float | None = None) -> np.ndarray | PredictionIntervals:
        """Predict films, (n_rows,) float64 in the target's unit, in X's order; unknown labels add nothing.

        With an interval, such as 0.95: a tuple of such arrays, `predicted`, `lower` and `upper` (docs/intervals.md).

        Raises:
            InputError: a feature's column is missing, a cell can't be read, or there are no such intervals.
        """
        frame = self._read(X)
        films = encode_with_warnings(self.fitted_.encoder, frame)
        predicted, spread = self.network_.predict_with_spread(films)
        if interval is None:
            return predicted
        return with_intervals(self.intervals_, predicted, spread, films, self.fitted_, interval)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² on the rows of X that have a target: 1 - mse / variance, 0 for guessing their mean."""
        actual, predicted, weights = self._compare(X, y, sample_weight)
        return float(r2_score(actual, predicted, sample_weight=weights))

    def evaluate(self, X: Any, y: Any = None, sample_weight: Any = None) -> Scores:
        """Return all scores on the rows of X that have a target: rmse and mae in its unit, mse, r2, spearman."""
        actual, predicted, weights = self._compare(X, y, sample_weight)
        return self.fitted_.scale.scores(actual, predicted, weights)

    def importance(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        groups: dict[str, list[str]] | None = None,
        estimator: Literal["expected", "shuffle"] = "expected",
        n_repeats: int | None = None,
        off_rows: int | Literal["all"] = 16,
        loss: LossName = "mse",
        seed: int | None = None,
        conditional: Sequence[str] = (),
    ) -> ImportanceResult:
        """Measure permutation importance: by how much the loss on held-out films rises when a feature is shuffled.

        Args:
            X: films that the model was not trained on, with their target, or with `y`.
            sample_weight: (n_rows,) how much each row's loss counts, 0 or more.
            groups: features to shuffle together, by name: roles, columns, or patterns such as `cast=Tom*`.
            estimator: expected, the mean over all shuffles in closed form, or shuffle, over `n_repeats`.
            n_repeats: shuffles; by default 2, and with `expected` 20 of whole columns and numbers, of many rows fewer.
            off_rows: films without a label that `expected` samples, or all.
            loss: mse, mae, r2, or with shuffle rmse.
            seed: of the shuffles; by default that of the model.
            conditional: columns, roles, groups or values to shuffle among films that other features make alike.

        Raises:
            InputError: X has no target, a group or a name fits nothing, or the loss has no closed form.
        """
        refuse_other_types(FilmRegressor.importance, locals())
        seed = self.seed if seed is None else seed
        how = PermutationImportance(estimator, n_repeats, off_rows, loss, seed=seed, conditional=list(conditional))
        frame, unit, actual, rows, weights = self._known(X, y, sample_weight)
        film = codes_with_warnings(frame, self.film_)
        encoder = self.fitted_.encoder
        measured = encode_with_warnings(encoder, frame).take(rows), actual, film[rows], rows + 1, None, weights
        films = MeasuredFilms.of(self.network_.network, encoder, self.fitted_.scale, *measured)
        summary = {"split": "test", "unit": unit, "leak": False}
        estimate = how.estimator_for(len(rows))
        result, reference = films.measure(estimate, loss, groups or {}, summary)
        same = films.related(reference, result, estimate, how.related, groups or {})
        parts = films.by_part(reference, estimate)
        return replace(result, alone=films.alone(reference), related=same, by_part=parts)

    def explain(self, X: Any) -> Explanation:
        """Split the prediction of each film up into what its values contribute; no target is needed.

        A film's contributions and the average prediction add up to its prediction. A film takes about 10 ms.

        Raises:
            InputError: the model is of a run whose importances were not measured.
        """
        frame = self._read(X)
        if self.background_ is None:
            raise InputError(
                "explain needs training films to measure contributions from, and the run's folder has none; measure "
                "them with `importance --run`, and load the folder again"
            )
        encoder, scale = self.fitted_.encoder, self.fitted_.scale
        films, background = (
            MeasuredFilms.unlabelled(self.network_.network, encoder, scale, encoded, np.arange(encoded.n_rows) + 1)
            for encoded in (encode_with_warnings(encoder, frame), self.background_)
        )
        parts = films, PartsSource.of(background), films.alone(films.reference("mse"))
        return Explanation(contributions_of(*parts, np.arange(len(frame))), scale, self.target_.unit)

    def save(self, folder: str | Path) -> None:
        """Write the model into a folder: JSON and arrays, nothing that runs code when it is loaded.

        Raises:
            InputError: a setting can't be written as JSON, such as a callback in `trainer`.
        """
        check_is_fitted(self)
        save_model(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> "FilmRegressor":
        """Load what `save` wrote, or the network of a run's folder, such as runs/ratings/version_0.

        Raises:
            InputError: the folder holds neither, or a file of it was changed.
        """
        return load_model(cls, Path(folder))

    def _read(self, X: Any) -> pd.DataFrame:
        check_is_fitted(self)
        return open_with_warnings(X).frame

    def _compare(self, X: Any, y: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return targets, predictions and weights of the rows that have a target."""
        frame, _, actual, rows, weights = self._known(X, y, sample_weight)
        return actual, self.network_.predict(encode_with_warnings(self.fitted_.encoder, frame))[rows], weights

    def _known(
        self, X: Any, y: Any, sample_weight: Any
    ) -> tuple[pd.DataFrame, str, np.ndarray, np.ndarray, np.ndarray | None]:
        """Return a frame, the target's unit, and targets, positions and weights of the rows that have a target."""
        frame, target = with_target(self._read(X), self.target_, y)
        actual, rows = known_targets(frame, target, self.fitted_.encoder.formats)
        return frame, target.unit, actual, rows, weights_of_known(sample_weight, len(frame), rows)
