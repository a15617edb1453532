import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from greenlight_films.datamodules.sparse_ridge import sparse_ridge

PENALTIES = (1.0, 0.1, 100.0)


@pytest.fixture
def problem():
    """Return columns with means far from 0, one that is constant and one of zeros alone, and a target."""
    random = np.random.default_rng(0)
    matrix = (random.random((300, 60)) < 0.1) * random.choice([1.0, 0.5], (300, 60))
    matrix[:, :2] = random.normal([50, -3], [2, 1], (300, 2))
    matrix[:, 2], matrix[:, 3] = 7, 0
    return matrix, matrix[:, :20] @ random.normal(size=20) + random.normal(30, 1, 300)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_it_is_scikit_learns_for_every_penalty_in_the_order_given(problem, is_weighted):
    matrix, target = problem
    weights = np.random.default_rng(1).exponential(size=300) * (np.arange(300) > 20) if is_weighted else None
    coefficients, intercepts = sparse_ridge(csr_array(matrix.astype(np.float32)), target, PENALTIES, weights)
    assert coefficients.dtype == np.float64
    for own, intercept, penalty in zip(coefficients, intercepts, PENALTIES, strict=True):
        theirs = Ridge(penalty, solver="cholesky").fit(matrix.astype(np.float32).astype(float), target, weights)
        np.testing.assert_allclose(own, theirs.coef_, atol=1e-6)
        assert intercept == pytest.approx(theirs.intercept_, abs=1e-4)
    assert np.abs(coefficients).max() > 0.5


def test_more_columns_than_rows_will_do(problem):
    matrix, target = problem
    coefficients, _ = sparse_ridge(csr_array(matrix[:30]), target[:30], [2.0])
    theirs = Ridge(2.0, solver="cholesky").fit(matrix[:30], target[:30])
    np.testing.assert_allclose(coefficients[0], theirs.coef_, atol=1e-6)


def test_progress_counts_penalties(problem):
    steps = []
    sparse_ridge(csr_array(problem[0]), problem[1], PENALTIES, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
