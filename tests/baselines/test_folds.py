import numpy as np

from greenlight_films.baselines.folds import folds


def test_each_row_is_scored_once_and_never_by_a_model_that_has_seen_it():
    cut = folds(np.arange(23))
    assert len(cut) == 5
    assert sorted(np.concatenate([held_out for _, held_out in cut])) == list(range(23))
    for train, held_out in cut:
        assert sorted([*train, *held_out]) == list(range(23))


def test_the_rows_of_a_film_stay_together():
    film = np.random.default_rng(0).integers(0, 12, 100)
    for train, held_out in folds(film):
        assert not set(film[train]) & set(film[held_out])


def test_fewer_films_make_fewer_folds():
    assert len(folds(np.array([0, 0, 1, 2]))) == 3
