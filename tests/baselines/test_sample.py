from dataclasses import replace

import numpy as np
import pytest

from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import FilmDataModule, InputError, Number, RandomSplit, Target
from tests.conftest import awkward_films


@pytest.fixture
def folds(sample):
    """Return the folds of rows whose films have these numbers."""
    return lambda film: sample(None, np.arange(len(film)) + 1.0, film=np.asarray(film)).folds(5)


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


def test_settings_are_chosen_by_the_validation_rows_or_else_by_five_folds(sample):
    films = sample(np.arange(20.0)[:, None], np.arange(20.0), film=np.arange(20) // 2)
    training, validation = films.take(np.arange(14)), films.take(np.arange(14, 20))
    (choice,) = replace(training, validation=validation).choices()
    assert choice[0].actual.tolist() == training.actual.tolist()
    assert choice[1] is validation
    for fitted, scored in training.choices():
        assert sorted([*fitted.number, *scored.number]) == list(range(1, 15))
        assert not set(fitted.film) & set(scored.film)
    with pytest.raises(InputError, match="chosen among 2 training films or more, got 1"):
        films.take(np.arange(2)).choices()


def test_by_time_settings_are_chosen_by_blocks_of_years_and_the_years_before(sample):
    year = np.random.default_rng(1).permutation(np.repeat(np.arange(1990.0, 2002), 5))
    training = replace(sample(np.arange(60.0)[:, None], np.arange(60.0)), year=year)
    choices = training.choices()
    assert len(choices) == 5
    for fitted, scored in choices:
        assert fitted.year.max() < scored.year.min()
        assert fitted.n_rows == (year < scored.year.min()).sum()
        assert scored.n_rows == 10
    assert sum(scored.n_rows for _, scored in choices) == 50
    few = replace(training, year=np.where(year < 1995, 1.0, 2.0)).choices()
    assert [(fitted.n_rows, scored.n_rows) for fitted, scored in few] == [(25, 35)]
    assert len(replace(training, year=np.ones(60)).choices()) == 5


def test_rows_are_taken_with_all_that_is_theirs(sample):
    films = replace(sample(np.eye(4), np.arange(4.0), np.eye(4)), weights=np.arange(4.0))
    some = replace(films, validation=films).take(np.array([3, 1]))
    for part in (some.actual + 1, some.film + 1, some.number, some.weights + 1):
        assert part.tolist() == [4, 2]
    assert some.films.labels.toarray().tolist() == np.eye(4)[[3, 1]].tolist()
    assert some.validation is None


def test_what_weighs_nothing_is_neither_learnt_from_nor_chosen_by():
    frame = awkward_films().dropna(subset="rating").reset_index(drop=True)
    weights = np.random.default_rng(0).integers(0, 3, len(frame)).astype(float)
    data = FilmDataModule(
        frame=frame, weights=weights, features=[Number("year")], target=Target("rating"), split=RandomSplit(0.3, 0.2)
    )
    data.setup("fit")
    rows, known = data.films.rows, weights[data.films.number - 1] > 0
    for side in ("train", "val", "test"):
        sample = Sample.of(data.films, data.fitted, side)
        own = getattr(rows, side)
        assert not known[own].all()
        kept = own if side == "test" else own[known[own]]
        assert sample.number.tolist() == data.films.number[kept].tolist()
    assert len(Sample.of(data.films, data.fitted, "learnt").number) == known[data.films.learnt].sum()
    assert len(Sample.of(data.films, data.fitted, "train").validation.number) == known[rows.val].sum()
