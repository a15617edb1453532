import numpy as np
import pytest

from greenlight_films.datamodules import InputError


@pytest.fixture
def folds(sample):
    """Return the folds of rows whose films have these numbers."""
    return lambda film: sample(None, np.arange(len(film)) + 1.0, film=np.asarray(film)).folds()


def test_each_row_is_scored_once_and_the_rows_of_a_film_stay_together(folds):
    film = np.random.default_rng(0).integers(0, 12, 100)
    parts = folds(film)
    assert len(parts) == 5
    assert sorted(np.concatenate([held_out for _, held_out in parts])) == list(range(100))
    for train, held_out in parts:
        assert sorted([*train, *held_out]) == list(range(100))
        assert not set(film[train]) & set(film[held_out])


def test_fewer_films_make_fewer_folds_and_a_single_film_none(folds):
    assert len(folds([0, 0, 1, 2])) == 3
    with pytest.raises(InputError, match="chosen among 2 training films or more, got 1"):
        folds([4, 4])
