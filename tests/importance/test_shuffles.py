from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance import Entries, Estimator
from greenlight_films.importance.shuffles import by_shuffles, shuffled_entries

FEW_AND_MANY = (1, 2, 7, 8, 20, 45, 60)
WITH_ALL = (1, 7, 8, 61)
"""Of 61 rows; more than 7 are many."""


def entries_of(study, estimator: Estimator) -> Entries:
    return replace(study.entries, streams=estimator.streams(study.keys[study.entries.columns]))


def shuffled(study, estimator: Estimator, loss: str = "mse", **given):
    return by_shuffles(study.reference(loss, **given), entries_of(study, estimator), estimator)[0]


def shuffled_columns(study, estimator: Estimator) -> np.ndarray:
    """Return each column in each repeat, (n_columns, n_repeats, n_rows)."""
    entries, n_repeats, n_rows = entries_of(study, estimator), estimator.n_repeats, len(study.matrix)
    group, slot, row = shuffled_entries(entries, n_repeats, n_rows)
    columns = np.zeros((len(entries.columns) * n_repeats, n_rows))
    columns[group, row] = entries.weight[entries.starts[group // n_repeats] + slot]
    return columns.reshape(-1, n_repeats, n_rows)


def naive(study, estimator: Estimator, loss: str) -> np.ndarray:
    """Run the whole model on every shuffled column: the increase of the loss, (n_columns, n_repeats)."""
    before, columns = study.total(loss), shuffled_columns(study, estimator)
    increase = np.empty(columns.shape[:2])
    for label, repeat in np.ndindex(*increase.shape):
        matrix = study.matrix.copy()
        moved = columns[label, repeat]
        matrix[:, label] = moved if study.rows.entering is None else study.entering[:, label] * (moved != 0)
        increase[label, repeat] = study.total(loss, matrix) - before
    return increase


@pytest.mark.parametrize("counts", [FEW_AND_MANY, WITH_ALL], ids=["few and many", "all"])
@pytest.mark.parametrize("weights", ["one", "uneven"])
def test_shuffled_columns_are_permutations_of_the_columns(make_study, counts, weights):
    study = make_study(weights=weights, counts=counts)
    columns = shuffled_columns(study, Estimator("shuffle", n_repeats=6))
    for column, repeats in zip(study.matrix.T, columns, strict=True):
        assert (np.sort(repeats, axis=1) == np.sort(column)).all()
        expected = 1 if (column == column[0]).all() else 6 if np.count_nonzero(column) > 2 else 4
        assert len(np.unique(repeats, axis=0)) >= expected


@pytest.mark.parametrize("counts", [FEW_AND_MANY, WITH_ALL], ids=["few and many", "all"])
@pytest.mark.parametrize("weights", ["one", "root", "uneven"])
@pytest.mark.parametrize("loss", ["mse", "mae", "r2", "rmse"])
def test_importance_is_that_of_the_naive_loop(make_study, counts, weights, loss):
    study, estimator = make_study(weights=weights, counts=counts, seed=2), Estimator("shuffle", n_repeats=4)
    expected, result = naive(study, estimator, loss), shuffled(study, estimator, loss)
    assert np.abs(expected).max(1)[:-1].min() > 1e-5
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(result.mean, expected.mean(1), atol=1e-6)
    np.testing.assert_allclose(result.std, expected.std(1, ddof=1), atol=1e-6)
    assert result.n_films.tolist() == list(counts)


def test_more_repeats_go_on_where_fewer_ended(make_study):
    study = make_study(seed=2)
    few, many = (shuffled_columns(study, Estimator("shuffle", n_repeats=n)) for n in (2, 5))
    assert (many[:, 0] != many[:, 1]).any()
    assert (few == many[:, :2]).all()


@pytest.mark.parametrize("weights", ["one", "root"])
def test_the_error_of_shuffles_is_their_spread_over_the_root_of_repeats(make_study, weights):
    study, estimator = make_study(weights=weights, seed=2), Estimator("shuffle", n_repeats=2000)
    result = shuffled(study, estimator)
    assert result.std.min() > 1e-5
    assert (result.se_shuffle * 2000**0.5).tolist() == pytest.approx(result.std.tolist(), rel=0.06)


@pytest.mark.parametrize("weights", ["one", "root", "uneven"])
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_the_mean_over_many_shuffles_is_what_the_closed_form_says(make_study, weights, loss):
    study = make_study(weights=weights, seed=4)
    result = shuffled(study, Estimator("shuffle", n_repeats=4000), loss)
    expected, sampled = study.values(loss, off_rows="all", tests=False), weights == "uneven"
    error = torch.hypot(result.std / 4000**0.5, expected.se_shuffle)
    assert bool((expected.se_shuffle > 0).any()) == sampled
    assert float((expected.mean.abs() / error).max()) > 40
    assert bool(((result.mean - expected.mean).abs() < 4 * error).all())


@pytest.mark.parametrize("loss", ["r2", "rmse"])
def test_errors_are_in_the_unit_of_the_loss(make_study, loss):
    study, estimator = make_study(seed=2, label_std=0.1), Estimator("shuffle", n_repeats=20)
    plain, result = shuffled(study, estimator), shuffled(study, estimator, loss)
    ratio = {"r2": 1 / study.reference().variance, "rmse": 0.5 / study.total("rmse")}[loss]
    assert abs(ratio - 1) > 0.02
    for name in ("mean", "std", "se_shuffle", "se_sample"):
        assert getattr(result, name).tolist() == pytest.approx((getattr(plain, name) * ratio).tolist(), rel=0.02)


@pytest.mark.parametrize("n_rows", [1, 2, 3])
@pytest.mark.parametrize("n_repeats", [1, 3])
def test_a_handful_of_rows_is_enough(make_study, n_rows, n_repeats):
    study = make_study(n_rows, (n_rows, max(1, n_rows - 1)), weights="root")
    estimator = Estimator("shuffle", n_repeats=n_repeats)
    expected, result = naive(study, estimator, "mse"), shuffled(study, estimator)
    np.testing.assert_allclose(result.mean, expected.mean(1), atol=1e-6)
    assert all(field.isfinite().all() for field in (result.se_shuffle, result.se_sample))
