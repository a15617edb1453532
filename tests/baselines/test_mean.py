import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from baselines import Mean
from datamodules.scores import regression_scores


@pytest.fixture
def guess(encoded, scale):
    """Return what the mean of some targets predicts for so many films."""

    def made(actual: np.ndarray, n_rows: int) -> np.ndarray:
        some = encoded(np.zeros((len(actual), 1)))
        model = Mean().fit(some, actual, np.arange(len(actual)), scale(np.array([0.0, 1.0])))
        return model.predict(encoded(np.zeros((n_rows, 1))))

    return made


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_the_mean_predicts_what_scikit_learns_dummy_does(guess, kind):
    actual = np.random.default_rng(0).normal(50, 20, 101).astype(kind)
    dummy = DummyRegressor().fit(np.zeros((101, 1)), actual.astype(np.float64))
    assert guess(actual, 7).dtype == np.float64
    assert guess(actual, 7) == pytest.approx(dummy.predict(np.zeros((7, 1))))


def test_large_float32_targets_lose_nothing(guess):
    actual = np.full(100_000, 16_777_217.5, dtype=np.float32)
    assert guess(actual, 1)[0] == float(actual[0])


def test_its_r2_on_its_own_rows_is_zero(guess):
    actual = np.random.default_rng(1).gamma(2, 3, 500)
    scores = regression_scores(actual, guess(actual, 500))
    assert scores["rmse"] == pytest.approx(actual.std())
    assert scores["r2"] == pytest.approx(0, abs=1e-12)


def test_it_is_the_mean_of_the_targets_not_of_their_logarithms(encoded, scale):
    actual = np.array([1.0, 1000.0])
    films = encoded(np.zeros((2, 1)))
    assert Mean().fit(films, actual, np.arange(2), scale(actual, "log1p")).predict(films).tolist() == [500.5, 500.5]


def test_predict_gives_as_many_rows_as_there_are(guess):
    assert guess(np.array([1.0, 3.0]), 0).shape == (0,)
    assert guess(np.array([1.0, 3.0]), 3).tolist() == [2, 2, 2]
