import numpy as np
import pytest
import torch

from greenlight_films.importance.off_row_plan import expected_squares, fitted_squares
from tests.importance.conftest import stacked

RARE = (1, 2, 3, 5, 20) * 60


@pytest.fixture(scope="module")
def study(make_study):
    return make_study(401, RARE, seed=5, label_std=0.15)


def test_errors_of_a_few_rows_are_pooled_over_columns(study):
    [exact], results = study.drawn([0], off_rows="all"), study.drawn(range(30), off_rows=4)
    error, claimed = stacked(results, "mean") - exact.mean.numpy(), stacked(results, "se_shuffle")
    few = np.array(RARE) < 8
    assert 0.9 <= (np.abs(error) < 1.96 * claimed)[:, few].mean() <= 0.98
    claimed, error = (numbers / np.array(RARE) for numbers in (claimed, error))
    assert np.log(claimed[0])[few].std() < 1.5 * np.log(np.abs(error).mean(0))[few].std()


@pytest.mark.parametrize("weights", ["one", "root"])
def test_the_few_rows_of_many_labels_are_unbiased_and_their_error_is_that_of_64_plain_ones(make_study, many, weights):
    study = make_study(401, RARE, weights=weights, seed=5, label_std=0.15)
    [exact], results = study.drawn([0], off_rows="all"), study.drawn(range(40))
    error = stacked(results, "mean") - exact.mean.numpy()
    of_draws = exact.std.numpy()  # of the importance, if carriers were drawn at random
    share = np.sqrt((error**2 / of_draws**2).mean(0).reshape(60, 5).mean(0))
    allowed = np.array([(k / max(64, 4 * k)) ** 0.5 for k in RARE[:5]])
    assert (share < 1.2 * allowed).all()
    assert (share > 0.3 * allowed).all()
    spread = error.std(0, ddof=1) / 40**0.5
    assert (np.abs(error.mean(0)) < 4.5 * spread).all()
    claimed = stacked(results, "se_shuffle")
    assert 0.9 <= (np.abs(error) < 1.96 * claimed).mean() <= 0.98
    for name in ("std", "se_sample"):
        assert np.median(stacked(results, name) / getattr(exact, name).numpy()) == pytest.approx(1, abs=0.1)


def test_labels_get_as_many_rows_as_their_error_needs(study, many):
    tasks = study.tasks()
    plan = tasks.plan.at(tasks.entries.columns.argsort())  # they are sorted by the number of films
    size, variance = plan.size.view(60, 5), plan.variance.view(60, 5)
    assert (size >= 1).all()
    rare, common = size[:, 0], size[:, 4]  # the error from the choice of more carriers is smaller
    assert common.double().mean() > 1.1 * rare.double().mean()
    norm = torch.linalg.vector_norm(study.model.first.label_weight[: len(RARE)], dim=1).view(60, 5)[:, 0]
    assert int(rare.median()) < 16
    assert np.corrcoef(norm.detach(), rare * variance[:, 0])[0, 1] > 0.5
    assert sum(result.updates for result in tasks.results) == 0


def test_few_labels_and_exact_measurements_need_no_pilot(study):
    assert study.tasks().plan.pooled.isnan().all()
    assert study.tasks(off_rows=4).plan.pooled.isfinite().all()
    assert study.tasks(off_rows="all").plan.pooled.isnan().all()


@pytest.mark.parametrize(("middle", "spread"), [(0, 1), (-1.5, 0.06), (9, 0.02)])
def test_expected_squares_follow_the_size_of_weights(middle, spread):
    random = np.random.default_rng(0)
    size = torch.from_numpy(random.normal(middle, spread, size=5000))
    squares = torch.exp(0.5 + 2 * size) * torch.from_numpy(random.chisquare(1, 5000))
    fitted = expected_squares(fitted_squares(squares, size), size)
    assert (fitted.log() - 2 * size - 0.5).abs().max() < 0.3


@pytest.mark.parametrize("size", [0.1, 0.3, 5.0])
def test_sizes_that_are_all_the_same_tell_no_slope(size):
    squares = torch.from_numpy(np.random.default_rng(0).chisquare(1, 333))
    intercept, slope = fitted_squares(squares, torch.full((333,), size, dtype=torch.float64).log())
    assert slope == 0
    assert intercept.exp() == pytest.approx(squares.mean())
