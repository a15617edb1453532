import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Category, Date, Labels, Number, Popularity
from greenlight_films.datamodules.films import fit_films, same_films
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.new_films import new_films, same_or_new_films
from greenlight_films.datamodules.splits import GroupSplit, TimeSplit
from greenlight_films.datamodules.targets import Target


def test_dates_of_a_split_and_a_feature_are_read_as_the_whole_table_writes_them():
    rows = 20
    frame = pd.DataFrame(
        {
            "released": [f"{1 + row % 12:02}/{1 + row % 5:02}/{90 + row % 9}" for row in range(rows - 1)]
            + ["25/12/89"],
            "rating": [*np.arange(rows - 1.0), np.nan],  # the row that decides has no target
            "year": [1990 + row % 9 for row in range(rows - 1)] + [1989],
        }
    )
    declared = Declared([Date("released"), Number("year")], Target("rating"), TimeSplit("released"))
    assert declared.needs() == {"released": {"date"}, "year": {"number"}, "rating": {"number"}}
    films, fitted = fit_films(frame, declared)
    released, year = films.encoded.unscaled[:, 0], films.encoded.unscaled[:, -1]
    assert (released == year).all()
    assert set(frame["year"].iloc[films.rows.test]) == {1998, 1997}
    restored = Fitted.from_state(fitted.to_state())
    assert restored.encoder.formats.of("released") == fitted.encoder.formats.of("released")
    assert restored.encoder.formats.of("released").given() == {"day_first": True, "latest_year": 1998}
    new = new_films(pd.DataFrame({"released": ["03/04/95"], "year": [1995]}), declared, restored)
    assert new.encoded.unscaled[0, 0] == 1995
    assert "column 'released': years of two digits in 20 cells were read as none after 1998" in films.notices


def test_rows_without_a_target_are_left_out_and_the_others_keep_number_and_id(films_frame, declared):
    films, fitted = fit_films(films_frame, declared)
    known = films_frame["rating"].notna()
    assert films.left_out == 5
    assert films.n_rows == known.sum() == len(films_frame) - 5
    assert films.actual.tolist() == films_frame["rating"][known].tolist()
    assert films.encoded.dense.shape[0] == films.encoded.labels.shape[0] == len(fitted.sides) == known.sum()
    assert films.number.tolist() == (np.flatnonzero(known) + 1).tolist()
    assert films.ids["film"].tolist() == films_frame["id"][known].tolist()
    assert films.ids["title"].fillna("").tolist() == films_frame["title"][known].fillna("").tolist()


def test_the_split_and_the_scale_are_those_of_the_rows_with_a_target(films_frame, declared):
    films, fitted = fit_films(films_frame, declared)
    sides = declared.split.assign(films_frame[films_frame["rating"].notna()])
    assert fitted.sides.tolist() == films.rows.sides().tolist() == sides.tolist()
    assert films.side_names().tolist() == np.array(["train", "val", "test"])[sides].tolist()
    train = films.actual[films.rows.train]
    assert (fitted.scale.mean, fitted.scale.std) == pytest.approx((train.mean(), train.std()))
    assert fitted.scale.mean != pytest.approx(films.actual.mean(), abs=1e-6)


@pytest.mark.parametrize("side", ["test", "val"])
def test_nothing_is_learnt_from_held_out_rows(films_frame, declared, side):
    features = [
        *declared.features[:1],
        Number("runtime", scale="quantile"),
        *declared.features[2:],
        Popularity("company", edges=[0, 9, 60, 999]),
    ]
    declared = replace(declared, features=features)
    films, fitted = fit_films(films_frame, declared)
    wild = films_frame.copy()
    rows = films.number[getattr(films.rows, side)] - 1
    wild.loc[rows, ["year", "runtime", "rating"]] = [10**6, -1e9, 1e12]
    wild.loc[rows, ["genre", "cast", "company"]] = ["Nothing, Known", "Nobody, Seen", "Startup"]
    others, refitted = fit_films(wild, declared)
    assert fitted.encoder.space.n_labels > 10
    assert refitted.encoder.space == fitted.encoder.space
    assert refitted.scale == fitted.scale
    assert others.encoded.dense[films.rows.train].tolist() == films.encoded.dense[films.rows.train].tolist()
    assert (others.encoded.labels[films.rows.train] != films.encoded.labels[films.rows.train]).nnz == 0


def test_unseen_labels_of_test_rows_or_of_new_films_are_counted(films_frame, declared):
    films, fitted = fit_films(films_frame, declared)
    changed = films_frame.copy()
    changed.loc[films.number[films.rows.test[:3]] - 1, "genre"] = "Never, Heard of, Drama"
    changed.loc[films.number[films.rows.val] - 1, "genre"] = "Not counted"
    others, _ = fit_films(changed, declared)
    assert others.unseen()["genre"] == films.unseen()["genre"] + 6
    new = films_frame.iloc[[30, 31, 32]].copy()
    new["genre"] = ["Drama", "Drama, Puppets", "Mime, Puppets"]
    new["cast"] = ["Ann Ames, Nobody", "Seen Once", None]  # a film is too few for the latter: min_films is 2
    new["company"] = ["Acme", "Acme", "Acme"]
    assert new_films(new, declared, fitted).unseen() == {"genre": 3, "cast": 2, "company": 0}


def test_a_state_gives_the_same_films_again(films_frame, declared):
    films, fitted = fit_films(films_frame, declared)
    restored = Fitted.from_state(fitted.to_state())
    again = same_films(films_frame, declared, restored)
    assert films.encoded.labels.nnz > 500
    assert restored.fingerprint == fitted.fingerprint
    assert again.rows.sides().tolist() == films.rows.sides().tolist()
    assert again.number.tolist() == films.number.tolist()
    assert again.actual.tolist() == films.actual.tolist()
    assert (again.left_out, again.unseen()) == (films.left_out, films.unseen())
    pd.testing.assert_frame_equal(again.ids, films.ids)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.iloc[:-1],
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.assign(rating=frame["rating"] + 1e-9),
        lambda frame: frame.assign(rating=frame["rating"].fillna(5)),
        lambda frame: frame.assign(year=1900),
    ],
)
def test_another_table_is_refused(films_frame, declared, change):
    _, fitted = fit_films(films_frame, declared)
    assert same_or_new_films(films_frame, declared, fitted).rows is not None
    assert same_or_new_films(change(films_frame), declared, fitted).rows is None
    with pytest.raises(InputError, match=r"data\.table is not the one that this run was trained with.*`predict`"):
        same_films(change(films_frame), declared, fitted)


def test_all_missing_columns_are_named_in_one_message(films_frame, declared):
    features = [Number("Yeer"), Labels("genre"), Category("studio")]
    wrong = replace(declared, features=features, target=Target("ratings"), film="ID", title="titel")
    with pytest.raises(InputError) as problem:
        fit_films(films_frame, wrong)
    assert str(problem.value).splitlines() == [
        "no column 'ratings', did you mean 'rating'?",
        "no column 'ID', did you mean 'id'?",
        "no column 'titel', did you mean 'title'?",
        "no column 'Yeer', did you mean 'year'?",
        "no column 'studio'",
        "the table has: id, title, year, runtime, genre, cast, company, rating",
    ]


@pytest.fixture
def twice(films_frame) -> pd.DataFrame:
    """Return a table in which every film has two rows."""
    return pd.concat([films_frame, films_frame], ignore_index=True)


def test_a_film_on_two_sides_is_refused(twice, declared):
    message = (
        r"RandomSplit puts rows of the same film on several sides \(\d+ values of 'id'\).*"
        "use GroupSplit with `by: id`, or set data.allow_split_films to true"
    )
    with pytest.raises(InputError, match=message):
        fit_films(twice, declared)


def test_a_leak_that_is_wanted_is_marked(films_frame, twice, declared):
    _, fitted = fit_films(twice, replace(declared, allow_split_films=True))
    assert Fitted.from_state(fitted.to_state()).leak
    assert not fit_films(twice, replace(declared, split=GroupSplit("id"), allow_split_films=True))[1].leak
    assert not fit_films(films_frame.assign(id=None), declared)[1].leak  # films without an id


def test_a_split_by_time_reads_the_rows_with_a_target(films_frame, declared):
    # The latest films have no rating yet: were they split too, no row would be left to test.
    films_frame.loc[films_frame["year"] > 2005, "rating"] = np.nan
    films, _ = fit_films(films_frame, replace(declared, split=TimeSplit("year")))
    year = films_frame["year"].to_numpy()[films.number - 1]
    assert year[films.rows.test].max() <= 2005
    assert year[films.rows.val].max() < year[films.rows.test].min()


def test_the_target_is_no_feature_unless_it_is_wanted(films_frame, declared):
    leaking = replace(declared, features=[*declared.features, Number("rating")])
    with pytest.raises(InputError, match=r"must not have the target's own column 'rating'"):
        fit_films(films_frame, leaking)
    films, _ = fit_films(films_frame, replace(leaking, allow_leak=["rating"]))
    assert films.encoded.dense.shape[1] > 2
    assert any("rating is the target's own column" in notice for notice in films.notices)


def test_weights_of_the_loss_have_mean_1_over_the_training_rows_and_equal_ones_are_none(films_frame, declared):
    weights = pd.Series(np.arange(203) % 4, index=films_frame["id"])
    films, fitted = fit_films(films_frame, declared, weights)
    given = weights.to_numpy()[films.number - 1]
    assert films.weights.tolist() == given.tolist()
    assert films.loss_weights().tolist() == (given / given[films.rows.train].mean()).tolist()
    assert same_films(films_frame, declared, fitted, weights).weights.tolist() == films.weights.tolist()
    assert fit_films(films_frame, declared, [2] * 203)[0].loss_weights() is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2, 3], "weights must be a number for each of the 203 rows, got shape (3,)"),
        (2, "for each of the 203 rows, got shape ()"),
        (["heavy"], "weights must be numbers, got list: could not convert string to float: 'heavy'"),
        ([1, 0, -0.5, *[1] * 200], "weights must be finite and 0 or more, row 3 has -0.5; correct it"),
        ([1, np.nan, *[1] * 201], "row 2 has nan"),
        ([0] * 203, "weights must be above 0 in a train row or more, got 0 in all; give other weights"),
    ],
)
def test_weights_that_cannot_be_are_refused(films_frame, declared, weights, message):
    with pytest.raises(InputError, match=re.escape(message)):
        fit_films(films_frame, declared, weights)


def test_a_target_far_from_all_others_is_refused(films_frame, declared):
    films, _ = fit_films(films_frame, declared)
    row = films.number[films.rows.test[0]]
    films_frame.loc[row - 1, "rating"] = 1e20
    message = rf"the target 'rating', row {row} has 1e\+20: more than 1e\+15 standard deviations .* 'rating' there"
    with pytest.raises(InputError, match=message):
        fit_films(films_frame, declared)
