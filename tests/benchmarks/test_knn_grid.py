"""The benchmark of the grid of nearest neighbours; how fast it is, no test asserts."""

import pytest

from greenlight_films.benchmarks import knn_grid


@pytest.mark.slow
def test_both_grids_of_neighbours_choose_the_same(tmp_path, monkeypatch):
    # Whole years and minutes are often tied.
    monkeypatch.setattr("greenlight_films.baselines.neighbours.MOST_TIED", 1.0)
    figures = knn_grid.measure(tmp_path / "none.csv", rounds=1, most_rows=150, n_jobs=1)
    assert (figures["rows"], figures["features"], figures["settings"]) == (150, 2, 200)
    assert figures["same_best"]
    assert figures["largest_difference_of_rmse"] < 1e-9
    assert figures["ratio"] > 0
