"""Residuals of crossed ridge regressions, held against scikit-learn's, and what a record has of its own target."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from greenlight_films.datamodules.crossed import ridge_residual as module
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.ridge_residual import crossed_prediction, ridge_residual
from greenlight_films.datamodules.crossed.track_records import shrinkage, track_records

EFFECT = np.random.default_rng(3).normal(size=60)


@pytest.fixture
def problem(monkeypatch) -> tuple[csr_array, np.ndarray, np.ndarray, np.ndarray]:
    """Return columns, a target, labels whose films are alike in the first column, and folds by label."""
    monkeypatch.setattr(module, "TOLERANCE", 1e-10)
    random = np.random.default_rng(1)
    label = np.repeat(np.arange(60), 5)
    matrix = random.normal(size=(300, 4))
    matrix[:, 0] = EFFECT[label] + 0.5 * random.normal(size=300)
    target = EFFECT[label] + matrix[:, 1] + random.normal(size=300)
    return csr_array(matrix), target, label, Drawings.of_films(label, 10, 1).fold[0]


def record_of(label: np.ndarray, mixed: float | None = None):
    cells, film = Cells(np.arange(301), label.astype(np.int32), 60), np.arange(300)

    def record(residual: np.ndarray) -> np.ndarray:
        with pytest.MonkeyPatch.context() as patch:
            if mixed is not None:
                patch.setattr("greenlight_films.datamodules.crossed.track_records.shrinkage", lambda *_: mixed)
            return track_records(cells, residual, film, Drawings.leave_one_out(film))[1][0, :, 0]

    return record


def test_a_rows_prediction_is_of_a_fit_on_the_other_folds(problem):
    matrix, target, _, fold = problem
    predicted = crossed_prediction(matrix, target, fold, 5.0)
    for k in range(10):
        fit = Ridge(5.0).fit(matrix[fold != k].toarray(), target[fold != k])
        assert predicted[fold == k] == pytest.approx(fit.predict(matrix[fold == k].toarray()), abs=1e-6)


def test_the_second_regression_leaves_to_the_record_what_is_the_labels(problem):
    matrix, target, label, fold = problem
    record, effect = record_of(label), EFFECT[label]
    once = target - crossed_prediction(matrix, target, fold, 5.0)
    again = target - crossed_prediction(matrix, target - record(once), fold, 5.0)
    residual = ridge_residual(matrix, target, fold, 5.0, record)
    assert residual == pytest.approx(again)
    shares = [np.cov(record(left), effect)[0, 1] for left in (once, residual)]
    assert shares[1] > 1.2 * shares[0] > 0.01


def test_a_rows_target_is_not_in_its_records_where_folds_are_by_label(problem):
    matrix, target, label, fold = problem
    changed = target.copy()
    changed[7] += 100
    record = record_of(label, 2.0)
    before, after = (record(values - crossed_prediction(matrix, values, fold, 5.0)) for values in (target, changed))
    assert after[7] == pytest.approx(before[7], abs=1e-5)
    assert abs(after[6] - before[6]) > 5
    before, after = (record(ridge_residual(matrix, values, fold, 5.0, record)) for values in (target, changed))
    own, other = abs(after[7] - before[7]), abs(after[6] - before[6])
    assert own < 0.05 * other  # by the records of other labels alone


def test_a_shuffled_target_has_no_record(problem):
    matrix, target, label, fold = problem
    residual = ridge_residual(matrix, np.random.default_rng(2).permutation(target), fold, 5.0, record_of(label))
    assert shrinkage(Cells(np.arange(301), label.astype(np.int32), 60), residual) > 8
    assert (residual**2).mean() == pytest.approx(target.var(), rel=0.1)
