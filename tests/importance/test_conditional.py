"""Conditional importances, held against closed forms for linear models."""

import numpy as np
import pytest
import torch

from greenlight_films.importance.conditional import Strata, conditional_importance

NONE = torch.tensor([], dtype=torch.int64)


def measured(study, dense=NONE, labels=NONE, n_repeats=40, loss="mse"):
    columns = (torch.tensor(part, dtype=torch.int64) if isinstance(part, list) else part for part in (dense, labels))
    return conditional_importance(study.reference(loss), *columns, torch.tensor(5), n_repeats)


def two_numbers(fitted_line, n: int, correlation: float, seed: int = 0):
    """Return a linear model of two numbers that go with each other so far."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(n, 2)) @ np.linalg.cholesky([[1, correlation], [correlation, 1]]).T
    actual = numbers @ [1.0, 0.5] + random.normal(size=n)
    return fitted_line((random.random((n, 2)) < 0.3) * 1.0, numbers.astype(np.float32), actual)


def test_importance_is_that_of_the_spread_within_strata(fitted_line):
    study = two_numbers(fitted_line, 2000, 0.95)
    estimates, strata = measured(study, [0])
    number, coefficient = study.rows.dense[:, 0].double(), float(study.model.first.dense_weight.detach()[0, 0])
    within = torch.stack([number[strata.code == code].var(correction=0) for code in range(strata.n)]).mean()
    assert strata.n == 10
    assert strata.explained == pytest.approx(0.95**2, abs=0.02)
    # Least squares leave residuals that go with no number; within a stratum nearly so.
    assert float(estimates.mean) == pytest.approx(2 * coefficient**2 * float(within), rel=0.15)
    assert float(estimates.mean) < 0.3 * 2 * coefficient**2 * float(number.var())


def test_a_number_that_nothing_predicts_keeps_its_importance(fitted_line):
    study = two_numbers(fitted_line, 1500, 0.0)
    estimates, strata = measured(study, [0])
    coefficient = float(study.model.first.dense_weight.detach()[0, 0])
    assert strata.explained < 0.02
    expected = 2 * coefficient**2 * float(study.rows.dense[:, 0].double().var())
    assert float(estimates.mean) == pytest.approx(expected, rel=0.05)


def test_a_label_that_another_tells_adds_nothing(fixed_line):
    study = fixed_line(600, np.array([0.4, 0.3]), np.ones(2), np.ones(2), seed=1, rows_a_film=1)
    study.matrix[:, 1] = study.matrix[:, 0]
    assert abs(float(measured(study.rebuilt(), labels=[1])[0].mean)) < 0.05
    alone, strata = measured(study, labels=[0])
    assert float(alone.mean) > 0.3
    assert strata.explained < 0.05


@pytest.mark.slow
def test_intervals_cover_what_a_new_draw_of_films_would_show(fitted_line):
    covered, true = 0, []
    for seed in range(120):
        study = two_numbers(fitted_line, 300, 0.8, seed)
        with torch.no_grad():  # a model that was fitted to other films
            study.model.first.dense_weight[:, 0] = torch.tensor([1.0, 0.5])
            study.model.first.label_weight[:] = 0
            study.model.first.bias[:] = 0
        estimates = measured(study, [0], n_repeats=10)[0]
        true.append(float(estimates.mean))
        covered += float(estimates.low) <= 2 * (1 - 0.8**2) * 1.04 <= float(estimates.high)
    assert np.mean(true) == pytest.approx(2 * (1 - 0.8**2), rel=0.12)  # what is left within tenths
    assert covered >= 105


def test_rows_of_a_film_are_predicted_from_other_films(make_study):
    study = make_study(150, (50, 40), rows_a_film=2, n_dense=2)
    strata = Strata.of(study.reference(), torch.tensor([0]), NONE)
    assert strata.explained < 0.2  # the film's other row would tell it all


def test_few_films_are_one_stratum_and_a_constant_has_no_importance(make_study):
    study = make_study(15, (3, 7))
    estimates, strata = measured(study, [0])
    assert (strata.n, strata.alone) == (1, 0)
    assert float(estimates.mean) != 0
    everywhere = make_study(50, (50, 7))
    estimates, strata = measured(everywhere, labels=[0])
    assert float(estimates.mean) == 0
    assert np.isnan(strata.explained)
    assert measured(make_study(50, (0, 7)), labels=[0])[0].mean.isnan().all()


def test_a_loss_without_closed_form_is_shuffled_as_well(fitted_line):
    study = two_numbers(fitted_line, 400, 0.5)
    mse, rmse = (measured(study, [0], loss=loss)[0] for loss in ("mse", "rmse"))
    before = float(study.reference().losses.mean())
    assert float(rmse.mean) == pytest.approx((before + float(mse.mean)) ** 0.5 - before**0.5, rel=1e-2)


def test_in_few_films_too_what_nothing_predicts_keeps_its_importance(fitted_line, monkeypatch):
    monkeypatch.setattr("greenlight_films.importance.conditional.PENALTIES", (1.0, 1000.0))  # of four, the ends
    ratios = []
    for seed in range(60):
        study = two_numbers(fitted_line, 60, 0.0, seed)
        whole = by_shuffles_of_a_number(study)
        ratios.append(float(measured(study, [0], n_repeats=60)[0].mean) / whole)
    # Each tenth has six films: of a sixth of all shuffles a film would have kept its own value.
    assert np.mean(ratios) == pytest.approx(1, abs=3.5 * np.std(ratios) / 60**0.5)
    assert np.std(ratios) / 60**0.5 < 0.03


def by_shuffles_of_a_number(study) -> float:
    """Return the importance of a linear model's first number: the mean over all shuffles."""
    number, coefficient = study.rows.dense[:, 0].double(), float(study.model.first.dense_weight.detach()[0, 0])
    error = study.rows.actual - torch.from_numpy(study.predict())
    moved = coefficient * (number[None, :] - number[:, None])  # of row i that gets the value of row j
    return float(((error[:, None] - moved) ** 2).mean() - (error**2).mean())
