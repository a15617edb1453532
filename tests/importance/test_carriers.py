from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance.carriers import ENOUGH, WORTH, carrier_changes
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from tests.importance.conftest import stacked

CARRIERS = (3, 40, 300, 600) * 60


@pytest.fixture(scope="module", params=["one", "root"])
def study(request, make_study):
    study = make_study(1201, CARRIERS, weights=request.param, seed=5)
    model = AdditiveMLP(3, len(CARRIERS), hidden=(16, 8), activation="silu", seed=5).eval()
    torch.nn.init.normal_(model.first.label_weight, std=0.1, generator=torch.Generator().manual_seed(6))
    return replace(study, model=model)


def measured(study, seed=0):
    """Return the entries, their changes, and the error variance of each column's sum of them."""
    tasks = study.tasks(seed=seed, tests=False)
    return tasks.entries, *carrier_changes(tasks.reference, tasks.tangent, tasks.entries, tasks.plan)


def exact(study, entries):
    return study.reference(batch_rows=4096).changes(entries.row, entries.column, -entries.weight)


def test_few_labels_are_measured_on_all_their_carriers(study):
    entries, lost, variance = measured(study)
    assert torch.equal(lost, exact(study, entries))
    assert not variance.any()


def test_of_many_labels_those_with_few_carriers_are_measured_on_all(study, many):
    entries, lost, variance = measured(study)
    few = (entries.counts < 64)[entries.index]
    assert torch.equal(lost[few], exact(study, entries)[few])
    assert not variance[entries.counts < 64].any()


def test_shifts_are_products_of_weights_with_slopes_where_carriers_may_be_sampled(study, many):
    tasks = study.tasks()
    entries, tangent, weight = tasks.entries, tasks.tangent, study.model.first.label_weight.detach()
    common = entries.counts[entries.index] >= WORTH * ENOUGH
    assert 0 < common.sum() < len(common)
    expected = (tangent.jacobian[entries.row] * weight[entries.column]).sum(1)
    torch.testing.assert_close(entries.shift[common], expected[common])
    some = entries.part(130, 170).only(torch.arange(40) % 2 == 0)
    torch.testing.assert_close(
        tangent.effects(tasks.reference, some.row, some.column, -some.weight, moved=some.shift),
        tangent.effects(tasks.reference, some.row, some.column, -some.weight),
    )


def test_few_labels_have_no_shifts(study):
    assert study.tasks().entries.shift is None


def test_the_others_have_an_unbiased_sum_with_its_error_and_the_spread_of_exact_effects(study, many):
    draws = [measured(study, seed) for seed in range(60)]
    entries = draws[0][0]
    truth, common = exact(study, entries), np.all([variance.numpy() > 0 for *_, variance in draws], axis=0)
    assert common.sum() > 60
    errors = np.stack([entries.sums(lost - truth)[common].numpy() for _, lost, _ in draws])
    claimed = np.stack([variance[common].numpy() for *_, variance in draws])
    assert (np.abs(errors.mean(0)) < 4.5 * errors.std(0, ddof=1) / 60**0.5).all()
    assert 0.4 * claimed.mean() < (errors**2).mean() < 1.05 * claimed.mean()
    assert (np.abs(errors) < 1.96 * np.sqrt(claimed)).mean() >= 0.95
    squares = np.stack([entries.sums(lost**2)[common].numpy() for _, lost, _ in draws])
    assert np.median(squares / entries.sums(truth**2)[common].numpy()) == pytest.approx(1, abs=0.01)


def test_the_error_is_a_small_part_of_that_from_the_choice_of_carriers(study, many):
    entries, _, variance = measured(study)
    truth, counts = exact(study, entries), entries.counts.double()
    spread = entries.sums(truth**2) - entries.sums(truth) ** 2 / counts
    ratio = (variance / spread)[variance > 0]
    assert ratio.median() < 1 / 32
    assert ratio.max() < 1 / 4  # the spread over all rows, which it goes by, is another


def test_all_carriers_are_looked_at_where_a_sample_shows_a_large_error(study, many, monkeypatch):
    def all_looked_at(largest):
        monkeypatch.setattr("greenlight_films.importance.carriers.LARGEST", largest)
        entries, lost, variance = measured(study)
        columns = (variance == 0) & (entries.counts >= 300)
        of_columns = columns[entries.index]
        assert torch.equal(lost[of_columns], exact(study, entries)[of_columns])
        return int(columns.sum())

    assert all_looked_at(0.0) == 120
    assert all_looked_at(1e-2) > all_looked_at(1 / 16) >= all_looked_at(1e9)


def test_importances_carry_the_error(study, many):
    [truth], results = study.drawn([0], off_rows="all"), study.drawn(range(40))
    error, claimed = stacked(results, "mean") - truth.mean.numpy(), stacked(results, "se_shuffle")
    common = np.array(CARRIERS) >= 300
    assert 0.92 <= (np.abs(error) < 1.96 * claimed)[:, common].mean() <= 0.98
    for name in ("std", "se_sample"):
        ratio = stacked(results, name)[:, common] / getattr(truth, name).numpy()[common]
        assert np.median(ratio) == pytest.approx(1, abs=0.03)
