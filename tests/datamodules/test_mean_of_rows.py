import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.mean_of_rows import MeanOfRows

REVIEWS = pd.DataFrame(
    {
        "title": ["A", "B", "A", "A", "B"],
        "year": [1990, 1990, 1990, 2001, 1990],
        "stars": ["4", "1", None, "3", "2"],
        "runtime": [None, 80, 90, 95, 80],
        "reviewer": list("vwxyz"),
        "week": pd.to_datetime(["2001-01-01", "2001-01-08", "2001-01-08", "2001-01-08", "2001-01-15"]),
    }
).astype({"title": "str", "stars": "str", "reviewer": "str"})


def test_a_film_has_the_means_of_its_rows_and_their_number():
    shape = MeanOfRows(["title", "year"])
    films = shape.shape(REVIEWS)
    assert films.to_dict("list") == {
        "title": ["A", "B", "A"],
        "year": [1990, 1990, 2001],
        "stars": [4.0, 1.5, 3.0],
        "runtime": [90, 80, 95],
        "n_reviews": [2, 2, 1],
    }
    assert shape.needs(REVIEWS) == {"stars": {"number"}}
    (notice,) = shape.notices(REVIEWS)
    assert "5 rows become 3 films by title and year; stars is the mean; left out" in notice
    assert notice.endswith("reviewer, week.")


def test_a_film_without_a_year_is_known_by_its_title():
    shape = MeanOfRows(["title", "year"])
    films = shape.shape(REVIEWS.assign(year=[1990, None, 1990, None, None]))
    assert films["title"].tolist() == ["A", "B", "A"]
    assert films["n_reviews"].tolist() == [2, 2, 1]


def test_identical_rows_are_named_for_each_counts():
    twice = pd.concat([REVIEWS, REVIEWS.iloc[[1]]], ignore_index=True)
    rows, copies = MeanOfRows(["title", "year"]).notices(twice)
    assert rows.startswith("data.shape: 6 rows become 3 films by title and year")
    assert copies == (
        "Row 6 is identical with an earlier row (1 of 6): a row that stands there twice counts twice; remove them."
    )
    assert MeanOfRows("title").notices(REVIEWS.head(1)) == ["data.shape: 1 row becomes 1 film by title."]


def test_means_are_those_of_pandas():
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"film": random.integers(0, 40, 500), "a": random.normal(size=500), "b": random.normal(size=500)}
    )
    frame.loc[::3, "a"] = np.nan
    films = MeanOfRows("film", count="n").shape(frame).set_index("film").sort_index()
    grouped = frame.groupby("film")
    pd.testing.assert_frame_equal(films[["a", "b"]], grouped.mean(), check_exact=False)
    assert films["n"].tolist() == grouped.size().tolist()


@pytest.mark.parametrize(
    ("changes", "given", "message"),
    [
        ({}, {"mean": ["satrs"]}, "no column 'satrs', did you mean 'stars'?"),
        ({}, {"mean": ["reviewer"]}, "column 'reviewer' must hold numbers"),
        ({}, {"count": "year"}, "data.shape.count: 'year' is a column of the table already"),
        (
            {"title": ["A", None, "A", None, "B"], "year": None},
            {},
            "data.shape.by: column 'title' is empty in row 2 (2 such rows); fill it",
        ),
        ({"stars": ["4", "1", "3", "good", "2"]}, {}, "column 'stars' must hold numbers, row 4 has 'good'"),
    ],
)
def test_rows_that_have_no_mean_are_refused(changes, given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        MeanOfRows(["title", "year"], **given).shape(REVIEWS.assign(**changes).astype({"title": "str", "stars": "str"}))


def test_columns_that_are_left_out_are_neither_averaged_nor_read():
    shape = MeanOfRows(["title", "year"], leave_out=["stars", "week"])
    films = shape.shape(REVIEWS.assign(stars=["4", "1", "3", "good", "2"]).astype({"stars": "str"}))
    assert films.columns.tolist() == ["title", "year", "runtime", "n_reviews"]
    (notice,) = shape.notices(REVIEWS)
    assert notice.endswith("they differ within films and have no mean: reviewer.")


def test_ids_have_no_mean():
    films = MeanOfRows(["title", "year"]).shape(REVIEWS.assign(userId=[7, 7, 8, 9, 8]))
    assert "userId" not in films
