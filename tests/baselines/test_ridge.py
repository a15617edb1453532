import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge

from baselines import Ridge
from baselines.folds import folds
from baselines.ridge import ALPHAS


@pytest.fixture
def films(encoded):
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(150, 3)), (random.random((150, 40)) < 0.1) * 1.0
    actual = dense @ [1, 0, -0.5] + labels[:, :5].sum(1) + random.normal(size=150)
    return encoded(dense, labels), actual, np.hstack([dense, labels])


def test_it_is_scikit_learns_on_a_dense_matrix(films, scale):
    features, actual, matrix = films
    fitted = scale(actual)
    model = Ridge().fit(features, actual, np.arange(150), fitted)
    theirs = SklearnRidge(model.alpha, solver="cholesky").fit(matrix, fitted.forward(actual))
    np.testing.assert_allclose(model.predict(features), fitted.inverse(theirs.predict(matrix)), atol=1e-4)


def test_the_penalty_is_the_one_that_does_best_in_cross_validation(films, scale):
    features, actual, matrix = films
    film, target = np.arange(150) // 2, scale(actual).forward(actual)
    model = Ridge().fit(features, actual, film, scale(actual))
    errors = dict.fromkeys(ALPHAS, 0.0)
    for train, held_out in folds(film):
        for alpha in ALPHAS:
            theirs = SklearnRidge(alpha, solver="cholesky").fit(matrix[train], target[train])
            errors[alpha] += ((theirs.predict(matrix[held_out]) - target[held_out]) ** 2).sum()
    expected = {alpha: (error / 150) ** 0.5 for alpha, error in errors.items()}
    assert model.cv_rmse == pytest.approx(expected, rel=1e-3)
    assert model.alpha == min(expected, key=expected.__getitem__)
    assert ALPHAS[0] < model.alpha < ALPHAS[-1]
