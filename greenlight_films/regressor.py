"""`FilmRegressor`: Greenlight's network as an estimator of scikit-learn, over data frames."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import lightning.pytorch as pl
import numpy as np
import pandas as pd
from lightning.pytorch.callbacks import Callback
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from greenlight_films.datamodules import EncodedFilms, Feature, FilmDataModule, Fitted, RandomSplit, Scores, Split
from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.datamodules.tables.frames import read_frame
from greenlight_films.datamodules.targets import Target, TargetColumn
from greenlight_films.explanation import Explanation
from greenlight_films.importance import Estimator, ImportanceResult, LossName
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.film_importance import MeasuredFilms, described
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.quietly import quietly
from greenlight_films.saved_model import load_model, save_model
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.train import train
from greenlight_films.studies.training import Training

BACKGROUND = 512
"""Training films that a fitted model keeps, encoded."""


class FilmRegressor(RegressorMixin, BaseEstimator):
    """Predicts a number of films from their people, companies, genres and numbers.

    A network with one weight row per person, company, genre or number, trained by Lightning; the same as `greenlight
    study` trains, bit for bit. Works with `clone`, `cross_val_score` and `GridSearchCV` over data frames.

    Args:
        target: the column to predict, or `Target`, or `ProfitRatio`.
        features: what it is predicted from: `Number`, `Labels`, `Category`, `Bins`, `Popularity`, or the name of a
            column, which is a Number if the column is numeric, else a Category.
        split: which rows train, validate (the best epoch is chosen by these) and are left alone; by default a tenth
            validates and all others train.
        film: the column with a film's id; no split may then put a film on two sides.
        hidden: widths of the hidden layers.
        dropout: share of hidden units dropped in training.
        label_dropout: share of a film's labels dropped in training.
        loss: mse, mae or huber, on the standardised target.
        optimiser: adam, adamw or sgd.
        learning_rate: of the first step.
        schedule: none, or cosine, which lowers the learning rate to 0.
        first_weight_decay: of the first layer.
        tail_weight_decay: of the layers behind it.
        members: networks trained side by side, whose mean is predicted.
        batch_size: films a step.
        max_epochs: at most so many.
        patience: epochs without a better validation loss before training stops.
        allow_leak: let the split put rows of one film on two sides.
        seed: of weights, dropout, batches, and of the default split.
        trainer: further arguments of Lightning's Trainer, such as {"accelerator": "gpu", "devices": 1}.
        verbose: show a progress bar.

    Attributes:
        history_: a frame of losses and scores by epoch.
        test_rows_: (n,) positions of the rows that the split left alone.
        n_features_in_: columns of the frame that it was fitted to, their names in `feature_names_in_`.
        background_: 512 encoded training films; of the training rows nothing else is kept. None where the model was
            loaded from a run's folder.
    """

    def __init__(
        self,
        target: str | TargetColumn | None = None,
        features: Sequence[str | Feature[Any]] | None = None,
        *,
        split: Split | None = None,
        film: str | None = None,
        hidden: Sequence[int] = (128, 64),
        dropout: float = 0.0,
        label_dropout: float = 0.0,
        loss: Literal["mse", "mae", "huber"] = "mse",
        optimiser: Literal["adam", "adamw", "sgd"] = "adam",
        learning_rate: float = 1e-3,
        schedule: Literal["none", "cosine"] = "none",
        first_weight_decay: float = 0.0,
        tail_weight_decay: float = 0.0,
        members: int = 1,
        batch_size: int = 256,
        max_epochs: int = 100,
        patience: int = 3,
        allow_leak: bool = False,
        seed: int = 42,
        trainer: dict[str, Any] | None = None,
        verbose: bool = True,
    ) -> None:
        self.target = target
        self.features = features
        self.split = split
        self.film = film
        self.hidden = hidden
        self.dropout = dropout
        self.label_dropout = label_dropout
        self.loss = loss
        self.optimiser = optimiser
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.first_weight_decay = first_weight_decay
        self.tail_weight_decay = tail_weight_decay
        self.members = members
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience
        self.allow_leak = allow_leak
        self.seed = seed
        self.trainer = trainer
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train on the rows of X that have a target; of these, the split's validation rows choose the best epoch.

        Args:
            X: a pandas or polars DataFrame, or an Arrow table.
            y: (n_rows,) the target; by default X's own column.
            sample_weight: (n_rows,) of rows in the loss.

        Raises:
            InputError: X or the settings can't be used; with every problem that can be told at once.
        """
        frame, target = self._with_target(X, y)
        data = FilmDataModule(
            frame=frame,
            weights=sample_weight,
            features=self._declared(frame, target),
            target=target,
            split=self.split or RandomSplit(val=0.1, test=0, seed=self.seed),
            film=self.film,
            batch_size=self.batch_size,
            allow_leak=self.allow_leak,
            seed=self.seed,
        )
        model = MLPRegressor(**self._model_settings())
        history = _History()
        with quietly(), TemporaryDirectory() as folder:
            trained = train(data, model, self._training(), Path(folder), [history])
        assert trained.model.network is not None
        self._keep(SavedMLP(trained.model.network, data.fitted.scale), data.fitted, target)
        self.history_ = pd.DataFrame(history.epochs)
        rows = data.films.rows
        assert rows is not None
        self.test_rows_ = data.films.number[rows.test] - 1
        self.background_ = data.films.encoded.take(_spread(rows.train, BACKGROUND))
        self.feature_names_in_ = np.array([str(name) for name in read_frame(X).columns], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict films, (n_rows,) float64 in the target's unit, in X's order; unknown labels add nothing."""
        return self._network.predict(self._encode(read_frame(X, self._texts())))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² on the rows of X that have a target: 1 - mse / variance, 0 for guessing their mean."""
        actual, predicted, known = self._compare(X, y)
        weights = None if sample_weight is None else np.asarray(sample_weight)[known]
        return float(r2_score(actual, predicted, sample_weight=weights))

    def evaluate(self, X: Any, y: Any = None) -> Scores:
        """Return all scores on the rows of X that have a target: rmse and mae in its unit, mse, r2, spearman."""
        actual, predicted, _ = self._compare(X, y)
        return self._fitted.scale.scores(actual, predicted)

    def importance(
        self,
        X: Any,
        y: Any = None,
        *,
        groups: dict[str, list[str]] | None = None,
        estimator: Literal["expected", "shuffle"] = "expected",
        n_repeats: int | None = None,
        off_rows: int | Literal["all"] = 64,
        loss: LossName = "mse",
        seed: int = 42,
    ) -> ImportanceResult:
        """Measure what predictions of held-out films rest on: by how much the loss rises when a feature is shuffled.

        Args:
            X: films that the model was not trained on, with their target, or with `y`.
            groups: features to shuffle together, by name: roles, columns, or patterns such as `cast=Tom*`.
            estimator: expected, the mean over all shuffles in closed form, or shuffle, over `n_repeats`.
            n_repeats: shuffles; by default 2, and with `expected` 20 of whole columns and numbers.
            off_rows: films without a label that `expected` samples, or all.
            loss: mse, mae, r2, or with shuffle rmse.

        Raises:
            InputError: X has no target, or a group fits nothing.
        """
        frame, target = self._with_target(X, y)
        frame = read_frame(frame, self._texts())
        actual, known = _known(target, frame)
        films = self._measured(frame.iloc[known], actual[known], known + 1)
        how = Estimator(estimator, n_repeats or (2 if estimator == "shuffle" else 20), off_rows, seed)
        summary = {"split": "test", "unit": target.unit, "leak": False}
        result, reference = films.measure(how, loss, groups or {}, summary)
        return replace(result, contributions=films.contributions(reference))

    def explain(self, X: Any) -> Explanation:
        """Return by how much each value of each film moves the film's prediction."""
        frame = read_frame(X, self._texts())
        unknown = np.zeros(len(frame))
        films = self._measured(frame, unknown, np.arange(1, len(frame) + 1))
        reference = films.reference("mse")
        films_seen = self.background_  # a run's folder has none: the training films' mean stands in
        average = self._fitted.scale.inverse(np.zeros(1)) if films_seen is None else self._network.predict(films_seen)
        predicted = reference.predicted.numpy()
        features = described(self._fitted.encoder.space)
        return Explanation(
            films.contributions(reference), features, predicted, float(average.mean()), self._target.unit
        )

    def save(self, folder: str | Path) -> None:
        """Write the model into a folder: JSON and arrays, nothing that runs code when it is loaded."""
        check_is_fitted(self)
        save_model(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> "FilmRegressor":
        """Load what `save` wrote, or the network of a run's folder, such as runs/ratings/version_0.

        Raises:
            InputError: the folder holds neither, or a file of it was changed.
        """
        return load_model(cls, Path(folder))

    def _model_settings(self) -> dict[str, Any]:
        names = (
            *("dropout", "label_dropout", "loss", "optimiser", "learning_rate", "schedule"),
            *("first_weight_decay", "tail_weight_decay", "seed", "members"),
        )
        return {"hidden": list(self.hidden), **{name: getattr(self, name) for name in names}}

    def _training(self) -> Training:
        settings = {
            "max_epochs": self.max_epochs,
            "logger": False,
            "enable_model_summary": False,
            "enable_progress_bar": self.verbose,
            **(self.trainer or {}),
        }
        return Training(settings, Patience("val/loss", patience=self.patience))

    def _keep(self, network: SavedMLP, fitted: Fitted, target: TargetColumn) -> None:
        self._network, self._fitted, self._target = network, fitted, target

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def _with_target(self, X: Any, y: Any) -> tuple[pd.DataFrame, TargetColumn]:
        """Return X with its target, and the target's column: X's own, or one that is made of y."""
        frame = read_frame(X)
        if y is None:
            if self.target is None:
                raise InputError("FilmRegressor needs a target: give target='rating', or y")
            target = Target(self.target) if isinstance(self.target, str) else self.target
            refuse_missing_columns(target.columns, frame.columns)
            return frame, target
        target = self.target if isinstance(self.target, TargetColumn) else Target(self.target or "target")
        if len(target.columns) > 1:
            raise InputError(
                f"y can't be given where the target is made of {' and '.join(target.columns)}; leave y out"
            )
        values = np.asarray(y, dtype=np.float64)
        if values.shape != (len(frame),):
            raise InputError(f"y must have one number a row, {len(frame):,}, got {values.shape}")
        return frame.assign(**{target.columns[0]: values}), target

    def _declared(self, frame: pd.DataFrame, target: TargetColumn) -> list[Feature[Any]]:
        """Return the features; a name is a Number if its column is numeric, else a Category."""
        if self.features is None:
            known = ", ".join(map(str, frame.columns[:20]))
            raise InputError(f"FilmRegressor needs features, columns such as features=['year']; the frame has: {known}")
        names = [feature for feature in self.features if isinstance(feature, str)]
        refuse_missing_columns(names, frame.columns)
        made: dict[str, Feature[Any]] = {
            name: Number(name) if pd.api.types.is_numeric_dtype(frame[name]) else Category(name) for name in names
        }
        features = [made[feature] if isinstance(feature, str) else feature for feature in self.features]
        return [feature for feature in features if feature.column not in target.columns or self.allow_leak]

    def _texts(self) -> list[str]:
        check_is_fitted(self)
        return [feature.column for feature in self._fitted.encoder.features if feature.reads_text]

    def _encode(self, frame: pd.DataFrame) -> EncodedFilms:
        return self._fitted.encoder.encode(frame)

    def _compare(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return targets and predictions of the rows that have a target, and which these are."""
        frame, target = self._with_target(X, y)
        actual, known = _known(target, frame)
        return actual[known], self.predict(frame)[known], known

    def _measured(self, frame: pd.DataFrame, actual: np.ndarray, number: np.ndarray) -> MeasuredFilms:
        film = frame[self.film].to_numpy() if self.film in frame else np.arange(len(frame))
        fitted = self._fitted
        encoded = self._encode(frame.reset_index(drop=True))
        return MeasuredFilms.of(self._network.network, fitted.encoder, fitted.scale, encoded, actual, film, number)


class _History(Callback):
    """Keeps losses and scores of every epoch."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        names = {name: name.replace("/", "_") for name in trainer.callback_metrics if "/" in name}
        scores = {column: float(trainer.callback_metrics[name]) for name, column in names.items()}
        self.epochs.append({"epoch": trainer.current_epoch, **scores})


def _known(target: TargetColumn, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return all rows' targets, and which rows have one."""
    actual = target.values(frame)
    known = np.flatnonzero(~np.isnan(actual))
    if not len(known):
        raise InputError(f"the target '{target.name}' must be there for a row or more, got 0 of {len(frame):,}")
    return actual, known


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many rows, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]
