import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.number_cells import read_numbers


def column(cells, dtype="str"):
    return pd.Series(cells, name="c", dtype=dtype)


def arrow(cells, kind):
    return column(pa.array(cells, kind).to_pandas(types_mapper=pd.ArrowDtype), pd.ArrowDtype(kind))


@pytest.mark.parametrize(
    ("cells", "dtype", "expected"),
    [
        ([1, 2], "int32", [1, 2]),
        ([1.5, None], "float64", [1.5, np.nan]),
        ([1, None], "Int64", [1, np.nan]),
        ([True, False], "bool", [1, 0]),
        ([True, None], "object", [1, np.nan]),
        (["1", " 2.5 ", None, "-1e3"], "str", [1, 2.5, np.nan, -1000]),
        ([1, "2", None], "object", [1, 2, np.nan]),
        ([None, None], "datetime64[ns]", [np.nan, np.nan]),
        ([], "float64", []),
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
        (["1,000"], "str", "must hold numbers, row 1 has '1,000'"),
        (["y" * 200], "str", f"must hold numbers, row 1 has '{'y' * 80}'"),
        ([1.0, np.inf, -np.inf], "float64", "must hold finite numbers, row 2 has 'inf' (2 such rows)"),
        (["inf"], "str", "must hold finite numbers, row 1 has 'inf'"),
        ([0.0, -1e101], "float64", "must hold numbers from -1e+100 to 1e+100, row 2 has '-1e+101'"),
        ([1 + 2j], "complex", "must hold numbers, row 1 has '(1+2j)'"),
        ([None, "2001-02-03"], "datetime64[ns]", "must hold numbers, got dates such as 2001-02-03 00:00:00"),
        ([None, "2001-02-03"], "datetime64[ns, UTC]", "must hold numbers, got dates such as 2001-02-03 00:00:00+00:00"),
        ([["1"]], "object", "must hold numbers, row 1 has \"['1']\""),
    ],
)
def test_a_cell_that_is_no_number_is_refused_by_row_and_value(cells, dtype, message):
    with pytest.raises(InputError, match=re.escape(f"column 'c' {message}")):
        read_numbers(column(cells, dtype))


def test_a_number_that_log1p_cannot_take_is_refused_by_the_row_of_the_frames_index():
    cells = pd.Series([0, None, -1, -7], index=[7, 8, 41, 42], name="c", dtype="float64")
    with pytest.raises(InputError, match=r"column 'c' must be above -1 for log1p, row 42 has '-1.0' \(2 such rows\)"):
        read_numbers(cells, above=-1)
