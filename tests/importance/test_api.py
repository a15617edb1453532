"""`permutation_importance` against scikit-learn's function with many repeats, on each kind of model and container."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, PoissonRegressor, Ridge, SGDRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from torch import nn

from greenlight_films.importance import ImportanceResult, permutation_importance

REPEATS = 60
SCORING = {"mse": "neg_mean_squared_error", "mae": "neg_mean_absolute_error", "r2": "r2"}
NAMES = ["rare", "some", "half", "most", "score", "year", "unused"]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]


def table() -> tuple[np.ndarray, np.ndarray]:
    """Return four 0/1 columns and three of numbers, the last of which says nothing, and a target."""
    generator = np.random.default_rng(0)
    labels = (generator.random((300, 4)) < [0.05, 0.2, 0.5, 0.9]) * 1.0
    numbers = generator.normal(size=(300, 3))
    target = labels @ [3, 2, 1, -1] + numbers @ [0.7, 0.5, 0] + labels[:, 1] * numbers[:, 0]
    return np.hstack([labels, numbers]), target + generator.normal(size=300) / 2


X, Y = table()
CONTAINERS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": np.asarray,
    "frame": lambda rows: pd.DataFrame(rows, columns=NAMES),
    "csr": sparse.csr_array,
    "csc matrix": sparse.csc_matrix,
}
EXACT = {
    "ridge": Ridge(),
    "lasso": Lasso(0.01),
    "elastic net": ElasticNet(0.01),
    "linear": LinearRegression(),
    "sgd": SGDRegressor(random_state=0),
    "relu": MLPRegressor(hidden_layer_sizes=(8, 4), max_iter=60, learning_rate_init=0.02, random_state=0),
    "tanh": MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", max_iter=60, random_state=0),
    "logistic": MLPRegressor(hidden_layer_sizes=(8,), activation="logistic", max_iter=60, random_state=0),
}


class Predictor(RegressorMixin, BaseEstimator):
    """A function that predicts, as scikit-learn's function wants it."""

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        self.function = function

    def fit(self, rows: Any, target: Any) -> "Predictor":
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.function(rows).ravel()


def of_network(network: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """Return what predicts by a torch network, as it is when it is called."""
    return torch.no_grad()(lambda rows: network(torch.from_numpy(rows).float()).numpy())


def assert_agree(
    result: ImportanceResult, model: Any, rows: Any, target: np.ndarray, loss: str = "mse", n_repeats: int = REPEATS
) -> None:
    """Compare the means with scikit-learn's, within its error and ours."""
    theirs = sklearn_importance(model, rows, target, scoring=SCORING[loss], n_repeats=n_repeats, random_state=0)
    assert result.columns is not None
    error = np.hypot(theirs.importances_std / n_repeats**0.5, result.columns.se_shuffle.numpy())
    assert theirs.importances_mean.max() > 10 * error[theirs.importances_mean.argmax()]
    assert (np.abs(result.importances_mean - theirs.importances_mean) < 4.5 * error + 1e-6).all()


@pytest.mark.slow
@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("model", [EXACT["ridge"], EXACT["relu"]], ids=["ridge", "relu"])
def test_a_container_of_any_kind_gives_what_scikit_learn_has(container, model):
    model.fit(X, Y)
    result = permutation_importance(model, container(X), Y, n_repeats=50, random_state=0)
    assert result.method == f"exact: {type(model).__name__}'s first layer is additive"
    assert_agree(result, model, X, Y)
    assert result.importances.shape == (7, 1)
    theirs = sklearn_importance(model, X, Y, scoring=SCORING["mse"], n_repeats=REPEATS, random_state=0)
    assert result.importances_std[:4] == pytest.approx(theirs.importances_std[:4], rel=0.3)


@pytest.mark.parametrize("estimator", ["expected", "shuffle"])
@pytest.mark.parametrize("model", EXACT.values(), ids=EXACT)
def test_a_model_of_any_kind_gives_what_scikit_learn_has(model, estimator):
    model.fit(X, Y)
    result = permutation_importance(model, X, Y, n_repeats=50, estimator=estimator, random_state=0)
    assert result.method.startswith("exact")
    assert_agree(result, model, X, Y)
    assert result.importances.shape == (7, 1 if estimator == "expected" else 50)
    assert result.importances.mean(1) == pytest.approx(result.importances_mean)


@pytest.mark.parametrize("loss", ["mae", "r2"])
def test_other_losses_are_those_of_scikit_learn(loss):
    model = EXACT["relu"].fit(X, Y)
    assert_agree(permutation_importance(model, X, Y, n_repeats=50, loss=loss, random_state=0), model, X, Y, loss)


def test_a_torch_network_is_measured_in_eval_mode_and_left_as_it_was():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(7, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 1)).train()
    target = of_network(network.eval())(X).ravel() + Y / 20
    result = permutation_importance(network.train(), X, target, n_repeats=50, random_state=0)
    assert network.training
    assert network[1].training
    assert result.method == "exact: Sequential's first layer is additive"
    assert_agree(result, Predictor(of_network(network.eval())), X, target)


def test_another_model_is_measured_by_the_loop():
    model = RandomForestRegressor(5, max_depth=5, random_state=0).fit(X, Y)
    for container in ("array", "frame"):
        result = permutation_importance(model, CONTAINERS[container](X), Y, n_repeats=10, random_state=0)
        assert result.method == "loop: RandomForestRegressor has no additive first layer"
        assert_agree(result, model, X, Y)
        assert result.importances.shape == (7, 10)
    as_csr = permutation_importance(model, sparse.csr_array(X), Y, n_repeats=10, random_state=0, names=NAMES)
    assert as_csr.importances_mean == pytest.approx(result.importances_mean)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (PoissonRegressor(), "PoissonRegressor predicts otherwise than its first layer and what comes after it"),
        (make_pipeline(PCA(3), Ridge()), "the Pipeline makes columns that depend on several columns of X"),
    ],
)
def test_a_model_that_only_looks_additive_is_measured_by_the_loop(model, why):
    target = np.exp(Y / 4)
    model.fit(X, target)
    result = permutation_importance(model, X, target, n_repeats=10, random_state=0)
    assert result.method == f"loop: {why}"
    assert_agree(result, model, X, target)


@pytest.mark.parametrize("model", [Ridge(), RandomForestRegressor(5, max_depth=4, random_state=0)])
def test_groups_are_shuffled_together(model):
    model.fit(X, Y)
    groups = {"labels": ["rare", "some", 2], "by pattern": ["s*"], "all": ["*"]}
    result = permutation_importance(model, X, Y, groups=groups, names=NAMES, n_repeats=30, random_state=0)
    table = result.aggregated.query("level == 'group'").set_index("name")
    assert table["features"].to_dict() == {"labels": 3, "by pattern": 2, "all": 7}
    generator = np.random.default_rng(0)
    for name, columns in {"labels": [0, 1, 2], "by pattern": [1, 4], "all": list(range(7))}.items():
        increases = []
        for _ in range(REPEATS):
            rows = X.copy()
            rows[:, columns] = rows[generator.permutation(300)][:, columns]
            increases.append(((model.predict(rows) - Y) ** 2).mean() - ((model.predict(X) - Y) ** 2).mean())
        error = np.hypot(np.std(increases) / REPEATS**0.5, table.loc[name, "se_shuffle"])
        assert np.mean(increases) > 5 * error
        assert abs(table.loc[name, "importance"] - np.mean(increases)) < 4.5 * error


@pytest.mark.parametrize("model", [Ridge(), RandomForestRegressor(3, random_state=0)])
def test_a_random_state_gives_the_same_numbers_and_global_states_are_left(model):
    model.fit(X, Y)
    before = (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist(), random.getstate())

    def importances(random_state: Any) -> list[float]:
        return permutation_importance(model, X, Y, random_state=random_state).importances_mean.tolist()

    assert importances(3) == importances(3) != importances(4)
    assert importances(np.random.default_rng(3)) == importances(np.random.default_rng(3))
    assert importances(np.random.RandomState(3)) == importances(np.random.RandomState(3))
    assert importances(None) != importances(None)
    assert before == (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist(), random.getstate())
