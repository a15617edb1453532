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
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, PoissonRegressor, Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
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


class Network(RegressorMixin, BaseEstimator):
    """A torch network as scikit-learn's function wants it."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def fit(self, rows: Any, target: Any) -> "Network":
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.network(torch.from_numpy(rows).float()).numpy().ravel()


def assert_agree(
    result: ImportanceResult, model: Any, rows: Any, target: np.ndarray, loss: str = "mse", n_repeats: int = REPEATS
) -> None:
    """Compare the means with scikit-learn's, within its error and ours."""
    theirs = sklearn_importance(model, rows, target, scoring=SCORING[loss], n_repeats=n_repeats, random_state=0)
    assert result.columns is not None
    error = np.hypot(theirs.importances_std / n_repeats**0.5, result.columns.se_shuffle.numpy())
    assert theirs.importances_mean.max() > 10 * error[theirs.importances_mean.argmax()]
    assert (np.abs(result.importances_mean - theirs.importances_mean) < 4.5 * error + 1e-6).all()


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
    target = Network(network.eval()).predict(X) + Y / 20
    result = permutation_importance(network.train(), X, target, n_repeats=50, random_state=0)
    assert network.training
    assert network[1].training
    assert result.method == "exact: Sequential's first layer is additive"
    assert_agree(result, Network(network.eval()), X, target)


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


# --- pipelines and what else wraps a model ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def films() -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "genre": generator.choice(["Drama", "War", "Noir"], 300, p=[0.5, 0.4, 0.1]),
            "lead": generator.choice([f"actor {index}" for index in range(12)], 300),
            "year": generator.normal(2000, 9, 300),
            "title": generator.choice(["the end", "a day", "the day"], 300),
        }
    )
    frame.loc[::9, "year"] = np.nan
    target = (frame["genre"] == "War") * 2 + (frame["lead"] < "actor 3") + frame["year"].fillna(2000) / 9 - 220
    return frame, (target + generator.normal(size=300) / 4).to_numpy()


def encoder() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("onehot", OneHotEncoder(min_frequency=20), ["genre", "lead"]),
            ("number", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["year"]),
            ("words", CountVectorizer(), "title"),
        ]
    )


WRAPPED = {
    "pipeline": lambda core: make_pipeline(encoder(), core),
    "search": lambda core: GridSearchCV(make_pipeline(encoder(), core), {}, cv=2),
    "target": lambda core: make_pipeline(
        encoder(), TransformedTargetRegressor(core, func=np.arcsinh, inverse_func=np.sinh)
    ),
    "around": lambda core: TransformedTargetRegressor(make_pipeline(encoder(), core), transformer=StandardScaler()),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_model_has_the_importance_of_the_frames_columns(films, wrap):
    frame, target = films
    model = wrap(Ridge(0.1)).fit(frame, target)
    result = permutation_importance(model, frame, target, n_repeats=50, random_state=0)
    assert result.method == "exact: Ridge's first layer is additive"
    assert_agree(result, model, frame, target, n_repeats=15)
    columns = result.aggregated.query("level == 'column'").set_index("name")["importance"]
    assert columns[frame.columns].tolist() == result.importances_mean.tolist()


def test_encoded_columns_are_features_that_know_their_source(films):
    frame, target = films
    model = make_pipeline(encoder(), Ridge(0.1)).fit(frame, target)
    table = permutation_importance(model, frame, target, random_state=0).to_frame().set_index("feature")
    assert set(model[0].get_feature_names_out()) == set(table.index)
    assert table.loc["onehot__genre_War", ["column", "level"]].tolist() == ["genre", "value"]
    assert table.loc["number__year", ["column", "level"]].tolist() == ["year", "number"]
    encoded = model[0].transform(frame)
    encoded = encoded.toarray() if sparse.issparse(encoded) else encoded
    shuffled = permutation_importance(model[1], encoded, target, random_state=0)
    at = list(model[0].get_feature_names_out()).index("onehot__genre_War")
    assert table.loc["onehot__genre_War", "importance"] == pytest.approx(shuffled.importances_mean[at], rel=0.05)


def test_a_step_that_names_nothing_numbers_its_columns():
    model = make_pipeline(FunctionTransformer(np.abs), Ridge()).fit(X, Y)
    result = permutation_importance(model, X, Y, n_repeats=50, random_state=0)
    assert set(result.to_frame()["feature"]) == {f"column {index}" for index in range(7)}
    assert_agree(result, model, X, Y)


def test_hundreds_of_scaled_columns_keep_apart():
    generator = np.random.default_rng(0)
    rows = sparse.random_array((50, 300), density=0.02, rng=generator, format="csr")
    target = generator.normal(size=50)
    model = make_pipeline(StandardScaler(with_mean=False), Ridge()).fit(rows, target)
    plain = Ridge().fit(model[0].transform(rows), target)
    result = permutation_importance(model, rows, target, random_state=0)
    assert result.to_frame()["column"].eq(result.to_frame()["feature"]).sum() == (rows.sum(0) > 0).sum()
    direct = permutation_importance(plain, model[0].transform(rows), target, random_state=0)
    assert (np.isnan(result.importances_mean) == np.isnan(direct.importances_mean)).all()
    assert np.nanmax(np.abs(direct.importances_mean)) > 1e-4


# --- groups, names, seeds --------------------------------------------------------------------------------------------


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


def test_a_group_of_a_frames_columns_takes_their_encoded_columns(films):
    frame, target = films
    model = make_pipeline(encoder(), Ridge()).fit(frame, target)
    result = permutation_importance(model, frame, target, groups={"people": ["lead"]}, n_repeats=200, random_state=0)
    table = result.aggregated.set_index(["level", "name"])
    assert table.loc[("group", "people"), "features"] == table.loc[("column", "lead"), "features"] > 3
    error = 5 * table.loc[("group", "people"), "se_shuffle"]
    assert table.loc[("group", "people"), "importance"] == pytest.approx(result.importances_mean[1], abs=error)


def test_names_are_those_given_or_of_the_frame_or_numbered():
    model = Ridge().fit(X, Y)
    assert set(permutation_importance(model, X, Y).to_frame()["feature"]) == {f"x{index}" for index in range(7)}
    assert set(permutation_importance(model, CONTAINERS["frame"](X), Y).to_frame()["feature"]) == set(NAMES)
    assert set(permutation_importance(model, X, Y, names=NAMES).to_frame()["feature"]) == set(NAMES)


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


def test_a_sparse_matrix_stays_sparse_and_is_not_changed(monkeypatch):
    rows = sparse.csr_array(X)
    model, before = Ridge().fit(X[:, :4], Y), rows[:, :4].copy()
    monkeypatch.setattr(sparse.csr_array, "toarray", lambda self: np.zeros(self.shape) if not self.shape[1] else 1 / 0)
    given = rows[:, :4]
    permutation_importance(model, given, Y, random_state=0)
    assert (given != before).nnz == 0


def test_columns_that_say_nothing_are_exactly_0_and_those_that_no_row_has_are_unknown():
    rows = np.hstack([X, np.zeros((300, 1))])
    model = Ridge().fit(rows, Y)
    model.coef_[6] = 0
    result = permutation_importance(model, rows, Y)
    assert result.importances_mean[6] == 0
    assert np.isnan(result.importances_mean[7])


def test_a_model_in_float64_is_measured_in_float64():
    rows = np.random.default_rng(0).integers(0, 2, (50, 3)) * 1.0
    target = rows @ [1e9, 1.0, 1e-3]
    model = LinearRegression().fit(rows, target)
    model.coef_[:], model.intercept_ = [1e9, 1.0, 1e-3], 0.0
    result = permutation_importance(model, rows, target, estimator="expected")
    share = rows.mean(0)
    assert result.importances_mean[1:] == pytest.approx((2 * model.coef_**2 * share * (1 - share))[1:], rel=0.01)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_repeats": 0}, r"n_repeats must be 1 or more, got 0"),
        ({"estimator": "exact"}, r"estimator must be 'expected' or 'shuffle', got 'exact'"),
        ({"loss": "msle"}, r"loss must be one of mse, mae, r2, rmse, got 'msle'"),
        ({"loss": "rmse"}, r"loss 'rmse' has no closed form, got estimator 'expected': set estimator='shuffle'"),
        ({"y": Y[:-1]}, r"X must be \(n_rows, n_columns\) and y \(n_rows,\), got \(300, 7\) and \(299,\)"),
        ({"X": X[0]}, r"X must be .*, got \(7,\) and \(300,\)"),
        ({"y": np.where(np.arange(300) == 5, np.nan, Y)}, r"y must hold finite numbers, got nan: leave such rows out"),
        ({"X": X[:, :5]}, r"X must have 7 columns, as Ridge was trained on, got 5"),
        ({"X": np.where(X[0, 5] == X, np.inf, X)}, r"X must hold finite numbers, got NaN or inf: put a SimpleImputer"),
        ({"X": pd.DataFrame(X).assign(**{"6": "a"})}, r"X must have 7 columns|X must hold numbers alone"),
        ({"X": pd.DataFrame(X[:, :6]).assign(genre="War")}, r"X must hold numbers alone, got columns of float64, "),
        ({"names": ["a"]}, r"names must have a name for each of 7 columns of X, got 1"),
        ({"groups": {"a": []}}, r"groups\['a'\] needs a column or more: names, indices or patterns, got \[\]"),
        ({"groups": {"a": ["x77"]}}, r"groups\['a'\]: 'x77' fits no column of X; there are x"),
        ({"groups": {"a": [7]}}, r"groups\['a'\]: 7 fits no column of X; there are x0, x1, x2"),
    ],
)
def test_arguments_that_can_not_be_are_refused_with_their_value(given, message):
    arguments = {"X": X, "y": Y, **given}
    with pytest.raises(ValueError, match=message):
        permutation_importance(Ridge().fit(X, Y), **arguments)


@pytest.mark.parametrize("model", [nn.Sequential(nn.ReLU(), nn.Linear(7, 1)), nn.Linear(7, 1), "ridge"])
def test_what_does_not_predict_is_refused(model):
    with pytest.raises(TypeError, match=f"must have `predict`, or be a torch.*, got {type(model).__name__}"):
        permutation_importance(model, X, Y)


def test_a_model_of_several_targets_is_refused():
    model = LinearRegression().fit(X, np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match=r"model must predict one number a row, got shape \(300, 2\) for 300 rows"):
        permutation_importance(model, X, Y)
