"""Boosted trees on the published benchmark, each with its own way of taking directors and types."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules import InputError

CATEGORIES = ["director_id", "type_id"]
MOST_TREES, PATIENCE, VAL = 2000, 50, 0.1


def _rows(frame: pd.DataFrame, train: np.ndarray, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Return features and target of all rows, and which training rows choose the number of trees, and which not."""
    drawn = np.random.default_rng(seed).permutation(train)
    n_val = max(1, int(len(train) * VAL))
    return frame.drop(columns="score"), frame["score"].to_numpy(np.float64), drawn[n_val:], drawn[:n_val]


def lightgbm(frame: pd.DataFrame, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Return LightGBM's predictions, directors and types as its own categories; refitted on all training rows."""
    import lightgbm as lgb

    features, target, fitted, val = _rows(frame, train, seed)
    settings = {"learning_rate": 0.05, "seed": seed, "verbosity": -1, "num_threads": 0, "deterministic": True}

    def data(rows: np.ndarray) -> Any:
        return lgb.Dataset(features.iloc[rows], target[rows], categorical_feature=CATEGORIES, free_raw_data=False)

    stop = lgb.early_stopping(PATIENCE, verbose=False)
    first = lgb.train(settings, data(fitted), MOST_TREES, valid_sets=[data(val)], callbacks=[stop])
    return np.asarray(lgb.train(settings, data(train), first.best_iteration).predict(features.iloc[test]))


def catboost(frame: pd.DataFrame, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Return CatBoost's predictions, with its own statistics of directors and types; refitted likewise."""
    from catboost import CatBoostRegressor, Pool

    features, target, fitted, val = _rows(frame, train, seed)

    def data(rows: np.ndarray) -> Any:
        return Pool(features.iloc[rows], target[rows], cat_features=CATEGORIES)

    def model(n_trees: int) -> Any:
        return CatBoostRegressor(
            iterations=n_trees, learning_rate=0.05, random_seed=seed, verbose=False, allow_writing_files=False
        )

    first = model(MOST_TREES).fit(data(fitted), eval_set=data(val), early_stopping_rounds=PATIENCE)
    return np.asarray(model(first.best_iteration_ + 1).fit(data(train)).predict(data(test)))


def gpboost(frame: pd.DataFrame, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Return GPBoost's predictions, directors and types as its random effects; refitted likewise.

    Twice the rate of the others: a tree takes a second and more.
    """
    import gpboost as gpb

    features, target, fitted, val = _rows(frame, train, seed)
    groups, numbers = features[CATEGORIES].to_numpy(), features.drop(columns=CATEGORIES).to_numpy(np.float64)
    settings = {"learning_rate": 0.1, "seed": seed, "verbose": 0, "metric": "l2"}

    def effects(rows: np.ndarray) -> Any:
        return gpb.GPModel(group_data=groups[rows], likelihood="gaussian")

    chooser = effects(fitted)
    chooser.set_prediction_data(group_data_pred=groups[val])
    first = gpb.train(
        settings,
        gpb.Dataset(numbers[fitted], target[fitted]),
        MOST_TREES,
        gp_model=chooser,
        valid_sets=gpb.Dataset(numbers[val], target[val]),
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    model = gpb.train(settings, gpb.Dataset(numbers[train], target[train]), first.best_iteration, effects(train))
    return np.asarray(model.predict(data=numbers[test], group_data_pred=groups[test])["response_mean"])


PEERS: dict[str, Callable[[pd.DataFrame, np.ndarray, np.ndarray, int], np.ndarray]] = {
    "lightgbm": lightgbm,
    "catboost": catboost,
    "gpboost": gpboost,
}


def refuse_missing(peers: list[str]) -> None:
    """Refuse peers that aren't installed, with how to install them."""
    missing = [peer for peer in peers if find_spec(peer) is None]
    if missing:
        raise InputError(f"--peers: {missing[0]} must be installed: pip install {' '.join(missing)}")
