"""Computed costs are those of what is stored and done."""

import pytest
import torch

from greenlight_films.benchmarks import costs
from greenlight_films.datamodules import FilmRows
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP


def test_costs_of_a_layer_are_those_of_its_tensors():
    network = AdditiveMLP(n_dense=3, n_labels=1_000, hidden=[16])
    weight = network.first.label_weight
    optimiser = torch.optim.Adam([weight])
    weight.sum().backward()
    optimiser.step()
    averages = [part for part in optimiser.state[weight].values() if part.shape == weight.shape]
    layer = costs.first_layer(1_000, 16, n_devices=4)
    assert layer["weights"] == weight.nbytes == 64_000
    assert layer["training"] == sum(part.nbytes for part in (weight, weight.grad, *averages))
    assert layer["checkpoint"] == sum(part.nbytes for part in (weight, *averages))
    assert layer["all_reduced"] == 2 * 3 / 4 * 64_000  # a ring: three quarters out and three in


def test_costs_of_films_are_those_of_their_arrays(films):
    encoded, rows = films.films.encoded, FilmRows(films.films.encoded, films.films.actual)
    held = [encoded.dense, encoded.unscaled, encoded.labels.indices, encoded.labels.data, films.films.actual]
    stored = sum(part.nbytes for part in [*held, rows.offsets, rows.target, rows.rows])
    assert encoded.labels.nnz > 3 * len(rows)
    computed = costs.table(len(rows), 0, encoded.dense.shape[1]) + 8 * encoded.labels.nnz
    assert stored == pytest.approx(computed, abs=8)  # an offset more than films


def different_sets(result) -> int:
    """Return how many sets are measured: the same columns once, and a single label as a label."""
    members = {(part.dense.tobytes(), part.labels.tobytes()) for part in result.sets}
    return len(members) - len({labels for dense, labels in members if not dense and len(labels) == 8})


@pytest.mark.parametrize("estimator", ["shuffle", "expected"])
def test_computed_work_is_what_importance_needs(measured, estimator):
    result = measured(estimator=estimator, n_repeats=2, off_rows=64).result
    present, labels = int(result.values.n_films.sum()), int((result.values.n_films > 0).sum())
    computed = costs.importance_work(1, present, labels, 2, 64)[estimator]
    updates = result.summary["row_updates"] - result.summary["rows"] * 2 * different_sets(result)
    assert 0 < updates <= computed
    assert estimator == "expected" or updates > computed / 3
