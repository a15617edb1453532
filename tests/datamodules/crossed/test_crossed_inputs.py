"""Inputs of labels through the data module: what they are for each film, and what may not leak into them."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import InputError, Labels, RandomSplit, TimeSplit
from greenlight_films.datamodules.features import Category, Profile, RidgeByColumn, Size, TrackRecord
from tests.datamodules.crossed.conftest import FEATURES, assert_independent_of_held_out_targets, ready


def test_training_rows_inputs_have_mean_0_and_deviation_1_and_come_anew_in_each_drawing(table):
    data = ready(table)
    drawn, train = data.films.crossed.drawn, data.films.rows.train
    assert drawn.shape[:2] == (4, len(train))
    assert drawn.mean(axis=(0, 1)) == pytest.approx(0, abs=1e-5)
    assert drawn.std(axis=(0, 1)) == pytest.approx(1, abs=1e-4)
    assert data.films.encoded.inputs[train] == pytest.approx(drawn[0])
    loader = data.train_dataloader()
    for epoch in range(5):
        loader.sampler.set_epoch(epoch)
        for batch in loader:
            at = np.searchsorted(np.sort(train), batch.row.numpy())
            expected = drawn[epoch % 4][np.argsort(train)[at]]
            assert batch.inputs.numpy() == pytest.approx(expected)


def test_with_the_penalty_given_no_target_of_a_held_out_film_changes_any_input(table, given_penalty):
    assert_independent_of_held_out_targets(ready, table)


def test_with_all_of_it_chosen_anew_no_target_of_a_test_film_changes_any_input(table):
    before = ready(table).films
    changed = table.copy()
    changed.loc[before.rows.test, "rating"] *= -3
    after = ready(changed).films
    assert (after.encoded.inputs == before.encoded.inputs).all()
    assert (after.crossed.drawn == before.crossed.drawn).all()
    changed = table.copy()
    changed.loc[before.rows.train[0], "rating"] *= -3
    assert not (ready(changed).films.encoded.inputs == before.encoded.inputs).all()


def test_an_input_that_is_the_same_in_all_training_rows_but_for_rounding_is_0_for_all_labels():
    films = pd.DataFrame(
        {
            "year": [2012, 2001, 1995],
            "cast": ["Fay, Dee", "Dee, Cem", "Bo, Dee"],
            "genre": ["Comedy, Horror", "Drama, War", "Drama"],
            "rating": [5.925396, 7.190022, 7.368937],
        }
    )
    features = [*FEATURES[:3], *(RidgeByColumn(column) for column in ("cast", "genre"))]
    crossed = ready(films, RandomSplit(val=0.1, test=0), features).films.crossed
    assert (crossed.scales.deviation == 0).any()
    assert (crossed.labels.values[:, crossed.scales.deviation == 0] == 0).all()
    assert np.abs(crossed.labels.values).max() < 100


def test_a_label_seen_in_one_training_film_gives_that_film_no_record(table):
    table["director"] = [f"D{row}" for row in range(200)]
    films = ready(table, features=[Category("director"), TrackRecord("director", min_labels=10)]).films
    assert films.crossed.labels.names == ["record", "films", "known"]
    assert (films.crossed.drawn == 0).all()


def test_under_a_split_by_time_a_film_knows_nothing_of_its_own_year_and_later_ones(table, given_penalty):
    split = TimeSplit("year", val=0.1, test=0.1)
    films = ready(table, split).films
    year = table["year"].to_numpy()
    middle = int(np.median(year[films.rows.train]))
    changed = table.copy()
    later = films.rows.train[year[films.rows.train] >= middle]
    swapped = changed.loc[later, "rating"].to_numpy()[::-1]  # the mean and the deviation stay
    changed.loc[later, "rating"] = swapped
    others = ready(changed, split).films
    earlier = year[films.rows.train] < middle
    numbers = [films.crossed.labels.names.index(name) for name in ("films", "known")]
    assert (films.crossed.drawn[..., numbers] == others.crossed.drawn[..., numbers]).all()

    def unscaled(films, name):  # the deviation is of all training rows
        index = films.crossed.labels.names.index(name)
        values = films.crossed.drawn[:, earlier, index] + films.crossed.labels.centre[index]
        return values / np.abs(values).max()

    before, after = unscaled(films, "record"), unscaled(others, "record")
    known = np.abs(before[0]) > 1e-6
    assert known.sum() > 20
    ratio = after[0, known] / before[0, known]
    assert np.sign(ratio).min() > 0
    assert not np.allclose(films.crossed.drawn[:, ~earlier], others.crossed.drawn[:, ~earlier])


def test_rows_of_weight_0_teach_nothing(table, given_penalty):
    weights = np.ones(200)
    first = ready(table).films
    ignored = first.rows.train[:20]
    weights[ignored] = 0
    before = ready(table, weights=weights).films
    changed = table.copy()
    changed.loc[ignored, "rating"] += 50
    after = ready(changed, weights=weights).films
    assert (after.encoded.inputs == before.encoded.inputs).all()


def test_validation_rows_of_weight_0_choose_no_penalty(table):
    weights = np.ones(200)
    ignored = ready(table).films.rows.val[2:]
    weights[ignored] = 0
    before = ready(table, weights=weights)
    changed = table.copy()
    changed.loc[ignored, "rating"] *= -50
    after = ready(changed, weights=weights)
    assert after.fitted.penalty == before.fitted.penalty
    assert (after.films.encoded.inputs == before.films.encoded.inputs).all()


@pytest.mark.parametrize(
    ("features", "split", "message"),
    [
        (
            [Labels("cast"), TrackRecord("cast", before="year")],
            RandomSplit(),
            "left out: data.split is no T",
        ),
        (
            [Labels("cast"), TrackRecord("cast", before="rating")],
            TimeSplit("year"),
            "must be 'year', the col",
        ),
        (
            [Labels("cast"), Profile("cast", of=["genre"]), Labels("genre")],
            TimeSplit("year"),
            "left out under a T",
        ),
        ([Labels("cast"), Profile("cast", of=["gnere"]), Labels("genre")], RandomSplit(), "got 'gnere'.*genre"),
        (
            [Labels("genre"), TrackRecord("cast")],
            RandomSplit(),
            "TrackRecord of 'cast' needs Labels, C",
        ),
        ([Labels("cast"), RidgeByColumn("cast")], TimeSplit("rank"), "must be by years or dates where"),
        (
            [Labels("cast"), TrackRecord("cast", of="rating")],
            RandomSplit(),
            "than the target, got 'rating'; leave `of`",
        ),
        ([Labels("cast"), TrackRecord("cast", of="rnk")], RandomSplit(), "'rnk'.*rank"),
        ([Labels("cast"), TrackRecord("cast", of="genre")], RandomSplit(), "'genre'.*number"),
        ([Labels("cast"), TrackRecord("cast", 1, of="same")], RandomSplit(), "two different numbers .*'same'; leave"),
        ([Labels("cast"), *[TrackRecord("cast", of="rank")] * 2], RandomSplit(), "got twice: TrackRecord of 'cast'"),
    ],
)
def test_inputs_that_cannot_be_are_refused(table, features, split, message):
    table["rank"], table["same"] = np.random.default_rng(3).normal(size=200), 1.5
    with pytest.raises(InputError, match=message):
        ready(table, split, features)


def test_a_cell_of_new_names_alone_and_a_label_in_all_films_have_defined_inputs(table, given_penalty):
    everybody = [Labels("cast"), RidgeByColumn("cast"), TrackRecord("cast", min_labels=1), Size("cast")]
    films = ready(table.assign(cast="Everybody, Else"), features=everybody).films
    assert np.isfinite(films.encoded.inputs).all()
    encoded = ready(table).fitted.encoder.encode(table.assign(cast="Nobody, Noone")[:5])
    assert encoded.unseen["cast"].tolist() == [2] * 5
    assert np.isfinite(encoded.dense).all()
