"""The measurements run and report what they say they do; how fast anything is, no test asserts."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from greenlight_films.benchmarks import encode, knn_grid, scaling, train
from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import FilmRows, read_table
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP


def test_calls_are_timed_in_turn_and_a_first_round_is_not_counted():
    order = []
    times = seconds_of({"one": lambda: order.append("one"), "two": lambda: order.append("two")}, repeats=3)
    assert order == ["one", "two"] * 4
    assert set(times) == {"one", "two"}
    assert all(seconds >= 0 for seconds in times.values())


def test_encoding_reports_films_seconds_and_their_ratio():
    found = encode.measure(copies=1, repeats=1)
    assert set(found) == {"films", "ours_seconds", "sklearn_seconds", "ratio"}
    assert found["films"] == len(read_table("wikidata-films")) == 17_472
    assert all(value > 0 for value in found.values())


def test_both_encoders_find_the_same_labels():
    films = read_table("wikidata-films").head(400)
    ours, theirs = encode.ours(films), encode.sklearn(films)
    assert ours.sum() > 1000
    assert ours.shape == theirs.shape
    # Their columns are in another order: each side's films a label, sorted.
    assert sorted(np.asarray(ours.sum(axis=0)).ravel()) == sorted(np.asarray(theirs.sum(axis=0)).ravel())
    assert np.asarray(ours.sum(axis=1)).ravel().tolist() == np.asarray(theirs.sum(axis=1)).ravel().tolist()


def test_training_reports_rows_a_second_and_their_ratios():
    found = train.measure(rounds=1, epochs=1)
    ways = {f"{name}_rows_per_second" for name in ("ours", "loop", "default_loader")}
    assert set(found) == {*ways, "ratio_to_loop", "ratio_to_default_loader"}
    assert all(value > 0 for value in found.values())


@pytest.fixture
def rows(film_data) -> FilmRows:
    data = film_data()
    data.setup("fit")
    return data.train_dataloader().dataset


def test_films_one_at_a_time_joined_are_the_batch(rows):
    places = [3, 0, 11, 7]
    per_row = train.PerRow(rows)
    assert len(per_row) == len(rows) > 100
    joined, whole = train.join([per_row[place] for place in places]), rows[places]
    assert len(whole.labels) > 4
    for name, part in whole._asdict().items():
        assert torch.equal(getattr(joined, name), part), name
        assert getattr(joined, name).dtype == part.dtype, name


def test_both_grids_of_neighbours_find_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "greenlight_films.baselines.neighbours.MOST_TIED", 1.0
    )  # whole years and minutes are often tied
    found = knn_grid.measure(tmp_path / "none.csv", rounds=1, most_rows=150, n_jobs=1)
    assert (found["rows"], found["features"], found["settings"]) == (150, 2, 200)
    assert found["same_best"]
    assert found["largest_difference_of_rmse"] < 1e-9
    assert found["ratio"] > 0


def test_costs_on_paper_are_those_of_what_is_stored(film_data):
    network = AdditiveMLP(n_dense=3, n_labels=1_000, hidden=[16])
    optimiser = torch.optim.Adam([network.first.label_weight])
    network.first.label_weight.sum().backward()
    optimiser.step()
    weight = network.first.label_weight
    averages = [part for part in optimiser.state[weight].values() if part.shape == weight.shape]
    found = scaling.first_layer(1_000, 16, n_devices=4)
    assert found["weights"] == weight.nbytes == 64_000
    assert found["training"] == sum(part.nbytes for part in (weight, weight.grad, *averages))
    assert found["checkpoint"] == sum(part.nbytes for part in (weight, *averages))
    assert found["all_reduced"] == 2 * 3 / 4 * 64_000  # a ring: three quarters out and three in

    data = film_data()
    data.setup("fit")
    encoded, rows = data.films.encoded, FilmRows(data.films.encoded, data.films.actual)
    n, present, numbers = len(rows), encoded.labels.nnz, encoded.dense.shape[1]
    held = [encoded.dense, encoded.unscaled, encoded.labels.indices, encoded.labels.data, data.films.actual]
    stored = sum(part.nbytes for part in held) + sum(part.nbytes for part in (rows.offsets, rows.target, rows.rows))
    assert present > 3 * n
    assert stored == pytest.approx(scaling.table(n, 0, numbers) + 8 * present, abs=8)  # an offset more than films


def test_work_on_paper_is_what_importance_needs(measured):
    for estimator in ("shuffle", "expected"):
        study = measured(estimator=estimator, n_repeats=2, off_rows=64).result
        present, labels = int(study.values.n_films.sum()), int((study.values.n_films > 0).sum())
        paper = scaling.importance_work(1, present, labels, 2, 64)[estimator]
        by_set = study.summary["rows"] * 2 * len(study.sets)
        updates = study.summary["row_updates"] - by_set
        assert 0 < updates <= paper
        assert estimator == "expected" or updates > paper / 3


def test_a_layer_by_columns_learns_what_a_whole_one_does():
    line = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "2",
        "-m",
        "greenlight_films.benchmarks.sharding",
    ]
    line += ["whole", "columns", "fsdp", "--labels", "5000", "--width", "8", "--steps", "4"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = subprocess.run([sys.executable, *line], env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    # What two processes print may stand on one line.
    found = [json.loads(text) for text in re.findall(r"\{[^{}]*\}", said.stdout)]
    assert sorted(one["way"] for one in found) == ["columns"] * 2 + ["fsdp"] * 2 + ["whole"] * 2
    losses = [one["loss"] for one in found]
    assert losses[0] > 0
    assert losses == pytest.approx([losses[0]] * 6, rel=1e-5)
