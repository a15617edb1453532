from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.metrics import root_mean_squared_error

from greenlight_films.baselines import Ridge
from greenlight_films.baselines.ridge import ALPHAS


@pytest.fixture
def films(sample):
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(150, 3)), (random.random((150, 40)) < 0.1) * 1.0
    actual = dense @ [1, 0, -0.5] + labels[:, :5].sum(1) + random.normal(size=150)
    return sample(dense, actual, labels, film=np.arange(150) // 2)


@pytest.fixture
def matrix(films):
    return np.hstack([films.films.dense, films.films.labels.toarray()]).astype(np.float64)


def test_it_is_scikit_learns_on_a_dense_matrix(films, matrix):
    model = Ridge().fit(films)
    theirs = SklearnRidge(model.alpha, solver="cholesky").fit(matrix, films.target)
    np.testing.assert_allclose(model.predict(films.films), films.scale.inverse(theirs.predict(matrix)), atol=1e-4)
    coefficients = model.tables(films, films)["coefficients.csv"].set_index("feature")["coefficient"]
    assert coefficients["n0"] == pytest.approx(theirs.coef_[0] * films.scale.std, abs=1e-4)
    assert coefficients["tag=t7"] == pytest.approx(theirs.coef_[10] * films.scale.std, abs=1e-4)


def test_the_penalty_is_the_one_that_does_best_in_cross_validation(films, matrix):
    model = Ridge().fit(films)
    errors = dict.fromkeys(ALPHAS, 0.0)
    for train, held_out in films.folds(5):
        for alpha in ALPHAS:
            theirs = SklearnRidge(alpha, solver="cholesky").fit(matrix[train], films.target[train])
            errors[alpha] += ((theirs.predict(matrix[held_out]) - films.target[held_out]) ** 2).sum()
    expected = {alpha: (error / 150) ** 0.5 for alpha, error in errors.items()}
    assert model.val_rmse == pytest.approx(list(expected.values()), rel=1e-3)
    assert model.alpha == min(expected, key=expected.__getitem__)
    assert ALPHAS[0] < model.alpha < ALPHAS[-1]
    search = model.tables(films, films)["search.csv"]
    assert search["val_rmse"].min() == pytest.approx(films.scale.std * min(expected.values()), rel=1e-3)


def test_the_penalty_is_chosen_by_the_validation_rows_and_its_fit_sees_none_of_them(films, matrix):
    training, validation = films.take(np.arange(100)), films.take(np.arange(100, 150))
    weights = np.random.default_rng(1).exponential(size=50)
    steps = []
    model = Ridge(lambda done, of: steps.append((done, of)))
    model.fit(replace(training, validation=replace(validation, weights=weights)))
    errors = []
    for alpha in ALPHAS:
        theirs = SklearnRidge(alpha, solver="cholesky").fit(matrix[:100], training.target)
        errors.append(root_mean_squared_error(validation.target, theirs.predict(matrix[100:]), sample_weight=weights))
    assert model.val_rmse == pytest.approx(errors, rel=1e-3)
    assert model.alpha == ALPHAS[int(np.argmin(errors))]
    theirs = SklearnRidge(model.alpha, solver="cholesky").fit(matrix[:100], training.target)
    assert model.coefficients == pytest.approx(theirs.coef_, abs=1e-6)
    assert steps == sorted(set(steps))
    assert steps[-1] == (len(ALPHAS), len(ALPHAS))
