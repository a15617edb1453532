import numpy as np
import pandas as pd
import pytest

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import dates, joined, literals, numbers, split_names
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("862", 862), (" 862.0 ", 862), ("5.", 5), ("1e3", 1000), ("1,234", 1234), ("148 min", 148),
        ("$292,576,195", 292_576_195),
    ],
)  # fmt: skip
def test_a_number_is_read_as_collections_write_it(cell, number):
    preparation = Preparation({})
    values = numbers(preparation, MOVIE_INDUSTRY, pd.Series([cell, None], index=[7, 9], name="x", dtype="str"))
    assert values.dtype == np.float64
    assert values[7] == number
    assert np.isnan(values[9])
    assert preparation.rejected.empty


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400", "0x10", "True", "1_000", "12 34", "a lot"])
def test_what_is_no_number_is_missing_and_told(cell):
    preparation = Preparation({})
    values = numbers(preparation, MOVIE_INDUSTRY, pd.Series([cell, "1"], index=[7, 7], name="x", dtype="str"))
    assert values.isna().tolist() == [True, False]
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [
        [7, "x is no number: taken as missing", cell]
    ]


@pytest.mark.parametrize(
    ("cell", "separator", "names"),
    [
        ("A, B", ", ", ["A", "B"]),
        (" A ,  B , , A", ", ", ["A", "B"]),
        ("Orion, Inc., Acme, Ltd., B", ", ", ["Orion, Inc.", "Acme, Ltd.", "B"]),
        ("Acme, Incredible Films", ", ", ["Acme", "Incredible Films"]),
        ("A, B|C|C", "|", ["A, B", "C"]),
        ("|", "|", None),
        ("N/A", ", ", None),
    ],
)
def test_names_are_split_each_once_and_those_with_a_comma_of_their_own_stay_whole(cell, separator, names):
    split = split_names(pd.Series([None, cell, "last"], index=[3, 5, 9], dtype="str"), separator)
    assert split.index.tolist() == [3, 5, 9]
    assert [None if one is pd.NA else list(one) for one in split] == [None, names, ["last"]]
    assert joined(split).fillna("-").tolist() == ["-", "-" if names is None else "|".join(names), "last"]


@pytest.mark.parametrize("cell", ["7,5", "1,23", "1,2345", ",123", "12,34,567", "1234,567"])
def test_a_comma_that_parts_no_thousands_makes_no_number(cell):
    preparation = Preparation({})
    values = numbers(
        preparation, MOVIE_INDUSTRY, pd.Series([cell, "12,345,678.5"], index=[2, 3], name="x", dtype="str")
    )
    assert values.isna().tolist() == [True, False]
    assert values[3] == 12_345_678.5
    assert preparation.rejected["text"].tolist() == [cell]


def test_a_number_below_the_lowest_is_missing_and_told():
    preparation, cells = Preparation({}), pd.Series(["-1", "$-2", "0"], index=[2, 3, 4], name="x", dtype="str")
    assert numbers(preparation, MOVIE_INDUSTRY, cells).fillna(-9).tolist() == [-9, -9, 0]
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [
        [2, "x is below 0: taken as missing", "-1"],
        [3, "x is below 0: taken as missing", "$-2"],
    ]
    assert numbers(Preparation({}), MOVIE_INDUSTRY, cells, lowest=-5).tolist() == [-1, -2, 0]


@pytest.mark.parametrize(
    "cell", ["1999-12-31", "1999-12-31 00:00:00", "1999-12-31T23:59:59Z", "12/31/1999", "31 Dec 1999"]
)
def test_a_date_may_have_a_time(cell):
    found = dates(Preparation({}), MOVIE_INDUSTRY, pd.Series([cell], name="x", dtype="str"))
    assert found.tolist() == [pd.Timestamp("1999-12-31")]


@pytest.mark.parametrize("cell", ["1999-12-319", "1999-12-31x", "1999-12-31-1", "1999-12-31 or so", "1999-13-01"])
def test_what_only_begins_like_a_date_is_none(cell):
    preparation = Preparation({})
    assert dates(preparation, MOVIE_INDUSTRY, pd.Series([cell], name="x", dtype="str")).isna().all()
    assert preparation.rejected["reason"].tolist() == ["x is no date: taken as missing"]


def test_dates_that_can_only_begin_with_the_day_raise_doubts_about_the_others():
    cells = pd.Series(["25/12/1999", "13/1/01", "3/4/1999", "12/31/1999", "31/31/1999"], name="x", dtype="str")
    preparation = Preparation({})
    found = dates(preparation, MOVIE_INDUSTRY, cells)
    assert found.notna().tolist() == [False, False, True, True, False]
    assert preparation.notes == ["x: dates were read as month/day/year; 2 cells can only be day/month/year"]
    dates(preparation, MOVIE_INDUSTRY, cells[2:4])
    assert len(preparation.notes) == 1


def test_a_literal_that_would_take_seconds_is_missing_and_told():
    preparation = Preparation({})
    cells = pd.Series(["[" + "{'a': 1}, " * 150_000 + "]", "[{'a': 1}]"], index=[2, 3], name="x", dtype="str")
    assert literals(preparation, MOVIE_INDUSTRY, cells) == [None, [{"a": 1}]]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [
        [2, "x is longer than 1,000,000 characters: taken as missing"]
    ]


def test_only_a_blank_title_is_missing():
    preparation = Preparation({})
    given = ["None", "null", "NaN", "NA", " A ", " ", None, None]
    other = [None, None, None, None, None, "B", " C", " "]
    rows = pd.DataFrame({"title": given, "original": other}, dtype="str", index=range(2, 10))
    titled = preparation.titled(MOVIE_INDUSTRY, rows, "title", "original")
    assert titled["title"].tolist() == ["None", "null", "NaN", "NA", "A", "B", "C"]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [[9, "title is missing"]]
