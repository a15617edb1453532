import ast
import json

import numpy as np
import pandas as pd
import pytest

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import (
    amounts,
    dates,
    identified,
    joined,
    numbers,
    object_lists,
    split_names,
    whole_ids,
)
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY


def cells(*texts: str | None) -> pd.Series:
    """Return a column `x` whose lines begin at 2."""
    return pd.Series(texts, index=range(2, 2 + len(texts)), name="x", dtype="str")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("862", 862), (" 862.0 ", 862), ("5.", 5), ("1e3", 1000), ("1,234", 1234), ("148 min", 148),
        ("$292,576,195", 292_576_195), ("12,345,678.5", 12_345_678.5),
        ("12,34,567", 1_234_567), ("€2.5 million", 2.5e6),
    ],
)  # fmt: skip
def test_a_number_is_read_as_collections_write_it(cell, number):
    preparation = Preparation({})
    values = numbers(preparation, MOVIE_INDUSTRY, cells(cell, None))
    assert values.dtype == np.float64
    assert values[2] == number
    assert np.isnan(values[3])
    assert preparation.rejected.empty


@pytest.mark.parametrize(
    "cell",
    [
        "inf", "-Infinity", "1e400", "0x10", "True", "1_000", "12 34", "a lot",
        "7,5", "1,23", "1,2345", ",123", "1,23,4567", "1234,567", "88O",
    ],
)  # fmt: skip
def test_what_is_no_number_or_below_0_is_missing_and_recorded(cell):
    preparation, given = Preparation({}), cells(cell, "1", "$-2", " N/A ", "\\N")
    assert numbers(preparation, MOVIE_INDUSTRY, given).fillna(-9).tolist() == [-9, 1, -9, -9, -9]
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [
        [2, "x is no number: taken as missing", cell],
        [4, "x is below 0: taken as missing", "$-2"],
    ]


def test_amounts_of_0_are_missing_and_counted_unless_they_are_kept():
    preparation = Preparation({})
    assert amounts(preparation, MOVIE_INDUSTRY, cells("0", "$0.0", "5"), "budgets").fillna(-1).tolist() == [-1, -1, 5]
    assert preparation.notes == ["budgets of 0, taken as missing: 2"]
    kept = Preparation({}, zero_is_missing=False)
    assert amounts(kept, MOVIE_INDUSTRY, cells("0", "5"), "budgets").tolist() == [0, 5]
    assert kept.notes == []


def test_ids_are_whole_numbers_without_leading_zeros():
    texts = ["862", " 862.0 ", "007", "0", "00.", "8.5", "-1", "x", None]
    assert whole_ids(cells(*texts)).fillna("-").tolist() == ["862", "862", "7", "0", "0", "-", "-", "-", "-"]
    preparation = Preparation({})
    rows = identified(preparation, MOVIE_INDUSTRY, pd.DataFrame({"id": cells("1.0", "x", None)}))
    assert rows["id"].tolist() == ["1"]
    reasons = ["id is missing", "id is no whole number: shifted or cut off"]
    assert preparation.rejected["reason"].tolist() == reasons


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
    assert [None if cell is pd.NA else list(cell) for cell in split] == [None, names, ["last"]]
    assert joined(split).fillna("-").tolist() == ["-", "-" if names is None else "|".join(names), "last"]


@pytest.mark.parametrize(
    ("cell", "valid"),
    [
        ("1999-12-31", True), ("1999-12-31 00:00:00", True), ("1999-12-31T23:59:59Z", True), ("12/31/1999", True),
        ("31 Dec 1999", True), ("December 31, 1999", True), ("1999-12-319", False), ("1999-12-31x", False),
        ("1999-12-31-1", False), ("1999-12-31 or so", False), ("1999-13-01", False),
    ],
)  # fmt: skip
def test_a_date_may_have_a_time_and_what_only_begins_like_a_date_is_none(cell, valid):
    preparation = Preparation({})
    values = dates(preparation, MOVIE_INDUSTRY, cells(cell))
    assert (values == pd.Timestamp("1999-12-31")).tolist() == [valid]
    assert preparation.rejected["reason"].tolist() == ([] if valid else ["x is no date: taken as missing"])


def texts_of(values: pd.Series) -> list[str]:
    return values.astype("str").fillna("-").tolist()


@pytest.mark.parametrize(
    ("given", "expected", "notes", "lost"),
    [
        (["25/12/1999", "3/4/1999"], ["1999-12-25", "1999-04-03"], [], []),
        (["12/25/1999", "3/4/1999"], ["1999-12-25", "1999-03-04"], [], []),
        (["3/4/1999"], ["1999-03-04"], ["x such as 3/4/1999, read as month/day/year, which no cell decides: 1"], []),
        (["25/12/1999", "12/31/1999", "3/4/1999", "31/31/1999"], ["1999-12-25", "1999-12-31", "-", "-"], [],
         ["x is no date", "x may be two dates, day or month first"]),
        (["31/12/68", "2004-05-06"], ["1968-12-31", "2004-05-06"],
         ["x with a year of two digits, read as none after 2004: 1"], []),
        (["June 1994", "12/25/1999", "1971"], ["1994-06", "1999-12-25", "1971"], [], []),
        (["2009-05-01 – 2010-06-01"], ["2009-05-01"], ["x with several dates, of which the first is taken: 1"], []),
    ],
)  # fmt: skip
def test_dates_are_read_as_the_column_writes_them_and_what_was_assumed_is_noted(given, expected, notes, lost):
    preparation = Preparation({})
    assert texts_of(dates(preparation, MOVIE_INDUSTRY, cells(*given))) == expected
    assert preparation.notes == notes
    assert preparation.rejected["reason"].tolist() == [f"{reason}: taken as missing" for reason in lost]


def test_objects_are_lists_of_dictionaries_and_all_else_is_missing_and_recorded():
    preparation = Preparation({})
    long = "[" + "{'a': 1}, " * 150_000 + "]"  # would take seconds
    given = cells("[{'a': 1}]", long, "[1]", "[{'a': ", None, "[]")
    assert object_lists(preparation, MOVIE_INDUSTRY, given, ast.literal_eval) == [[{"a": 1}], *[None] * 4, []]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [
        [4, "x is no list of Python objects: taken as missing"],
        [5, "x is no list of Python objects: taken as missing"],
        [3, "x is longer than 1,000,000 characters: taken as missing"],
    ]
    assert object_lists(preparation, MOVIE_INDUSTRY, cells("[{]"), json.loads) == [None]
    assert preparation.rejected["reason"].iloc[-1] == "x is no list of JSON objects: taken as missing"
