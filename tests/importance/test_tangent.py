import numpy as np
import pytest
import torch

from greenlight_films.importance import Entries
from greenlight_films.importance.tangent import Tangent


def tangent_of(study, loss: str = "mse", **given) -> tuple:
    reference = study.reference(loss, **given)
    return reference, Tangent.of(reference, torch.tensor(7))


def test_the_jacobian_is_that_of_finite_differences(make_study):
    study = make_study(seed=2)
    reference, tangent = tangent_of(study)
    tail = study.model.double().tail
    with torch.no_grad():
        for unit in (0, 5, 15):
            step = torch.zeros(16, dtype=torch.float64).index_fill(0, torch.tensor(unit), 1e-6)
            sums = reference.sums.double()
            expected = (tail(sums + step) - tail(sums - step)).squeeze(1) / 2e-6
            np.testing.assert_allclose(tangent.jacobian[:, unit], expected, atol=1e-4)
    assert tangent.jacobian.abs().max() > 0.1


@pytest.mark.parametrize(("loss", "is_parabola"), [("mse", True), ("r2", True), ("mae", False)])
def test_a_squared_error_is_a_parabola(make_study, loss, is_parabola):
    reference, tangent = tangent_of(make_study(seed=2), loss)
    residual = reference.predicted - reference.rows.actual
    assert tangent.is_parabola == is_parabola
    if is_parabola:
        np.testing.assert_allclose(tangent.slope, 2 * residual, atol=1e-6)
        np.testing.assert_allclose(tangent.curve, torch.full_like(residual, 2), atol=1e-5)


def test_a_target_in_another_unit_is_differentiated_too(make_study):
    reference, tangent = tangent_of(make_study(seed=2), to_unit=torch.expm1)
    assert not tangent.is_parabola
    growth = torch.exp(tangent.scaled)
    expected = 2 * (growth - 1 - reference.rows.actual) * growth
    np.testing.assert_allclose(tangent.slope, expected, rtol=0.02, atol=0.05)


@pytest.mark.parametrize("weights", ["one", "root"])
def test_moments_over_all_rows_are_those_of_the_effects_of_each(make_study, weights):
    study = make_study(seed=2, weights=weights)
    reference, tangent = tangent_of(study)
    entries, rows = Entries.of(study.rows), torch.arange(61)
    table = tangent.table(reference, entries, entries.columns, rows)
    assert table.abs().max() > 0.1
    mean, by_moments = tangent.over_all(reference, entries)
    np.testing.assert_allclose(mean, table.double().mean(1), rtol=1e-4, atol=1e-6)
    weight = study.model.first.label_weight[:7].detach().T
    first_order = tangent.slope * torch.from_numpy(tangent.jacobian.numpy() @ weight.numpy()).T
    first_order *= entries.entering_table(study.rows, entries.columns, rows)
    np.testing.assert_allclose(by_moments, first_order.var(1, correction=0), rtol=1e-4)
    index, row = torch.tensor([0, 3, 6]), torch.tensor([60, 4, 9])
    weight = entries.entering(study.rows, entries.columns, index, row)
    effects = tangent.effects(reference, row, entries.columns[index], weight)
    np.testing.assert_allclose(effects, table[index, row], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_of_a_linear_model_first_order_effects_are_exact(fixed_line, loss):
    share, coef = np.array([0.03, 0.1, 0.5]), np.array([2.5, 1.2, 0.5])
    study = fixed_line(100, share, coef, coef, 0, 1)
    reference, tangent = tangent_of(study, loss)
    entries = Entries.of(study.rows)
    table = tangent.table(reference, entries, entries.columns, torch.arange(100))
    without = study.matrix[:, 1] == 0
    np.testing.assert_allclose(table[1, without], study.effects(1, loss)[without], atol=1e-4)
