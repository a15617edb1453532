"""Crossed ridge regressions, held against scikit-learn's, and what a record made of their residuals has of its row."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from greenlight_films.datamodules.crossed import crossed_ridge as module
from greenlight_films.datamodules.crossed import track_records
from greenlight_films.datamodules.crossed.crossed_ridge import crossed_ridge, ridge_beside_records
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells

N_LABELS, N_ROWS = 60, 300
EFFECT = np.random.default_rng(3).normal(size=N_LABELS)
LABEL = np.repeat(np.arange(N_LABELS), 5)
DRAWINGS = Drawings.of_films(LABEL, 10, 1)
FOLD = DRAWINGS.fold[0]


@pytest.fixture(autouse=True)
def exact(monkeypatch) -> None:
    """Solve to the last digits, and mix each label's mean with two films whatever the target."""
    monkeypatch.setattr(module, "TOLERANCE", 1e-10)
    monkeypatch.setattr(track_records, "shrinkage", lambda *_: 2.0)


@pytest.fixture
def blocks() -> list[csr_array]:
    """Return two blocks of columns; in the first column a label's films are alike."""
    random = np.random.default_rng(1)
    matrix = random.normal(size=(N_ROWS, 4))
    matrix[:, 0] = EFFECT[LABEL] + 0.5 * random.normal(size=N_ROWS)
    return [csr_array(matrix[:, :1]), csr_array(matrix[:, 1:])]


@pytest.fixture
def target(blocks) -> np.ndarray:
    return 3 + EFFECT[LABEL] + blocks[1].toarray()[:, 0] + np.random.default_rng(2).normal(size=N_ROWS)


def record(residual: np.ndarray) -> np.ndarray:
    cells, film = Cells(np.arange(N_ROWS + 1), LABEL.astype(np.int32), N_LABELS), np.arange(N_ROWS)
    return track_records.track_records(cells, residual, film, Drawings.leave_one_out(film))[1][0, :, 0]


def moved(target: np.ndarray, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return by how much each row's result moves with the target of row 7."""
    changed = target.copy()
    changed[7] += 100
    return np.abs(of(changed) - of(target))


def test_a_training_rows_prediction_is_of_a_fit_on_the_other_folds_by_block(blocks, target):
    ridge = crossed_ridge(blocks, target, DRAWINGS, 5.0)
    matrix = np.hstack([block.toarray() for block in blocks])
    for fold in range(10):
        fit, rows = Ridge(5.0).fit(matrix[fold != FOLD], target[fold != FOLD]), fold == FOLD
        assert ridge.crossed[0, rows, 0] == pytest.approx(matrix[rows, 0] * fit.coef_[0], abs=1e-6)
        assert ridge.crossed[0, rows, 1] == pytest.approx(matrix[rows, 1:] @ fit.coef_[1:], abs=1e-6)
        assert ridge.residual(target)[rows] == pytest.approx(target[rows] - fit.predict(matrix[rows]), abs=1e-6)


def test_other_rows_are_predicted_by_the_fit_on_all_rows(blocks, target):
    ridge = crossed_ridge(blocks, target, DRAWINGS, 5.0)
    others = [block[:9] for block in blocks]
    matrix = np.hstack([block.toarray() for block in blocks])
    fit = Ridge(5.0).fit(matrix, target)
    assert ridge.of_others(others)[:, 0] == pytest.approx(matrix[:9, 0] * fit.coef_[0], abs=1e-6)
    assert ridge.of_others(others).sum(axis=1) + ridge.intercept == pytest.approx(fit.predict(matrix[:9]), abs=1e-6)


def test_the_second_regression_leaves_to_the_record_what_is_the_labels(blocks, target):
    once = crossed_ridge(blocks, target, DRAWINGS, 5.0)
    again = ridge_beside_records(blocks, target, DRAWINGS, 5.0, record)
    of_label = [np.cov(record(ridge.residual(target)), EFFECT[LABEL])[0, 1] for ridge in (once, again)]
    assert of_label[1] > 1.2 * of_label[0] > 0.01
    assert 0 < again.coefficients[0][0] < once.coefficients[0][0]  # truly 0


def test_with_folds_by_label_a_rows_target_is_not_in_its_record(blocks, target):
    def once(values: np.ndarray) -> np.ndarray:
        return record(crossed_ridge(blocks, values, DRAWINGS, 5.0).residual(values))

    def again(values: np.ndarray) -> np.ndarray:
        return record(ridge_beside_records(blocks, values, DRAWINGS, 5.0, record).residual(values))

    of_once, of_again = moved(target, once), moved(target, again)
    assert of_once[7] == pytest.approx(0, abs=1e-5)
    assert of_once[6] > 5
    assert of_again[7] < 0.1 * of_again[6]  # by the records of the other 59 labels


def test_a_shuffled_target_is_not_predicted(blocks, target):
    shuffled = np.random.default_rng(4).permutation(target)
    residual = ridge_beside_records(blocks, shuffled, DRAWINGS, 5.0, record).residual(shuffled)
    assert (residual**2).mean() == pytest.approx(target.var(), rel=0.1)
    assert ((residual - record(residual)) ** 2).mean() > target.var()
