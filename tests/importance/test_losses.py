import numpy as np
import pytest
import torch

from greenlight_films.importance import LOSSES
from tests.importance.conftest import TOTALS

ALL = ["mse", "mae", "r2", "rmse"]


@pytest.fixture
def actual() -> np.ndarray:
    return np.random.default_rng(0).normal(2, 3, 50)


@pytest.fixture
def predicted(actual) -> np.ndarray:
    return actual + np.random.default_rng(1).normal(0.3, 1, 50)


def mean_loss(name: str, predicted: np.ndarray, actual: np.ndarray) -> torch.Tensor:
    return LOSSES[name].per_row(torch.from_numpy(predicted), torch.from_numpy(actual)).mean()


@pytest.mark.parametrize("name", ALL)
def test_totals_are_those_of_scikit_learn(name, actual, predicted):
    expected = TOTALS[name](actual, predicted)
    assert abs(expected) > 0.5
    total = LOSSES[name].total(mean_loss(name, predicted, actual), actual.var())
    assert float(total) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_the_slope_is_the_derivative_of_the_total(name):
    means = torch.tensor([0.3, 1.7, 40.0], dtype=torch.float64, requires_grad=True)
    LOSSES[name].total(means, 2.5).sum().backward()
    assert means.grad.abs().min() > 0.05
    assert LOSSES[name].slope(means.detach(), 2.5).tolist() == pytest.approx(means.grad.tolist(), rel=1e-12)


def test_r2_is_unknown_where_all_targets_are_the_same():
    increase, slope = LOSSES["r2"].increase(torch.tensor([0.1, 0.2]), torch.tensor(1.0), 0.0)
    assert increase.isnan().all()
    assert slope.isnan().all()


@pytest.mark.parametrize("name", ALL)
def test_a_loss_is_linear_where_it_says_so(name):
    low, middle, high = LOSSES[name].total(torch.tensor([1.0, 2.0, 3.0]), 2.5)
    assert (float(low + high - 2 * middle) == pytest.approx(0, abs=1e-6)) is LOSSES[name].linear


def test_the_increase_of_a_root_is_taken_in_each_repeat():
    means = torch.tensor([[0.0, 5.0], [3.0, -4.0]], dtype=torch.float64)
    increase, slope = LOSSES["rmse"].increase(means, torch.tensor(4.0, dtype=torch.float64), 1.0)
    assert increase.tolist() == [[0.0, 1.0], [pytest.approx(7**0.5 - 2), -2.0]]
    assert slope.tolist() == pytest.approx([0.5 / 6.5**0.5, 0.5 / 3.5**0.5])
