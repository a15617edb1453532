"""The benchmark beside scikit-learn's function; how fast anything is, no test asserts."""

import numpy as np
import pytest

from greenlight_films.benchmarks.permutation_importance import films, measure


def test_rows_hold_ones_alone():
    one_hot, target = films(60, 40)
    assert one_hot.shape == (60, 40)
    assert set(one_hot.data) == {1.0}
    assert np.ptp(one_hot.sum(0)) > 10
    assert target.shape == (60,)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_both_agree_within_their_errors():
    result = measure(200, 60, sample=4, n_repeats=30)
    assert result["method"].startswith("exact: MLPRegressor")
    assert (result["rows"], result["columns"], result["sklearn_measured_columns"]) == (100, 60, 4)
    assert 0 < result["largest_difference"] < 4.5
    assert result["ratio"] > 0
