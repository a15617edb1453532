from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance.reference import rows_at_once
from greenlight_films.importance.streams import permutation
from greenlight_films.lightning_modules.heads import HeadTail

BATCHES = [1, 7, 4096]


@pytest.fixture(params=["one", "root"])
def study(make_study, request):
    return make_study(weights=request.param)


@pytest.mark.parametrize("batch_rows", BATCHES)
def test_predictions_are_those_of_the_whole_model(study, batch_rows):
    reference = study.reference(batch_rows=batch_rows)
    assert study.predict().std() > 0.1
    np.testing.assert_allclose(reference.predicted, study.predict(), atol=1e-6)
    assert reference.predicted.dtype == torch.float64


def test_losses_are_those_of_the_whole_model(study):
    error = study.predict() - study.rows.actual.numpy()
    np.testing.assert_allclose(study.reference("mse").losses, error**2, atol=1e-5)
    np.testing.assert_allclose(study.reference("mae").losses, np.abs(error), atol=1e-5)


def test_losses_are_in_the_targets_unit(study):
    reference = study.reference("mae", to_unit=lambda scaled: (scaled * 2 + 1).exp())
    expected = np.abs(study.rows.actual.numpy() - np.exp(study.predict() * 2 + 1))
    np.testing.assert_allclose(reference.losses, expected, rtol=1e-4)
    changed = reference.changes(torch.tensor([3]), torch.tensor([5]), torch.tensor([0.0]))
    assert changed.tolist() == pytest.approx([0], abs=1e-5)


@pytest.mark.parametrize("batch_rows", BATCHES)
def test_a_change_is_that_of_the_whole_model(study, batch_rows):
    row, column = np.array([0, 7, 7, 60, 7, 13]), np.array([6, 2, 5, 0, 2, 3])
    delta = np.array([1, 0.5, -1, -0.25, 2, 1], dtype=np.float32)
    matrix = study.matrix[row]
    matrix[np.arange(6), column] += delta
    actual = study.rows.actual.numpy()[row]
    expected = (study.predict(matrix, study.rows.dense.numpy()[row]) - actual) ** 2 - (
        study.predict()[row] - actual
    ) ** 2
    assert np.abs(expected).max() > 0.01
    result = study.reference(batch_rows=batch_rows).changes(*map(torch.from_numpy, (row, column, delta)))
    np.testing.assert_allclose(result, expected, atol=3e-6)


def test_a_tail_that_overwrites_its_input_leaves_the_sums_alone(study):
    reference = study.reference()
    sums = reference.sums.clone()
    assert (sums < 0).any()
    reference.changes(torch.arange(61), torch.zeros(61, dtype=torch.int64), torch.ones(61))
    again = reference.predict(reference.sums)
    assert torch.equal(reference.sums, sums)
    assert torch.equal(again, reference.predicted)


@pytest.mark.parametrize("batch_rows", BATCHES)
def test_what_is_added_comes_from_the_row_in_the_order(study, batch_rows):
    reference, order = study.reference(batch_rows=batch_rows), permutation(torch.tensor(3), 61)
    own = study.rows.dense @ study.model.first.dense_weight
    numbers = study.rows.dense.numpy()
    result = reference.predict(reference.sums - own, own, order)
    assert np.abs(result.numpy() - study.predict()).max() > 0.1
    np.testing.assert_allclose(result, study.predict(dense=numbers[order]), atol=2e-6)


def test_a_network_of_double_precision_is_measured_in_it(study):
    precise = replace(study, model=deepcopy(study.model).double()).reference()
    assert precise.sums.dtype == torch.float64
    np.testing.assert_allclose(precise.predicted, study.predict(), rtol=1e-12)
    row, column, delta = torch.tensor([7, 60]), torch.tensor([2, 0]), torch.tensor([0.5, -0.25])
    matrix = study.matrix[row]
    matrix[[0, 1], column] += delta.numpy()
    expected = study.predict(matrix, study.rows.dense.numpy()[row])
    np.testing.assert_allclose(precise.predict_changed(row, column, delta), expected, rtol=1e-12)
    assert study.reference().sums.dtype == torch.float32


def test_labels_of_weight_zero_in_all_units_are_not_looked_at(study):
    with torch.no_grad():
        study.model.first.label_weight[[1, 3]] = 0
        study.model.first.label_weight[[2, 3, 5], 0] = 0
    assert study.reference().uses(torch.tensor([5, 3, 0, 1, 2])).tolist() == [True, False, True, False, True]


def test_fewer_rows_go_through_a_tail_of_several_heads_at_once():
    cpu = torch.device("cpu")
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    rows = [rows_at_once(HeadTail((6, 4), 4, 0.0, "silu", generators[:n]), cpu) for n in (1, 3)]
    assert rows == [1024, 512]
    assert rows_at_once(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(6, 1)), cpu) == 4096
