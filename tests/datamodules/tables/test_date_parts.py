import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables.date_parts import date_cells

DAYS = ["1994-06-12", None, "1968-08-12"]
MOMENTS = pd.Series(pd.to_datetime(DAYS) + pd.Timedelta(hours=23))

AS_COLUMNS = {
    "text": pd.Series(DAYS, dtype="str"),
    "object texts": pd.Series(DAYS, dtype=object),
    "Arrow text": pd.Series(DAYS, dtype=pd.ArrowDtype(pa.string())),
    "categories": pd.Series(DAYS, dtype="category"),
    "seconds": MOMENTS.astype("datetime64[s]"),
    "nanoseconds": MOMENTS.astype("datetime64[ns]"),
    "zoned": MOMENTS.dt.tz_localize("Asia/Tokyo"),
    "zoned Arrow": MOMENTS.dt.tz_localize("Asia/Tokyo").astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Tokyo"))),
    "Arrow moments": MOMENTS.astype(pd.ArrowDtype(pa.timestamp("ms"))),
    "Arrow dates": pd.Series(pd.arrays.ArrowExtensionArray(pa.array([d and dt.date.fromisoformat(d) for d in DAYS]))),
    "dates of Python": pd.Series([None if pd.isna(moment) else moment.date() for moment in MOMENTS], dtype=object),
    "moments of Python in two zones": pd.Series(
        [pd.Timestamp(DAYS[0], tz="Asia/Tokyo"), pd.NaT, pd.Timestamp(DAYS[2], tz="UTC")], dtype=object
    ),
    "periods": MOMENTS.dt.to_period("D"),
    "whole numbers": pd.Series([19940612, None, 19680812], dtype="Int64"),
    "numbers": pd.Series([19940612, None, 19680812], dtype="float64"),
    "Arrow numbers": pd.Series([19940612, None, 19680812], dtype=pd.ArrowDtype(pa.int64())),
    "decimals": pd.Series([Decimal("19940612"), None, Decimal("19680812.0")], dtype=object),
    "moments as text": pd.Series(["1994-06-12T23:59:59.9Z", None, "1968-08-12 00:30:00+05:00"], dtype="str"),
}


@pytest.mark.parametrize("kind", AS_COLUMNS)
def test_a_day_is_the_same_in_every_type_of_column(kind):
    cells = date_cells(AS_COLUMNS[kind])
    parts = cells.parts
    rows = list(zip(*(cells.rows(part) for part in (parts.year, parts.month, parts.day, parts.known)), strict=True))
    assert rows == [(1994, 6, 12, True), (0, 0, 0, False), (1968, 8, 12, True)]


@pytest.mark.parametrize(("unit", "parts"), [("M", (1994, 6, 0)), ("Q", (1994, 0, 0)), ("Y", (1994, 0, 0))])
def test_a_period_is_as_precise_as_its_unit(unit, parts):
    cells = date_cells(MOMENTS.dt.to_period(unit))
    assert tuple(cells.rows(part)[0] for part in (cells.parts.year, cells.parts.month, cells.parts.day)) == parts


@pytest.mark.parametrize(
    ("epoch", "numbers"),
    [
        ("days", [41760, 25062.5, 35827]),
        ("s", [1398902400, -43804800, 886291200]),
        ("ms", [1398902400000, -43804800000, 886291200000]),
        ("ns", [1398902400 * 10**9, -43804800 * 10**9, 886291200 * 10**9]),
    ],
)
@pytest.mark.parametrize("kind", ["float64", "str"])
def test_numbers_that_count_from_a_day_are_known_by_their_size(epoch, numbers, kind):
    cells = date_cells(pd.Series([*numbers, 1994, 0], dtype=kind))
    assert cells.epoch == epoch
    years = cells.rows(cells.parts.year)
    assert years.tolist() == [2014, 1968, 1998, 1994, 0]
    assert cells.rows(cells.parts.known).all()


@pytest.mark.parametrize("numbers", [[1994, 199406, 19940612], [7.5, 8.1], [142, 96, 98], [np.nan]])
def test_other_numbers_count_nothing(numbers):
    assert date_cells(pd.Series(numbers, dtype="float64")).epoch is None


@pytest.mark.parametrize(
    ("column", "missing"),
    [
        (pd.Series(["TBA", "-", "N/A", "soon"], dtype="str"), ("soon",)),
        (pd.Series([1, 9999], dtype="int64"), ("1", "9999")),
        (pd.Series(pd.to_datetime(["1970-01-01"])), ("1970-01-01",)),
    ],
)
def test_cells_that_say_that_nothing_is_known_are_blank(column, missing):
    cells = date_cells(column, missing=missing)
    assert cells.rows(cells.parts.blank).all()
