"""The measurements run and report what they say they do; how fast anything is, no test asserts."""

import numpy as np
import pytest
import torch

from benchmarks import encode, knn_grid, train
from benchmarks.stopwatch import seconds_of
from datamodules import FilmRows, read_table


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
    monkeypatch.setattr("baselines.neighbours.MOST_TIED", 1.0)  # whole years and minutes are often tied
    found = knn_grid.measure(tmp_path / "none.csv", rounds=1, most_rows=150, n_jobs=1)
    assert (found["rows"], found["features"], found["settings"]) == (150, 2, 200)
    assert found["same_best"]
    assert found["largest_difference_of_rmse"] < 1e-9
    assert found["ratio"] > 0
