from dataclasses import replace

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
    table = tangent.table(reference, entries, rows)
    assert table.abs().max() > 0.1
    mean, by_moments, error = tangent.over_all(reference, entries)
    assert not error.any()
    np.testing.assert_allclose(mean, table.double().mean(1), rtol=1e-4, atol=1e-6)
    weight = study.model.first.label_weight[:7].detach().T
    first_order = tangent.slope * torch.from_numpy(tangent.jacobian.numpy() @ weight.numpy()).T
    first_order *= entries.entering_table(rows)
    np.testing.assert_allclose(by_moments, first_order.var(1, correction=0), rtol=1e-4)
    index, row = torch.tensor([0, 3, 6]), torch.tensor([60, 4, 9])
    weight = entries.entering(index, row)
    effects = tangent.effects(reference, row, entries.columns[index], weight)
    np.testing.assert_allclose(effects, table[index, row], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_of_a_linear_model_first_order_effects_are_exact(fixed_line, loss):
    share, coef = np.array([0.03, 0.1, 0.5]), np.array([2.5, 1.2, 0.5])
    study = fixed_line(100, share, coef, coef, 0, 1)
    reference, tangent = tangent_of(study, loss)
    entries = Entries.of(study.rows)
    table = tangent.table(reference, entries, torch.arange(100))
    without = study.matrix[:, 1] == 0
    np.testing.assert_allclose(table[1, without], study.effects(1, loss)[without], atol=1e-4)


def bent(scaled: torch.Tensor) -> torch.Tensor:
    return scaled.clamp(-0.5, 0.5) + 5 * scaled.clamp(min=1)


@pytest.mark.parametrize(
    ("given", "by_parabola"),
    [({}, True), ({"loss": "mae"}, False), ({"to_unit": bent}, False), ({"to_unit": lambda x: (x / 50).expm1()}, True)],
)
def test_the_true_loss_is_taken_where_a_parabola_is_far_from_it(make_study, given, by_parabola):
    study = make_study(401, (1, 30, 100, 300), seed=2)
    reference, tangent = tangent_of(study, **given)
    entries = study.entries
    assert tangent.checked(reference, entries).by_parabola == by_parabola


@pytest.mark.parametrize("weights", ["one", "root", "uneven"])
@pytest.mark.parametrize("given", [{"loss": "mae"}, {"to_unit": bent}])
def test_true_losses_have_the_moments_of_the_effects_of_each(make_study, weights, given):
    study = make_study(seed=2, weights=weights)
    reference, tangent = tangent_of(study, **given)
    entries, rows = replace(study.entries, streams=study.entries.columns * 31), torch.arange(61)
    tangent = replace(tangent, by_parabola=False)
    table = tangent.table(reference, entries, rows)
    mean, variance, error = tangent.over_all(reference, entries)
    np.testing.assert_allclose(mean, table.double().mean(1), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(variance, table.double().var(1, correction=0), rtol=1e-5)
    np.testing.assert_allclose(error, torch.where(entries.exact, 0.0, variance / 61))
    index, row = torch.arange(7).repeat(61), torch.arange(61).repeat_interleave(7)
    weight = entries.entering(index, row)
    effects = tangent.effects(reference, row, entries.columns[index], weight)
    np.testing.assert_allclose(effects, table.expand(7, 61)[index, row], rtol=1e-4, atol=1e-5)


def test_of_many_effects_those_on_some_rows_stand_for_all_with_their_error(make_study, monkeypatch):
    study = make_study(1201, (1, 30, 100, 600), seed=2, label_std=0.3)
    reference, entries = study.reference("mae"), study.entries

    def over_all(seed: int) -> tuple:
        tangent = replace(Tangent.of(reference, torch.tensor(seed)), by_parabola=False)
        return tangent.over_all(reference, entries)

    exact = over_all(0)[0]
    monkeypatch.setattr("greenlight_films.importance.tangent.MOST_EFFECTS", 0)
    monkeypatch.setattr("greenlight_films.importance.tangent.MOST_ROWS", 200)
    means, _, errors = (torch.stack(values) for values in zip(*map(over_all, range(300)), strict=True))
    spread = means.std(0)
    assert bool(((means.mean(0) - exact).abs() < 4 * spread / 300**0.5).all())
    np.testing.assert_allclose(errors.mean(0).sqrt(), spread, rtol=0.15)
    plain = torch.stack([over_all(0)[1] / 200 * (1 - 200 / 1201)]).sqrt()[0]
    assert bool((spread < 0.9 * plain).all())  # what is known of all rows takes off some


def test_squares_of_some_rows_stand_for_those_of_all_where_they_are_many(make_study, monkeypatch):
    study = make_study(2001, (3, 40, 300), weights="one", seed=3)
    whole = study.tasks().tangent
    monkeypatch.setattr("greenlight_films.importance.tangent.MOST_SQUARED", 1000)
    some = study.tasks().tangent
    assert torch.equal(some.vectors, whole.vectors)
    assert torch.equal(some.matrices, whole.matrices)
    assert not torch.equal(some.squares, whole.squares)
    trace = [part.squares.diagonal(dim1=1, dim2=2).sum().item() for part in (some, whole)]
    assert trace[0] == pytest.approx(trace[1], rel=0.15)
