from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance.expectation import Measured
from greenlight_films.importance.off_row_plan import OffRowPlan
from greenlight_films.importance.off_sample import OffSample, sample_of, sample_of_all
from greenlight_films.importance.tangent import Tangent


def measured(study, sample, plan: OffRowPlan, tangent: Tangent, reference) -> Measured:
    entries = study.entries
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    return Measured.of(reference, tangent, entries, lost, sample, plan)


@pytest.mark.parametrize("weights", ["one", "root"])
def test_each_row_of_all_once_gives_the_exact_importance(make_study, weights):
    study = make_study(weights=weights, seed=5)
    study = replace(study, model=deepcopy(study.model).double())
    reference, entries = study.reference(), study.entries
    tangent = Tangent.of(reference, torch.tensor(7))
    n_columns, n_rows = len(entries.columns), 61
    index = torch.arange(n_columns).repeat_interleave(n_rows)
    row = torch.arange(n_rows).repeat(n_columns)
    weight = entries.entering(index, row)
    exact = torch.from_numpy(np.concatenate([study.effects(label) for label in range(n_columns)]))
    sample = OffSample(index, row, weight, exact, is_distinct=False, is_of_all=True)
    unknown = torch.full((n_columns,), torch.nan, dtype=torch.float64)
    known = tangent.over_all(reference, entries)
    plan = OffRowPlan(torch.full((n_columns,), n_rows), unknown, *known, of_all=True)
    expected = [study.expected(label) for label in range(n_columns)]
    total = measured(study, sample, plan, tangent, reference).total
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(total, expected, atol=1e-10)


def test_rows_of_all_have_the_effect_of_their_own_entry_or_of_a_new_one(make_study):
    study = make_study(weights="root", seed=5)
    entries = study.entries
    size = torch.tensor([200, 1, 3, 0, 50, 100, 100])
    sample = sample_of_all(study.reference(), entries, size)
    assert torch.bincount(sample.index, minlength=7).tolist() == size.tolist()
    exact = np.array([study.effects(label) for label in range(7)])
    np.testing.assert_allclose(sample.change, exact[sample.index, sample.row], atol=1e-5)
    carried = study.matrix[sample.row, sample.index] != 0
    assert 100 < carried.sum() < 250


def test_each_column_draws_rows_of_its_own_evenly(make_study):
    entries = make_study(seed=5).entries
    entries = replace(entries, streams=entries.columns * 31)
    size = torch.full((7,), 6100)
    sample = sample_of_all(make_study(seed=5).reference(), entries, size)
    times = torch.stack([torch.bincount(sample.row[sample.index == label], minlength=61) for label in range(7)])
    squares = ((times - 100) ** 2 / 100).sum(1)  # chi-squared with 60 degrees
    assert ((squares > 30) & (squares < 105)).all()
    assert np.abs(np.corrcoef(times) - np.eye(7)).max() < 0.5
    again = sample_of_all(make_study(seed=5).reference(), entries.part(3, 5), size[3:5])
    assert torch.equal(again.row, sample.row[(sample.index == 3) | (sample.index == 4)])


def test_rows_without_a_column_are_different_ones(make_study):
    study = make_study(seed=5)
    reference, entries = study.reference(), study.entries
    tangent, without = Tangent.of(reference, torch.tensor(7)), 61 - entries.counts
    sample = sample_of(reference, tangent, entries, without)
    assert (study.matrix[sample.row, sample.index] == 0).all()
    assert len(torch.unique(sample.index * 61 + sample.row)) == int(without.sum())
