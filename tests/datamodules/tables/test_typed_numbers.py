import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.typed_numbers import is_number, plain_dtype, typed_numbers


def arrow(cells, kind=None):
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(cells, kind)))


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        (pd.Series([1, None], dtype="Int64"), [1, np.nan], "number"),
        (pd.Series([True, None], dtype="boolean"), [1, np.nan], "flag"),
        (pd.Series([True, None], dtype="object"), [1, np.nan], "flag"),
        (pd.Series([Decimal("1.5"), None]), [1.5, np.nan], "number"),
        (pd.Series(pd.arrays.SparseArray([0, 1, 0])), [0, 1, 0], "number"),
        (pd.Series(pd.Categorical([3, 5, None])), [3, 5, np.nan], "number"),
        (pd.Series([dt.timedelta(minutes=95), None]), [95, np.nan], "duration"),
        (pd.Series([dt.time(1, 36), None]), [96, np.nan], "duration"),
        (arrow([1.5, None]), [1.5, np.nan], "number"),
        (arrow([Decimal("1.5"), None]), [1.5, np.nan], "number"),
        (arrow([dt.timedelta(minutes=3), None]), [3, np.nan], "duration"),
        (arrow([dt.time(1, 36), None]), [96, np.nan], "duration"),
        (arrow([None, None], pa.null()), [np.nan, np.nan], "number"),
        (pd.Series([None, None], dtype="datetime64[ns]"), [np.nan, np.nan], "number"),
    ],
)
def test_a_dtype_or_objects_of_one_kind_are_numbers_without_reading_texts(column, values, kind):
    numbers, kind_read = typed_numbers(plain_dtype(column))
    np.testing.assert_array_equal(numbers, values)
    assert (numbers.dtype, kind_read) == (np.float64, kind)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.Series([1 + 2j]), r"column 'None' must hold numbers, got complex numbers such as \(1\+2j\); split them"),
        (pd.Series([dt.date(2001, 2, 3)]), "must hold numbers, got dates such as 2001-02-03; declare it as Date"),
        (pd.Series(pd.PeriodIndex(["2001-02"], freq="M")), "got dates such as 2001-02; declare it as Date"),
        (arrow([dt.date(2001, 2, 3)]), "got dates such as 2001-02-03; declare it as Date"),
    ],
)
def test_dates_and_complex_numbers_are_refused(column, message):
    with pytest.raises(InputError, match=message):
        typed_numbers(plain_dtype(column))


@pytest.mark.parametrize("column", [pd.Series(["1", "2"]), pd.Series([1, "2", None]), arrow([[1], None])])
def test_texts_and_mixtures_are_left_to_other_readers(column):
    assert typed_numbers(plain_dtype(column)) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(1, True), (np.float32(2), True), (Decimal(1), True), ("1", False), (None, False), ([], False)],
)
def test_real_numbers_are_told_from_other_objects(cell, expected):
    assert is_number(cell) is expected
