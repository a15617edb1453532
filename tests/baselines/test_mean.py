import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from greenlight_films.baselines import Mean
from greenlight_films.datamodules.scores import regression_scores


@pytest.fixture
def guess(sample):
    """Return what the mean of some targets predicts for so many films."""

    def made(actual: np.ndarray, n_rows: int) -> np.ndarray:
        return Mean().fit(sample(None, actual)).predict(sample(None, np.arange(n_rows + 2.0)).films.take(range(n_rows)))

    return made


@pytest.mark.parametrize("kind", [np.float32, np.int64])
def test_the_mean_predicts_what_scikit_learns_dummy_does(guess, kind):
    actual = np.random.default_rng(0).normal(50, 20, 101).astype(kind)
    dummy = DummyRegressor().fit(np.zeros((101, 1)), actual.astype(np.float64))
    assert guess(actual, 7).dtype == np.float64
    assert guess(actual, 7) == pytest.approx(dummy.predict(np.zeros((7, 1))))


def test_its_r2_on_its_own_rows_is_zero(guess):
    actual = np.random.default_rng(1).gamma(2, 3, 500)
    scores = regression_scores(actual, guess(actual, 500))
    assert scores["rmse"] == pytest.approx(actual.std())
    assert scores["r2"] == pytest.approx(0, abs=1e-12)


def test_it_is_the_mean_of_the_targets_not_of_their_logarithms(sample):
    films = sample(None, [1.0, 1000.0], transform="log1p")
    assert Mean().fit(films).predict(films.films).tolist() == [500.5, 500.5]


def test_predict_gives_as_many_rows_as_there_are(guess):
    assert guess(np.array([1.0, 3.0]), 0).shape == (0,)
    assert guess(np.array([1.0, 3.0]), 3).tolist() == [2, 2, 2]
