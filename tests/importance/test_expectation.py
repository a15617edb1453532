from itertools import permutations

import numpy as np
import pytest
import torch

from greenlight_films.importance import Estimates
from tests.importance.conftest import stacked

EVERY_COUNT = (1, 2, 7, 8, 20, 45, 60, 61)


def increases(study, orders: np.ndarray, loss: str = "mse") -> np.ndarray:
    """Return the increase of the mean loss in each order of rows, (n_columns, n_orders), by the whole model."""
    row, labels = np.arange(len(study.matrix)), range(study.matrix.shape[1])
    return np.array([study.exchanged(label, loss)[row, orders].mean(1) for label in labels])


def assert_same(result: Estimates, expected: Estimates, atol: float) -> None:
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0, equal_nan=True)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("seed", range(3))
def test_mean_and_std_are_those_of_all_permutations(make_study, seed, weights):
    study = make_study(5, (1, 2, 3, 4, 5), seed=seed, weights=weights)
    shuffles, result = increases(study, np.array(list(permutations(range(5))))), study.values(off_rows="all")
    assert shuffles.shape == (5, 120)
    assert np.abs(shuffles).max() > 0.01
    np.testing.assert_allclose(result.mean, shuffles.mean(1), atol=1e-6)
    np.testing.assert_allclose(result.std, shuffles.std(1), atol=1e-6)


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("loss", ["mse", "mae", "r2"])
def test_the_mean_is_that_of_the_effects_with_each_films_own_weight(make_study, loss, weights):
    study = make_study(counts=EVERY_COUNT, weights=weights, seed=3)
    scale = 1 / study.rows.actual.numpy().var() if loss == "r2" else 1
    expected = [study.expected(label, loss) * scale for label in range(8)]
    assert expected == pytest.approx([study.exchanged(label, loss).mean() * scale for label in range(8)], abs=1e-9)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(study.values(loss, off_rows="all").mean, expected, atol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "mae", "r2"])
def test_losses_count_as_the_rows_do(make_study, loss):
    study, actual = make_study(counts=EVERY_COUNT, seed=3), make_study(counts=EVERY_COUNT, seed=3).rows.actual.numpy()
    counts = np.random.default_rng(4).exponential(size=len(actual)) * (np.arange(len(actual)) % 5 > 0)
    counts /= counts.mean()
    variance = np.average((actual - np.average(actual, weights=counts)) ** 2, weights=counts)
    scale = 1 / variance if loss == "r2" else 1
    expected = [np.average(study.exchanged(label, loss).mean(1), weights=counts) * scale for label in range(8)]
    unequal = study.changed(counts=torch.from_numpy(counts))
    assert np.abs(np.array(expected) - study.values(loss, off_rows="all").mean.numpy()).max() > 0.01
    np.testing.assert_allclose(unequal.values(loss, off_rows="all").mean, expected, atol=1e-6)
    sampled = unequal.values(loss, off_rows=4)
    close = np.abs(sampled.mean.numpy() - expected) <= 4 * sampled.std.numpy() + 1e-6
    assert close.all()


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("rows_a_film", [1, 3])
def test_the_error_of_the_sample_is_the_spread_of_films(make_study, rows_a_film, weights):
    study = make_study(41, (2, 8, 30, 41), seed=2, rows_a_film=rows_a_film, weights=weights)
    by_film = [study.moved(label).reshape(41, rows_a_film).mean(1) for label in range(4)]
    expected = np.std(by_film, axis=1, ddof=1) / 41**0.5
    assert expected[:3].min() > 1e-4
    np.testing.assert_allclose(study.values(off_rows="all").se_sample, expected, atol=1e-6)


@pytest.mark.slow
def test_weights_without_a_rule_are_exchanged_with_each_others(make_study):
    study = make_study(61, (2, 8, 30), weights="uneven", seed=2)
    exact, results = [study.exchanged(label).mean() for label in range(3)], study.drawn(range(200), off_rows="all")
    means = stacked(results, "mean")
    assert (np.abs(means.mean(0) - exact) < 4 * means.std(0) / 200**0.5 + 1e-7).all()
    assert (stacked(results, "se_shuffle").mean(0) >= 0.8 * means.std(0, ddof=1)).all()


def test_the_control_variate_leaves_less_to_chance_than_the_effects_themselves(make_study):
    study = make_study(401, (3, 10, 20, 100), seed=5, label_std=0.15)
    result = study.values(off_rows=32)
    of_effects = [study.effects(label)[study.matrix[:, label] == 0].std() for label in range(4)]
    share = result.n_films.numpy() / 401
    without = share * (1 - share) * np.array(of_effects) / np.maximum(32, result.n_films.numpy()) ** 0.5
    assert np.median(result.se_shuffle.numpy() / without) < 0.5


@pytest.fixture(scope="module", params=["one", "root"])
def sampled(request, make_study):
    """400 rows: the importance by all rows, and by 400 samples of 32, without p-values, which take longest."""
    study = make_study(401, (1, 3, 10, 20, 100, 300, 401), weights=request.param, seed=5)
    return study.values(off_rows="all"), study.drawn(range(400), off_rows=32)


def test_a_sample_is_unbiased(sampled):
    exact, samples = sampled
    means = stacked(samples, "mean")
    error = means.std(0, ddof=1) / 400**0.5
    assert (error > 0)[:4].all()
    assert (np.abs(means.mean(0) - exact.mean.numpy()) < 4 * error + 1e-7).all()


def test_the_error_of_a_sample_is_its_spread_over_seeds(sampled):
    _, samples = sampled
    spread = stacked(samples, "mean").std(0, ddof=1)
    claimed = (stacked(samples, "se_shuffle") ** 2).mean(0) ** 0.5
    assert spread[:5].min() > 1e-6
    assert claimed.tolist() == pytest.approx(spread.tolist(), rel=0.15, abs=1e-9)


def test_a_sample_tells_the_other_errors_too(sampled):
    exact, samples = sampled
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


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4])
@pytest.mark.parametrize("off_rows", [2, 64, "all"])
def test_a_handful_of_rows_is_enough(make_study, n_rows, off_rows, weights):
    study = make_study(n_rows, (n_rows, 1), weights=weights, seed=2)
    result = study.values(off_rows=off_rows)
    assert all(field.isfinite().all() for field in result.fields()[:4])
    if off_rows != 2:
        assert float(result.mean[1]) == pytest.approx(study.expected(1), abs=1e-6)


@pytest.mark.parametrize("noise", [0, 1])
def test_a_fitted_linear_model_has_2_coef_squared_p_times_1_minus_p(fitted_line, noise):
    random = np.random.default_rng(0)
    matrix, dense = (random.random((300, 4)) < [0.02, 0.1, 0.5, 0.9]) * 1.0, random.normal(size=(300, 2))
    residual = noise * random.normal(size=300)
    study = fitted_line(matrix, dense, matrix @ [1.5, -0.7, 0.4, 1.1] + dense @ [1, -2] + residual)
    coef, share = study.model.first.label_weight.detach().numpy()[:4, 0], matrix.mean(0)
    for off_rows in ("all", 16):  # of a linear model the second-order effects are exact
        result = study.values(off_rows=off_rows).mean
        np.testing.assert_allclose(result, 2 * coef**2 * share * (1 - share), atol=3e-6)


BENT = {
    "mae": {"loss": "mae"},
    "clipped": {"to_unit": lambda scaled: scaled.clamp(-1, 1)},
    "stairs": {"to_unit": lambda scaled: (scaled * 2).round() + scaled / 9},
    "exponential": {"to_unit": lambda scaled: (scaled / 2).expm1()},
}


@pytest.mark.parametrize("given", BENT.values(), ids=BENT)
def test_a_linear_models_sample_is_exact_with_any_loss_and_unit(fixed_line, given):
    share, coef = np.array([0.02, 0.1, 0.3, 0.8]), np.array([2.5, -1.2, 2.0, 0.5])
    study = fixed_line(400, share, coef, coef, 0, 1)
    exact, sampled = (study.drawn([3], off_rows=off_rows, **given)[0] for off_rows in ("all", 16))
    assert exact.mean.abs().max() > 0.1
    np.testing.assert_allclose(sampled.mean, exact.mean, atol=2e-6)
    assert bool((sampled.se_shuffle < 1e-5).all())


@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("given", [BENT["mae"], BENT["clipped"], BENT["exponential"]], ids=["mae", "clipped", "exp"])
def test_a_sample_has_no_more_noise_than_five_shuffles_and_says_how_much(make_study, given, weights):
    study = make_study(401, (3, 10, 20, 100, 150, 300), seed=5, label_std=0.05, weights=weights)
    [exact], results = study.drawn([0], off_rows="all", **given), study.drawn(range(300), **given)
    means, claimed = stacked(results, "mean"), stacked(results, "se_shuffle")
    spread = means.std(0, ddof=1)
    assert (np.abs(means.mean(0) - exact.mean.numpy()) < 4 * spread / 300**0.5 + 1e-7).all()
    assert (spread < exact.std.numpy() / 5**0.5).all()
    assert np.sqrt((claimed**2).mean(0)).tolist() == pytest.approx(spread.tolist(), rel=0.3, abs=1e-7)


def test_a_poor_control_variate_counts_as_much_as_it_is_worth(make_study):
    study = make_study(1601, (100, 300), seed=1, label_std=3)
    [exact], results = study.drawn([0], off_rows="all"), study.drawn(range(200))
    means, claimed = stacked(results, "mean"), stacked(results, "se_shuffle")
    spread = means.std(0, ddof=1)
    assert (np.abs(means.mean(0) - exact.mean.numpy()) < 4 * spread / 200**0.5).all()
    assert np.sqrt((claimed**2).mean(0)).tolist() == pytest.approx(spread.tolist(), rel=0.15)
    for label, count in enumerate((100, 300)):
        effects = study.effects(label)[study.matrix[:, label] == 0]
        share, without = count / 1601, 1601 - count
        plain = share * (1 - share) * effects.std() * (1 / count - 1 / without) ** 0.5
        assert spread[label] < 1.1 * plain
