import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlight_films.datamodules.conditions import missing_cells
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.where import parse_condition
from tests.cases import CASES, cases

WHERES = [case for case in cases("rows") if "where" in case.get("given", {})]
NUMBERS, TEXTS = pd.Series([1.0, 2.0, np.nan, 3.5, 2.0]), pd.Series(["a", None, "b", "it's", "a"], dtype="str")
PANDAS = pd.DataFrame({"n": NUMBERS, "t": TEXTS, "odd name": NUMBERS * 2})


def comparisons():
    number = st.tuples(st.sampled_from(["n", "`odd name`"]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    numbers = st.tuples(number, st.sampled_from([1, 2, 3.5, 4, -1])).map(lambda part: (*part[0], part[1]))
    texts = st.tuples(st.just("t"), st.sampled_from(["==", "!="]), st.sampled_from(['"a"', '"b"', '"it\'s"', '"z"']))
    isin = st.tuples(st.just("n"), st.sampled_from(["in", "not in"]), st.sampled_from(["[1, 2]", "[3.5]"]))
    return st.one_of(numbers, texts, isin).map(lambda part: " ".join(map(str, part)))


CONDITIONS = st.recursive(
    comparisons(),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda sides: f"({' '.join(sides)})"),
        part.map(lambda text: f"not ({text})"),
    ),
    max_leaves=6,
)


@given(CONDITIONS)
@settings(max_examples=150, deadline=None)
def test_rows_are_those_of_pandas_query(text):
    mask = parse_condition(text).tree.mask(PANDAS, Formats())
    assert mask.tolist() == PANDAS.eval(text, engine="python").tolist()


@pytest.mark.parametrize("case", WHERES, ids=lambda case: case["file"])
def test_cases_keep_their_rows(case):
    frame = pd.read_csv(CASES / case["file"], dtype="str")
    rows, _ = parse_condition(case["given"]["where"]).rows_of(frame)
    assert (rows.index + 1).tolist() == case["expect"]["kept_rows"]


@pytest.mark.parametrize(
    "year",
    [
        pd.Series([1990, None, 1980], dtype="Int64"),
        pd.Series([1990, None, 1980], dtype="float64"),
        pd.Series(["1990", None, "1980"], dtype=object),
        pd.Series([1990, None, 1980], dtype="int64[pyarrow]"),
    ],
    ids=str,
)
def test_columns_of_every_type_are_compared(year):
    frame = pd.DataFrame({"year": year})
    assert parse_condition("year >= 1990").rows_of(frame)[0].index.tolist() == [0]
    assert parse_condition("year is missing").rows_of(frame)[0].index.tolist() == [1]
    assert parse_condition("year == '1980'").rows_of(frame)[0].index.tolist() == [2]


def test_dates_are_compared_as_days():
    frame = pd.DataFrame({"shown": pd.to_datetime(["2001-05-01 20:00", None, "2001-05-02 00:00"])})
    assert parse_condition("shown == 2001-05-01").rows_of(frame)[0].index.tolist() == [0]
    assert missing_cells(frame["shown"]).tolist() == [False, True, False]


def test_lists_are_missing_or_not_and_never_compared():
    frame = pd.DataFrame({"cast": [["A"], None], "year": [1, 2]})
    assert parse_condition("cast is not missing").rows_of(frame)[0].index.tolist() == [0]
    with pytest.raises(InputError, match="column 'cast' must hold one text a cell, got lists"):
        parse_condition("cast == 'A'").rows_of(frame)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n > 100", "data.where leaves none of 5 rows: n > 100; give another condition"),
        ("t == 'A'", "no cell of 't' is 'A', did you mean 'a'; give another condition"),
        ("t > 3", "column 't' must hold numbers"),
    ],
)
def test_what_keeps_no_row_or_can_not_be_compared_is_refused(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_condition(text).rows_of(PANDAS)


def test_rows_that_lack_a_value_are_told():
    (notice,) = parse_condition("n > 1 and t in ['a', 'it''s', 'c']").rows_of(PANDAS)[1]
    assert notice.startswith("data.where leaves out 3 of 5 rows: ")
    assert "no cell of 't' is 'c'" in notice
    assert "1 of these lack n; 1 of these lack t" in notice
