"""Linear effects of labels, held against scikit-learn's ridge regression fold by fold."""

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack, random_array
from sklearn.linear_model import Ridge

from greenlight_films.datamodules.crossed import ridge_columns
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.ridge_columns import PENALTIES, ridge_effects

TRAIN, VAL = np.arange(80), np.arange(80, 120)


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setattr(ridge_columns, "TOLERANCE", 1e-10)


@pytest.fixture
def films():
    drawn = np.random.default_rng(1)
    labels = [csr_array(random_array((120, size), density=0.08, rng=drawn, format="csr")) for size in (60, 15)]
    numbers = csr_array(drawn.normal(size=(120, 3)))
    matrix = hstack([*labels, numbers], format="csr")
    residual = matrix @ drawn.normal(size=78) + drawn.normal(size=120)
    return labels, numbers, residual - residual[TRAIN].mean()


def by_sklearn(matrix, residual, rows, penalty):
    return Ridge(penalty, solver="cholesky", tol=1e-12).fit(matrix[rows].toarray(), residual[rows]).coef_


def test_a_rows_sums_come_from_the_fit_without_its_fold(films):
    labels, numbers, residual = films
    drawings = Drawings.of_films(TRAIN, n_folds=5, n_drawings=2, seed=3)
    effects, _ = ridge_effects(labels, numbers, residual, TRAIN, VAL, drawings, penalty=2.0)
    matrix = hstack([*labels, numbers], format="csr")
    assert np.concatenate(effects.coefficients) == pytest.approx(by_sklearn(matrix, residual, TRAIN, 2.0), abs=1e-7)
    for drawing, fold in enumerate(drawings.fold):
        for own in range(5):
            coefficients = by_sklearn(matrix, residual, TRAIN[fold != own], 2.0)
            rows = TRAIN[fold == own]
            assert effects.crossed[drawing, rows, 0] == pytest.approx(labels[0][rows] @ coefficients[:60], abs=1e-7)
            assert effects.crossed[drawing, rows, 1] == pytest.approx(labels[1][rows] @ coefficients[60:75], abs=1e-7)


def test_under_a_split_by_time_they_come_from_earlier_blocks_and_the_first_has_none(films):
    labels, numbers, residual = films
    year = np.random.default_rng(2).integers(1980, 2000, 80)
    drawings = Drawings.of_years(year, n_folds=4, n_drawings=2)
    effects, _ = ridge_effects(labels, numbers, residual, TRAIN, VAL, drawings, penalty=2.0)
    matrix = hstack([*labels, numbers], format="csr")
    for drawing, fold in enumerate(drawings.fold):
        assert (effects.crossed[drawing, fold == 0] == 0).all()
        coefficients = by_sklearn(matrix, residual, TRAIN[fold < 3], 2.0)
        rows = TRAIN[fold == 3]
        assert effects.crossed[drawing, rows, 0] == pytest.approx(labels[0][rows] @ coefficients[:60], abs=1e-7)


def test_a_rows_own_target_and_those_of_validation_rows_are_in_none_of_its_sums(films):
    labels, numbers, residual = films
    drawings = Drawings.of_films(TRAIN, n_folds=5, n_drawings=2, seed=3)
    changed = residual.copy()
    changed[7] += 100
    changed[VAL] += 100
    before, after = (
        ridge_effects(labels, numbers, target, TRAIN, VAL, drawings, penalty=2.0)[0] for target in (residual, changed)
    )
    assert after.crossed[:, 7] == pytest.approx(before.crossed[:, 7], abs=1e-7)
    assert not np.allclose(after.crossed, before.crossed)


def test_the_penalty_is_that_of_the_least_error_on_validation_rows(films):
    labels, numbers, residual = films
    _, penalty = ridge_effects(labels, numbers, residual, TRAIN, VAL, Drawings.of_films(TRAIN, 5, 1))
    matrix = hstack([*labels, numbers], format="csr").toarray()
    models = [Ridge(penalty, solver="cholesky").fit(matrix[TRAIN], residual[TRAIN]) for penalty in PENALTIES]
    errors = [((model.predict(matrix[VAL]) - residual[VAL]) ** 2).mean() for model in models]
    assert penalty == PENALTIES[int(np.argmin(errors))]
