"""The fast engine: columns of X that become a single feature, sparse matrices, columns without effect."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from greenlight_films.importance import permutation_importance
from greenlight_films.importance.tasks import Tasks
from tests.importance.test_api import CONTAINERS, Predictor, X, Y, assert_agree, of_network


class Clipped(Ridge):
    """A linear model without predictions below 1."""

    def predict(self, X):
        return np.maximum(super().predict(X), 1)


WRAPPED = {
    "plain": lambda core: core,
    "pipeline": lambda core: make_pipeline(StandardScaler(with_mean=False), core),
    "target": lambda core: TransformedTargetRegressor(core, func=np.arcsinh, inverse_func=np.sinh),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("container", ["array", "frame", "csr"])
def test_a_predict_that_clips_shuffled_rows_alone_is_measured_by_the_loop(container, wrap):
    either = X[:, 2]  # one of two columns has 1 in every row, until they are shuffled
    rows = np.column_stack([either, 1 - either, X[:, :2], X[:, 4:5] / 100, *X[:, 5:].T / 100])
    target = 2.5 + 3 * rows[:, 2] + rows[:, 3]
    model = wrap(Clipped(1e-3, fit_intercept=False)).fit(CONTAINERS[container](rows), target)
    plain = wrap(Ridge(1e-3, fit_intercept=False)).fit(CONTAINERS[container](rows), target)
    given = CONTAINERS[container](rows)
    assert (model.predict(given) == plain.predict(given)).all()
    result = permutation_importance(model, given, target, n_repeats=10, random_state=0)
    assert result.method == "loop: Clipped predicts otherwise than its first layer and what comes after it"
    assert_agree(result, model, rows if container == "csr" else given, target)  # theirs takes no sparse matrix
    assert permutation_importance(plain, given, target).method == "exact: Ridge's first layer is additive"


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


@pytest.mark.parametrize("estimator", ["expected", "shuffle"])
def test_a_column_that_becomes_a_single_feature_has_that_features_importance(monkeypatch, estimator):
    measured: list[str] = []
    share = Tasks.share
    monkeypatch.setattr(Tasks, "share", lambda self: measured.extend(part.level for part in self.sets) or share(self))
    model = make_pipeline(StandardScaler(), Ridge()).fit(X, Y)
    result = permutation_importance(model, X, Y, n_repeats=3, estimator=estimator, random_state=0)
    assert set(measured) == {"number"}
    by_feature = result.to_frame().set_index("feature")["importance"]
    by_column = result.aggregated.set_index("name")["importance"]
    names = [f"x{index}" for index in range(7)]
    assert result.importances_mean.tolist() == by_feature[names].tolist() == by_column[names].tolist()
    assert result.importances.shape == (7, 1 if estimator == "expected" else 3)
    assert np.ptp(result.importances_mean) > 1


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
    model = Ridge().fit(rows, target)
    model.coef_[:], model.intercept_ = [1e9, 1.0, 1e-3], 0.0
    share = rows.mean(0)
    expected = 2 * model.coef_**2 * share * (1 - share)
    assert permutation_importance(model, rows, target).importances_mean[1:] == pytest.approx(expected[1:], rel=0.01)


class ClippedNetwork(nn.Sequential):
    """A network that predicts nothing below 0."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return super().forward(rows).clamp(min=0)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return of_network(self)(rows)


class ClippedOutside(nn.Sequential):
    """A network whose `predict` alone does so."""

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return of_network(self)(rows).clip(min=0)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (ClippedNetwork, "ClippedNetwork has no additive first layer"),
        (ClippedOutside, "ClippedOutside predicts otherwise than its first layer and what comes after it"),
    ],
)
def test_a_network_that_does_more_than_its_steps_is_measured_by_its_predict(kind, why):
    torch.manual_seed(0)
    model = kind(nn.Linear(7, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 1))
    nn.init.constant_(model[3].bias, 0.3)
    target = model.eval().predict(X).ravel() + Y / 50
    assert 10 < (model.predict(X) == 0).sum() < 290
    result = permutation_importance(model.train(), X, target, n_repeats=10, random_state=0)
    assert result.method == f"loop: {why}"
    assert model.training
    assert_agree(result, Predictor(model.eval().predict), X, target)
    with pytest.raises(TypeError, match=r"or be a torch\.nn\.Sequential that begins with Linear, got Bare"):
        permutation_importance(
            type("Bare", (nn.Sequential,), {"forward": lambda self, rows: rows})(nn.Linear(7, 1)), X, Y
        )


@pytest.mark.parametrize("container", ["array", "frame"])
def test_columns_that_change_nothing_have_0_and_so_have_groups_of_them(container):
    rows = np.column_stack([X[:, 0], np.full(len(X), 5.0), X[:, 1], X[:, 2] + 1, np.zeros(len(X))])
    dropped = ColumnTransformer([("kept", StandardScaler(), [0, 1, 2])])  # 3 and 4 are dropped
    given = rows if container == "array" else pd.DataFrame(rows, columns=list("abcde"))
    model = make_pipeline(dropped, Ridge()).fit(given, Y)
    groups = {"both": [1, 3], "one": [0, 3]} if container == "array" else {"both": ["b", "d"], "one": ["a", "d"]}
    result = permutation_importance(model, given, Y, n_repeats=3, groups=groups)
    assert result.method.startswith("exact")
    theirs = sklearn_importance(model, given, Y, n_repeats=3).importances_mean
    assert ((result.importances_mean == 0) == (theirs == 0))[:4].all()
    assert (result.importances_mean[[1, 3]] == 0).all()
    assert np.isnan(result.importances_mean[4]) == (container == "array")  # nothing but 0
    by_name = result.aggregated.set_index("name")["importance"]
    assert by_name["both"] == 0
    assert by_name["one"] > 0
