import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.film_ids import (
    codes_by,
    film_codes,
    film_ids,
    group_codes,
    groups_that_differ,
    in_words,
)

FRAME = pd.DataFrame(
    {
        "title": ["A", "A ", "B", None, "A", "A", " ", None],
        "year": [1990.0, 1990, 1990, 1990, np.nan, np.nan, np.nan, np.nan],
    }
).astype({"title": "str"})


def test_rows_that_share_title_and_year_are_a_film_without_a_year_by_the_title():
    ids = film_ids(FRAME, ["title", "year"])
    assert ids.fillna("-").tolist() == ["A | 1990", "A | 1990", "B | 1990", "-", "A | ", "A | ", "-", "-"]
    assert film_codes(ids).tolist() == [0, 0, 1, 3, 2, 2, 4, 5]
    assert codes_by(FRAME, ["title", "year"]).tolist() == [0, 0, 1, 3, 2, 2, 4, 5]
    assert group_codes(FRAME[:6], ["title", "year"]).tolist() == [2, 2, 3, 0, 1, 1]
    assert film_codes(film_ids(FRAME, "title")).tolist() == [0, 0, 1, 2, 0, 0, 3, 4]
    assert in_words(["title", "year"]) == "title and year"


def test_groups_of_whole_numbers_are_the_same_as_text():
    numbers = pd.DataFrame({"id": [10, 9, 100, 9, 10]})
    assert group_codes(numbers, "id").tolist() == [1, 0, 2, 0, 1]
    assert group_codes(numbers.astype("str"), "id").tolist() == [1, 0, 2, 0, 1]
    with_gap = pd.DataFrame({"title": list("AAAA"), "year": ["10", None, "9", "100"]}).astype("str")
    assert group_codes(with_gap, ["title", "year"]).tolist() == [2, 0, 1, 3]
    assert group_codes(pd.DataFrame({"id": ["010", "9"]}).astype("str"), "id").tolist() == [0, 1]


def test_groups_differ_where_a_cell_is_another_or_missing():
    cells = pd.Series(["a", "a", "b", None, "c", None, None, "d"])
    group = np.array([1, 1, 0, 0, 2, 2, 3, 4])
    assert groups_that_differ(cells, group).tolist() == [True, False, True, False, False]


def test_lists_are_no_ids():
    with pytest.raises(InputError, match=r"data\.film: column 'cast' must hold one value a cell, got lists"):
        film_ids(pd.DataFrame({"cast": [["A"], ["B"]]}), "cast")
