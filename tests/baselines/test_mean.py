import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from greenlight_films.baselines import Mean


@pytest.mark.parametrize("kind", [np.float32, np.int64])
def test_the_mean_predicts_what_scikit_learns_dummy_does(sample, kind):
    actual = np.random.default_rng(0).normal(50, 20, 101).astype(kind)
    films = sample(None, actual)
    expected = DummyRegressor().fit(np.zeros((101, 1)), actual.astype(np.float64)).predict(np.zeros((101, 1)))
    assert Mean().fit(films).predict(films.films) == pytest.approx(expected)


def test_it_is_the_mean_on_the_scale_that_is_learnt(sample):
    films = sample(None, [1.0, 1000.0], transform="log1p")
    assert Mean().fit(films).predict(films.films) == pytest.approx(np.sqrt(2 * 1001) - 1)
    assert Mean().fit(films).predict(films.films.take(np.arange(0))).shape == (0,)
