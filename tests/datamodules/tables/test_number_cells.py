import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.missing_cells import propose_missing
from greenlight_films.datamodules.tables.number_cells import (
    find_number_formats,
    numbers_in_table,
    parse_numbers,
    read_numbers,
)
from tests.cases import cases, check_message, name_of, path_of


def column(cells, dtype="str"):
    return pd.Series(cells, name="c", dtype=dtype)


def read_case(case):
    delimiter = ";" if ";" in path_of(case).read_text().splitlines()[0] else ","
    return pd.read_csv(path_of(case), dtype="str", keep_default_na=False, delimiter=delimiter), delimiter


@pytest.mark.parametrize(
    "case",
    [case for case in cases("missing", "flags") if case["outcome"] == "notice" and "odd_token" not in case["file"]],
    ids=name_of,
)
def test_what_is_strange_is_a_notice(case):
    frame, delimiter = read_case(case)
    wanted = case["expect"]["message"]
    formats, notices = find_number_formats(frame, wanted["columns"], Formats(), delimiter)
    if "without rating" not in wanted.get("counts", {}):
        check_message("\n".join(notices), wanted)
    assert list(formats) == wanted["columns"]


@pytest.mark.parametrize("name", ["missing/odd_token.csv", "faults/hundred.csv"])
def test_an_odd_text_that_stands_again_and_again_is_refused_and_proposed_as_missing(name):
    case = next(case for case in cases() if case["file"] == name)
    frame, delimiter = read_case(case)
    wanted = case["expect"]["message"]
    column = frame[wanted["columns"][0]]
    numbers = numbers_in_table(frame, column.name, delimiter=delimiter)
    tokens = propose_missing(column, numbers.unread, int((~np.isnan(numbers.values)).sum()))
    assert tokens == {wanted["values"][0]: wanted.get("count", 3)}
    with pytest.raises(InputError) as refusal:
        read_numbers(column)
    check_message(str(refusal.value), wanted)
    assert np.isnan(read_numbers(column, Format(missing=tuple(tokens)))).sum() == sum(tokens.values())


@pytest.mark.parametrize(
    ("cells", "dtype", "expected"),
    [
        ([1, 2], "int32", [1, 2]),
        ([1.5, None], "float64", [1.5, np.nan]),
        (["1", " 2.5 ", None, "-1e3"], "str", [1, 2.5, np.nan, -1000]),
        ([1, "2", None, "N/A", "$3"], "object", [1, 2, np.nan, np.nan, 3]),
        ([], "float64", []),
        ([], "str", []),
    ],
)
def test_numbers_are_float64_with_nan_where_missing(cells, dtype, expected):
    values = read_numbers(column(cells, dtype))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    ("cells", "dtype", "message"),
    [
        (
            ["1", "about 2", "x", None],
            "str",
            "must hold numbers, row 2 has 'about 2', row 3 has 'x' (2 rows); correct them",
        ),
        (["y" * 200, "1"], "str", f"must hold numbers, row 1 has '{'y' * 80}'"),
        ([1.0, np.inf, -np.inf], "float64", "must hold finite numbers, row 2 has 'inf', row 3 has '-inf' (2 rows)"),
        (["inf"], "str", "must hold numbers, row 1 has 'inf'; correct it, or declare it missing"),
        ([0.0, -1e101], "float64", "must hold numbers from -1e+100 to 1e+100, row 2 has '-1e+101'"),
        (
            [None, "2001-02-03"],
            "datetime64[ns]",
            "must hold numbers, got dates such as 2001-02-03 00:00:00; declare it",
        ),
        ([["1"]], "object", "must hold numbers, row 1 has \"['1']\"; a cell must hold one number"),
        ([pd.DataFrame(), 1], "object", "must hold numbers, row 1 has 'a DataFrame'; a cell must hold one number"),
        (
            ["a", "b", "a"],
            "str",
            "must hold numbers, rows 1, 3 have 'a', row 2 has 'b' (3 rows); correct them; if it holds",
        ),
        (["2001-02-03", "1/2/99"], "str", "(2 rows); correct them; if it holds dates, declare it as Date"),
        ([1, 5, "x"], "object", "must hold numbers, row 3 has 'x'; correct it"),
    ],
)
def test_a_cell_that_is_no_number_is_refused_by_row_and_value(cells, dtype, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_numbers(column(cells, dtype))


def test_a_number_that_log1p_cannot_take_is_refused_by_the_row_of_the_frames_index():
    cells = pd.Series([0, None, -1, -7], index=[7, 8, 41, 42], name="c", dtype="float64")
    with pytest.raises(InputError, match=r"column 'c' must be above -1 for log1p, row 42 has '-1.0', row 43 has"):
        read_numbers(cells, above=-1)


@pytest.mark.parametrize(
    ("cells", "dtype", "tokens", "expected"),
    [
        (["0", "$0", "0.0", "$5"], "str", ("0",), [np.nan, np.nan, np.nan, 5]),
        ([0, 5.5, -1], "float64", ("0", "-1"), [np.nan, 5.5, np.nan]),
        ([np.inf, 2.0], "float64", ("inf",), [np.nan, 2]),
        (["*", "5", "N/A"], "str", ("*",), [np.nan, 5, np.nan]),
        (["", "x"], "str", ("",), [np.nan, 1]),
        (["", "x"], "str", (), [0, 1]),
        (["", ""], "str", (), [0, 0]),
    ],
)
def test_declared_texts_mean_missing_as_numbers_too(cells, dtype, tokens, expected):
    np.testing.assert_array_equal(read_numbers(column(cells, dtype), Format(missing=tokens)), expected)


def test_new_films_are_read_as_the_table_was():
    frame = pd.DataFrame({"gross": ["€1.234,5", "€2.500"], "played": ["x", ""]}, dtype="str")
    formats, notices = find_number_formats(frame, ["gross", "played"], Formats(), ";")
    assert formats == {"gross": Format(decimal=",", unit="EUR"), "played": Format(missing=())}
    assert len(notices) == 1
    new = pd.DataFrame({"gross": ["3.750"], "played": [""]}, dtype="str")
    assert read_numbers(new["gross"], formats["gross"]).tolist() == [3750]
    assert read_numbers(new["played"], formats["played"]).tolist() == [0]
    with pytest.raises(InputError, match=r"must hold numbers with decimal commas, row 1 has '1.5'"):
        read_numbers(column(["1.5"]), formats["gross"])


def test_the_faults_of_all_columns_are_in_one_message():
    frame = pd.DataFrame({"a": ["1.234", "2.500", "x"], "b": ["$1", "€2", "£3"], "c": ["1", "2", "3"]}, dtype="str")
    with pytest.raises(InputError) as refusal:
        find_number_formats(frame, ["a", "b", "c"], Formats(), ",")
    lines = str(refusal.value).splitlines()
    assert [line[:10] for line in lines] == ["column 'a'", "column 'a'", "column 'b'"]


def test_a_cell_that_contradicts_the_others_is_told_once():
    with pytest.raises(InputError) as refusal:
        read_numbers(column(["-3.4", "3,4"]))
    assert len(str(refusal.value).splitlines()) == 1


def test_ids_with_leading_zeros_are_told():
    numbers = parse_numbers(column(["0012", "871"]))
    assert numbers.leading_zeros
    frame = pd.DataFrame({"c": ["0012", "871"]}, dtype="str")
    assert "declare it as Category" in find_number_formats(frame, ["c"], Formats(), ",")[1][0]


def test_how_much_of_a_column_is_numbers_is_told_without_refusing():
    numbers = parse_numbers(column(["1", "2", "x", None, "N/A"]))
    assert numbers.share_read == pytest.approx(2 / 3)
    assert numbers.unread.tolist() == [False, False, True, False, False]
    assert parse_numbers(column([None, None], "object")).share_read == 0
    assert len(parse_numbers(column(["2001-02-03"], "datetime64[ns]")).faults) == 1


def test_cells_of_another_currency_may_be_declared_missing():
    column = pd.Series(["$5", "$7", "€9"], name="budget", dtype="str")
    with pytest.raises(InputError, match=r"data\.missing: \{budget: \['€9'\]\}"):
        read_numbers(column)
    np.testing.assert_array_equal(read_numbers(column, Format(missing=("€9",))), [5, 7, np.nan])


def test_decades_of_two_digits_are_none_after_the_tables_latest_year():
    frame = pd.DataFrame({"decade": ["20s", "90s", "10s"], "year": ["1921", "1994", "2014"]})
    numbers = numbers_in_table(frame, "decade")
    assert numbers.values.tolist() == [1920, 1990, 2010]
    assert (numbers.kind, numbers.format.latest_year) == ("year", 2014)
    assert numbers.notices == ("column 'decade': decades of two digits were read as none after 2014",)


def test_what_is_no_decade_in_a_column_of_decades_is_refused():
    with pytest.raises(InputError, match="column 'x' must hold numbers, row 1 has '1985s'"):
        read_numbers(pd.Series(["1985s"] + ["1980s"] * 9, name="x"))
    with pytest.raises(InputError, match="column 'x' must hold numbers, row 1 has '1985s'"):  # as of a model's table
        read_numbers(pd.Series(["1985s"], name="x"), Format(unit=""))


def test_durations_of_a_dtype_are_in_minutes():
    numbers = parse_numbers(pd.Series(pd.to_timedelta([95, None], unit="min")))
    assert (numbers.kind, numbers.unit, numbers.values[0]) == ("duration", "min", 95)
