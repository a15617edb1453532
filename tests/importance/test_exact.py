"""The fast engine: columns of X that become a single feature, sparse matrices, columns without effect."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.importance import permutation_importance
from greenlight_films.importance.tasks import Tasks
from tests.importance.test_api import X, Y


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
