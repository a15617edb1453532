"""Runs of labels with and without a row of weights."""

import numpy as np

from greenlight_films.lightning_modules.label_runs import rows_of_labels, runs_of


def test_runs_say_which_labels_have_a_row():
    random = np.random.default_rng(2)
    for has_row in (random.random((30, 12)) < 0.5).copy():
        assert rows_of_labels(runs_of(has_row))[has_row].tolist() == list(range(has_row.sum()))
        assert set(rows_of_labels(runs_of(has_row))[~has_row].tolist()) == {has_row.sum()}
    assert runs_of(np.array([False, True])) == [0, 1, 1]
    assert runs_of(np.ones(4, dtype=bool)) is None
    assert runs_of(np.zeros(0, dtype=bool)) is None
