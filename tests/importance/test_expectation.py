from itertools import permutations

import numpy as np
import pytest
import torch

from greenlight_films.importance import Estimates

EVERY_COUNT = (1, 2, 7, 8, 20, 45, 60, 61)


def increases(study, orders: np.ndarray, loss: str = "mse") -> np.ndarray:
    """Return the increase of the mean loss in each order of rows, (n_columns, n_orders), by the whole model."""
    row, labels = np.arange(len(study.matrix)), range(study.matrix.shape[1])
    return np.array([study.exchanged(label, loss)[row, orders].mean(1) for label in labels])


def many_orders(n_rows: int, n: int = 20_000) -> np.ndarray:
    return np.random.default_rng(0).permuted(np.tile(np.arange(n_rows), (n, 1)), axis=1)


def assert_same(result: Estimates, expected: Estimates, atol: float) -> None:
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_the_closed_form_is_the_mean_of_20000_shuffles(make_study, weights, loss):
    study = make_study(counts=EVERY_COUNT, weights=weights, seed=2)
    shuffles = increases(study, many_orders(61), loss)
    error = shuffles.std(1) / 20_000**0.5
    result = study.values(loss, off_rows="all")
    assert (np.abs(shuffles.mean(1)) > 10 * error)[:-1].sum() >= 4
    assert (np.abs(result.mean.numpy() - shuffles.mean(1)) < 4 * error + 1e-7).all()
    assert result.se_shuffle.tolist() == [0] * 8


@pytest.mark.parametrize(("weights", "last"), [("one", 7), ("root", 8)])
def test_its_std_is_that_of_20000_shuffles(make_study, weights, last):
    study = make_study(counts=EVERY_COUNT, weights=weights, seed=2)
    expected = increases(study, many_orders(61)).std(1)[:last]
    assert expected.min() > 1e-4
    assert study.values(off_rows="all").std[:last].tolist() == pytest.approx(expected.tolist(), rel=0.03)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("seed", range(3))
def test_the_mean_is_that_of_all_permutations(make_study, weights, seed):
    study = make_study(5, (1, 2, 3, 4, 5), weights=weights, seed=seed)
    shuffles = increases(study, np.array(list(permutations(range(5)))))
    assert shuffles.shape == (5, 120)
    assert np.abs(shuffles).max() > 0.01
    np.testing.assert_allclose(study.values(off_rows="all").mean, shuffles.mean(1), atol=1e-6)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("seed", range(3))
def test_the_std_is_that_of_all_permutations(make_study, weights, seed):
    study = make_study(5, (1, 2, 3, 4, 5), weights=weights, seed=seed)
    shuffles = increases(study, np.array(list(permutations(range(5)))))
    assert shuffles.std(1).max() > 0.01
    np.testing.assert_allclose(study.values(off_rows="all").std, shuffles.std(1), atol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "mae", "r2"])
def test_the_mean_is_that_over_all_pairs_of_rows(make_study, loss):
    study = make_study(counts=EVERY_COUNT, weights="root", seed=3)
    scale = 1 / study.rows.actual.numpy().var() if loss == "r2" else 1
    expected = [study.exchanged(label, loss).mean() * scale for label in range(8)]
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(study.values(loss, off_rows="all").mean, expected, atol=1e-6)


@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("weights", ["one", "root"])
def test_the_error_of_the_sample_is_the_spread_of_films(make_study, weights, rows_a_film):
    study = make_study(41, (2, 8, 30, 41), weights=weights, seed=2, rows_a_film=rows_a_film)
    by_film = [study.moved(label).reshape(41, rows_a_film).mean(1) for label in range(4)]
    expected = np.std(by_film, axis=1, ddof=1) / 41**0.5
    assert expected[:3].min() > 1e-4
    np.testing.assert_allclose(study.values(off_rows="all").se_sample, expected, atol=1e-6)


@pytest.mark.parametrize("batch_rows", [1, 7])
@pytest.mark.parametrize("off_rows", ["all", 16])
def test_the_batch_size_changes_nothing(make_study, batch_rows, off_rows):
    study = make_study(weights="root", seed=2)
    expected = study.values(off_rows=off_rows)
    assert expected.mean.abs().max() > 0.01
    assert_same(study.values(off_rows=off_rows, batch_rows=batch_rows), expected, 1e-6)


@pytest.fixture(scope="module", params=["one", "root"])
def sampled(request, make_study):
    """400 rows: the importance by all rows, and by 400 samples of 32."""
    study = make_study(401, (1, 3, 10, 20, 100, 300, 401), weights=request.param, seed=5)
    samples = [study.values(off_rows=32, seed=seed) for seed in range(400)]
    return study.values(off_rows="all"), samples, request.param


def stacked(samples: list[Estimates], name: str) -> np.ndarray:
    return np.array([getattr(sample, name).numpy() for sample in samples])


def test_a_sample_is_unbiased(sampled):
    exact, samples, _ = sampled
    means = stacked(samples, "mean")
    error = means.std(0, ddof=1) / 400**0.5
    assert (error > 0)[:4].all()
    assert (np.abs(means.mean(0) - exact.mean.numpy()) < 4 * error + 1e-7).all()


def test_the_error_of_a_sample_is_its_spread_over_seeds(sampled):
    _, samples, weights = sampled
    spread = stacked(samples, "mean").std(0, ddof=1)
    claimed = (stacked(samples, "se_shuffle") ** 2).mean(0) ** 0.5
    known = 5 if weights == "one" else 4  # in small strata, doubt about unequal entries is overstated
    assert spread[:known].min() > 1e-6
    assert claimed[:known].tolist() == pytest.approx(spread[:known].tolist(), rel=0.15)
    assert (claimed >= 0.85 * spread - 1e-12).all()


def test_a_sample_tells_the_other_errors_too(sampled):
    exact, samples, _ = sampled
    for name in ("std", "se_sample"):
        claimed, expected = stacked(samples, name).mean(0), getattr(exact, name).numpy()
        np.testing.assert_allclose(claimed[:6], expected[:6], rtol=0.15)
        assert claimed[6] >= 0.85 * expected[6]  # of a label in all rows, slopes tell little


def test_all_rows_of_an_even_column_leave_no_doubt(make_study):
    study = make_study(201, (2, 20, 60, 150), seed=2)
    exact, sample = study.values(off_rows="all"), study.values(off_rows=200)
    assert exact.mean.abs().max() > 1e-3
    assert_same(sample, exact, 1e-6)
    assert sample.se_shuffle.tolist() == [0] * 4


@pytest.mark.parametrize("off_rows", [2, 3, 16, 64, "all"])
@pytest.mark.parametrize("weights", ["one", "root"])
def test_other_columns_and_the_byte_budget_change_nothing(make_study, off_rows, weights):
    study = make_study(201, (1, 3, 10, 40, 150, 201), weights=weights, seed=2)
    whole = study.values(off_rows=off_rows)
    assert whole.mean.abs().max() > 1e-3
    for byte_budget in (0, 20_000, 200_000):
        assert_same(study.values(off_rows=off_rows, byte_budget=byte_budget), whole, 1e-6)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4])
@pytest.mark.parametrize("off_rows", [2, 64, "all"])
def test_a_handful_of_rows_is_enough(make_study, n_rows, off_rows, weights):
    study = make_study(n_rows, (n_rows, 1), weights=weights, seed=2)
    result = study.values(off_rows=off_rows)
    assert all(field.isfinite().all() for field in result.fields())
    if off_rows != 2:
        assert float(result.mean[1]) == pytest.approx(study.exchanged(1).mean(), abs=1e-6)


def test_two_rows_a_stratum_are_always_different_rows(make_study):
    study = make_study(5, (1,), seed=2)
    exact = study.values(off_rows="all").mean
    pairs = {round(float(study.values(off_rows=2, seed=seed).mean), 9) for seed in range(100)}
    assert exact.abs() > 1e-4
    assert len(pairs) == 6


def test_a_linear_model_without_residuals_has_2_coef_squared_p_times_1_minus_p(fitted_line):
    random = np.random.default_rng(0)
    matrix, dense = (random.random((300, 4)) < [0.02, 0.1, 0.5, 0.9]) * 1.0, random.normal(size=(300, 2))
    coef = np.array([1.5, -0.7, 0.4, 1.1])
    study = fitted_line(matrix, dense, matrix @ coef + dense @ [1, -2])
    share = matrix.mean(0)
    expected = 2 * coef**2 * share * (1 - share)
    assert study.reference().total < 1e-9
    for off_rows in ("all", 64):
        np.testing.assert_allclose(study.values(off_rows=off_rows).mean, expected, atol=3e-6)


def test_a_linear_model_by_least_squares_has_2_coef_squared_p_times_1_minus_p(fitted_line):
    random = np.random.default_rng(0)
    matrix, dense = (random.random((300, 3)) < [0.1, 0.5, 0.9]) * 1.0, random.normal(size=(300, 2))
    study = fitted_line(matrix, dense, matrix @ [1.5, -0.7, 0.4] + dense @ [1, -2] + random.normal(size=300))
    coef, share = study.model.first.label_weight.detach().numpy()[:, 0], matrix.mean(0)
    assert study.reference().total > 0.5
    np.testing.assert_allclose(study.values(off_rows="all").mean, 2 * coef**2 * share * (1 - share), atol=3e-6)
