import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score, root_mean_squared_error

from greenlight_films.importance import Estimator
from greenlight_films.importance.summary import summary_of


def test_it_says_how_importances_were_measured_and_how_good_the_model_is():
    random = np.random.default_rng(0)
    actual = random.normal(size=80)
    predicted = actual + 0.5 * random.normal(size=80)
    summary = summary_of(Estimator("shuffle", 3, seed=9), "rmse", torch.from_numpy(actual), torch.from_numpy(predicted))
    assert summary["baseline_loss"] == pytest.approx(root_mean_squared_error(actual, predicted))
    assert summary["r2"] == pytest.approx(r2_score(actual, predicted))
    assert summary["learnt"] is True
    known = {"estimator": "shuffle", "n_repeats": 3, "off_rows": None, "seed": 9, "rows": 80, "films": 80}
    assert {name: summary[name] for name in known} == known


def test_scores_count_as_the_rows_do():
    actual, predicted, counts = np.random.default_rng(1).exponential(size=(3, 40))
    tensors = (torch.from_numpy(part) for part in (actual, predicted))
    summary = summary_of(Estimator("expected", 3), "rmse", *tensors, counts=torch.from_numpy(counts))
    assert summary["baseline_loss"] == pytest.approx(root_mean_squared_error(actual, predicted, sample_weight=counts))
    assert summary["r2"] == pytest.approx(r2_score(actual, predicted, sample_weight=counts))


def test_of_films_that_are_all_alike_there_is_no_r2():
    alike = torch.ones(9, dtype=torch.float64)
    summary = summary_of(Estimator("expected", 20), "r2", alike, alike * 2, n_films=3)
    assert (summary["r2"], summary["baseline_loss"], summary["learnt"]) == (None, None, None)
    assert (summary["films"], summary["off_rows"]) == (3, 16)


def test_of_a_single_film_that_counts_there_is_no_r2_and_nobody_can_tell_what_was_learnt():
    actual, predicted = torch.arange(9.0).double(), torch.arange(9.0).double() + 1
    counts = torch.zeros(9, dtype=torch.float64)
    counts[4] = 9
    summary = summary_of(Estimator("expected", 20), "mse", actual, predicted, counts=counts)
    assert (summary["r2"], summary["baseline_loss"], summary["learnt"]) == (None, 1, None)
