"""Computed costs are those of what is stored and done."""

import numpy as np
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


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["shuffle", "expected"])
def test_computed_work_is_what_importance_needs(measured, estimator):
    result = measured(estimator=estimator, n_repeats=2, off_rows=64).result
    present, labels = int(result.values.n_films.sum()), int((result.values.n_films > 0).sum())
    computed = costs.importance_work(1, present, labels, 2, 64)[estimator]
    updates = result.summary["row_updates"] - result.summary["rows"] * 2 * different_sets(result)
    assert 0 < updates <= computed
    assert estimator == "expected" or updates > computed / 3


def test_rows_touched_are_those_of_draws_by_zipfs_law():
    random = np.random.default_rng(0)
    frequencies = 1 / np.arange(1, 1_001)
    drawn = [random.choice(1_000, 600, p=frequencies / frequencies.sum()) for _ in range(200)]
    mean = np.mean([len(np.unique(labels)) for labels in drawn])
    assert costs.rows_touched(1_000, 600) == pytest.approx(mean, rel=0.01)


def test_rates_give_back_the_steps_that_they_are_from():
    rates = costs.Rates.measured()
    assert min(rates.step, rates.film, rates.row) > 0
    for labels, films in costs.RATES_FROM:
        rows = costs.rows_touched(labels, films * costs.LABELS_A_FILM)
        assert 1e3 * rates.seconds(films, rows) == pytest.approx(costs.MEASURED[labels, films])


def test_the_layer_by_columns_takes_its_share_of_the_whole():
    whole, eighth = (costs.sharded_step(1_000, 64, devices) for devices in (1, 8))
    assert whole["sent"] == 0
    assert whole["layer"] == 4 * 1_000 * 129
    assert eighth["layer"] == 4 * 1_000 * 17
    assert eighth["moved"] == pytest.approx(whole["moved"] / 8)
    assert eighth["sent"] == 7 / 8 * (64 * 15 * 4 + 2 * 64 * 16 * 4)
