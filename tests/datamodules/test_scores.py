import re

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics

from greenlight_films.datamodules.scores import regression_scores


@pytest.fixture(params=[(0, 1, 500), (6.5, 0.01, 40), (1e8, 1e7, 2)])
def pair(request):
    centre, width, n_rows = request.param
    actual, errors = np.random.default_rng(11).normal(size=(2, n_rows))
    return centre + width * actual, centre + width * (actual + errors)


def test_scores_agree_with_scikit_learn(pair):
    scores = regression_scores(*pair)
    assert scores == pytest.approx(
        {
            "rmse": metrics.root_mean_squared_error(*pair),
            "mse": metrics.mean_squared_error(*pair),
            "mae": metrics.mean_absolute_error(*pair),
            "r2": metrics.r2_score(*pair),
            "spearman": spearmanr(*pair).statistic,
        }
    )
    assert scores["mae"] > 0
    assert all(type(score) is float for score in scores.values())


def test_the_mean_itself_has_r2_0_and_the_truth_1():
    actual = np.array([1.0, 2.0, 6.0])
    assert regression_scores(actual, np.full(3, 3.0))["r2"] == 0
    assert regression_scores(actual, actual) == {"rmse": 0, "mse": 0, "mae": 0, "r2": 1, "spearman": 1}
    assert regression_scores(actual, -actual)["spearman"] == -1


def test_ties_share_their_rank():
    actual, predicted = np.array([0.0, 0, 1, 2, 400]), np.array([3.0, 1, 3, 2, 9])
    assert regression_scores(actual, predicted)["spearman"] == pytest.approx(spearmanr(actual, predicted).statistic)


@pytest.mark.parametrize("predicted", [np.full(3, 7.0), np.array([1.0, np.inf, 2])])
def test_the_order_of_what_is_all_the_same_or_not_finite_is_not_known(predicted):
    assert np.isnan(regression_scores(np.array([1.0, 2, 3]), predicted)["spearman"])


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_r2_is_nan_where_the_truth_is_constant(value):
    assert np.isnan(regression_scores(np.full(3, value), np.array([1.0, 2.0, 3.0]))["r2"])


@pytest.mark.parametrize(("actual", "predicted"), [((3,), (2,)), ((0,), (0,)), ((2, 1), (2, 1)), ((3,), (3, 1))])
def test_shapes_that_cannot_be_scored_are_refused(actual, predicted):
    with pytest.raises(ValueError, match=re.escape(f"two rows of the same length, got {actual}, {predicted}")):
        regression_scores(np.zeros(actual), np.zeros(predicted))
