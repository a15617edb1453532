import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from baselines import Mean
from datamodules.scores import regression_scores


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_the_mean_predicts_what_scikit_learns_dummy_does(kind):
    target = np.random.default_rng(0).normal(50, 20, 101).astype(kind)
    dummy = DummyRegressor().fit(np.zeros((101, 1)), target.astype(np.float64))
    predicted = Mean().fit(target).predict(7)
    assert predicted.dtype == np.float64
    assert predicted == pytest.approx(dummy.predict(np.zeros((7, 1))))


def test_large_float32_targets_lose_nothing():
    target = np.full(100_000, 16_777_217.5, dtype=np.float32)
    assert Mean().fit(target).predict(1)[0] == float(target[0])


def test_its_r2_on_its_own_rows_is_zero():
    target = np.random.default_rng(1).gamma(2, 3, 500)
    scores = regression_scores(target, Mean().fit(target).predict(500))
    assert scores["rmse"] == pytest.approx(target.std())
    assert scores["r2"] == pytest.approx(0, abs=1e-12)


def test_predict_gives_as_many_rows_as_asked_for():
    model = Mean().fit(np.array([1.0, 3.0]))
    assert model.predict(0).shape == (0,)
    assert model.predict(3).tolist() == [2, 2, 2]


def test_fitting_anew_forgets():
    model = Mean().fit(np.array([1.0, 3.0]))
    assert model.fit(np.array([10.0])) is model
    assert model.predict(1).tolist() == [10]
