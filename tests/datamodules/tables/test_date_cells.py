import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.date_cells import DAY, MONTH, YEAR, parse_dates, read_dates
from greenlight_films.datamodules.tables.formats import Format


def column_of(*cells: str | None) -> pd.Series:
    return pd.Series(cells, name="released", dtype="str")


def test_dates_are_as_precise_as_their_cells():
    dates = read_dates(column_of("1994", None, "June 1994", "12 June 1994"))
    assert dates.texts() == ["1994", None, "1994-06", "1994-06-12"]
    assert dates.precision.tolist() == [YEAR, 0, MONTH, DAY]
    assert dates.values.dtype == "datetime64[D]"
    assert np.datetime_as_string(dates.values).tolist() == ["1994-01-01", "NaT", "1994-06-01", "1994-06-12"]
    np.testing.assert_array_equal(dates.years(), [1994, np.nan, 1994, 1994])


@pytest.mark.parametrize(
    ("cells", "texts", "kept"),
    [
        (["03/04/2011", "25/12/2009"], ["2011-04-03", "2009-12-25"], {"day_first": True}),
        (["03/04/2011", "12/25/2009"], ["2011-03-04", "2009-12-25"], {"day_first": False}),
        (["07/07/2003", "08.08.2004"], ["2003-07-07", "2004-08-08"], {}),
        (["68-08-12", "99-12-31", "04-05-06"], ["1968-08-12", "1999-12-31", "2004-05-06"], {"year_first": True}),
        (["25122009", "03042011"], ["2009-12-25", "2011-04-03"], {"day_first": True}),
        (["41760", "2014-05-02"], ["2014-05-01", "2014-05-02"], {"epoch": "days"}),
        (["12-Aug-68", "2004-01-01"], ["1968-08-12", "2004-01-01"], {"latest_year": 2004}),
        (["14/03/12", "1/2/2011"], ["1912-03-14", "2011-02-01"], {"day_first": True, "latest_year": 2011}),
    ],
)
def test_how_a_column_is_written_is_found_from_its_cells_and_kept(cells, texts, kept):
    dates = read_dates(column_of(*cells))
    assert dates.texts() == texts
    assert {name: value for name, value in dates.format.given().items() if name in {*kept, "day_first"}} == kept
    for cell, text in zip(cells, texts, strict=True):
        assert read_dates(column_of(cell), dates.format).texts() == [text]


def test_years_of_two_digits_are_not_in_the_future():
    year = dt.date.today().year % 100
    assert read_dates(column_of(f"31/01/{year:02}", f"31/01/{year + 1:02}")).years().tolist() == [
        dt.date.today().year,
        dt.date.today().year - 99,
    ]


@pytest.mark.parametrize("day_first", [True, False])
def test_what_the_config_says_of_the_order_decides_and_cells_that_contradict_it_are_refused(day_first):
    column = column_of("03/04/2011", "25/12/2009" if day_first else "12/25/2009")
    format = Format(day_first=day_first)
    assert read_dates(column, format).texts()[0] == ("2011-04-03" if day_first else "2011-03-04")
    with pytest.raises(
        InputError,
        match=rf"'released' must hold dates .*, row 2 has '.*25.*2009'; it is a date with the .* first: if .* "
        rf"by data.day_first: {{released: {str(day_first).lower()}}}, else correct it$",
    ):
        read_dates(column, Format(day_first=not day_first))


@pytest.mark.parametrize(
    ("cells", "remedy"),
    [
        (["03/04/2011", "08/21/2008", "08/18/2008"], "all are dates with the month first: if .*released: false}"),
        (["03/04/2011", "08/21/2008", "soon", "08/18/2008"], "2 of 3 are dates with the month first: if "),
        (["21/08/2008", "08/18/2008"], "correct it, or declare it missing by"),
        (["21/08/2008", "soon"], "correct it, or declare it missing by"),
    ],
)
def test_dates_in_the_other_order_are_never_to_be_declared_missing_where_the_column_is_written_so(cells, remedy):
    with pytest.raises(InputError, match=f"; {remedy}"):
        read_dates(column_of(*cells), Format(day_first=True))


@pytest.mark.parametrize(
    ("cells", "remedy"),
    [
        (["Ann", "Bo", "Ann", "Bo", "1994"], "correct them; if it holds names or words, declare it as Labels or Cat"),
        (["Ann", "Bo", "1994"], "correct them, or declare them missing by"),
        (["Ann"], "correct it, or declare it missing by"),
    ],
)
def test_a_column_of_names_is_not_to_be_declared_missing(cells, remedy):
    with pytest.raises(InputError, match=f"; {remedy}"):
        read_dates(column_of(*cells))


@pytest.mark.parametrize(
    ("cells", "message", "row"),
    [
        (["1994", "03/04/11", "2012"], "03/04/11 may be 2011-04-03 .* or 2011-03-04 .*released: true", 2),
        (
            ["25/12/2009", "31/1/2009", "1/2/2011", "12/25/2009"],
            "2 that .* 1 only month first: row 4 has '12/25/2009'",
            4,
        ),
        (["31/02/2010", "25/12/2009", "29/02/2011"], "row 1 has '31/02/2010', row 3 has '29/02/2011'", 1),
        (["1994-06-31", "1987-00-05", "3014-05-01"], r"'1994-06-31', row 2 has '1987-00-05', .* \(3 rows\)", 1),
    ],
)
def test_cells_that_may_be_two_dates_or_are_none_are_refused(cells, message, row):
    with pytest.raises(InputError, match=message) as refusal:
        read_dates(column_of(*cells))
    assert refusal.value.row == row


@pytest.mark.parametrize(
    "cell",
    ["0000-00-00", "0000-00-00 00:00:00", "1899-12-30", "30/12/1899", "1900-01-00", "1/0/1900", "0", "0001-01-01",
     "9999-12-31"],
)  # fmt: skip
def test_dates_that_programs_write_for_an_empty_cell_are_missing_and_counted(cell):
    dates = read_dates(column_of(cell, "25/12/2009", cell))
    assert dates.texts() == [None, "2009-12-25", None]
    assert list(dates.missing.values()) == [2]
    assert not dates.unread.any()


def test_parsing_never_raises_whatever_the_column_holds():
    for cells in ([], [None], [True, 1 + 2j, b"x", [1]], [pd.Timedelta(1, "D")], ["\x00", "99999999999999999999"]):
        dates = parse_dates(pd.Series(cells, dtype=object, name="x"))
        assert len(dates.values) == len(cells)
        assert (np.isnat(dates.values) == (dates.precision == 0)).all()


STYLES = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y"]


@given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), min_size=1, max_size=20), st.sampled_from(STYLES))
def test_dates_in_any_style_are_read_back_or_refused_as_ambiguous(days, style):
    dates = parse_dates(column_of(*(day.strftime(style) for day in days)))
    assert not dates.unread.any()
    ambiguous = all(day.day <= 12 for day in days) and any(day.day != day.month for day in days)
    if style in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y") and ambiguous:
        assert dates.fault is not None
        assert (dates.undecided == [day.day != day.month for day in days]).all()
    else:
        assert dates.texts() == [day.isoformat() for day in days]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["1989/90", "2005/06"], ["1989", "2005"]),
        (["2005/06", "2009/10", "2011/12", "2000/01"], ["2005", "2009", "2011", "2000"]),
        (["2005/06", "2009/10"], ["2005-06", "2009-10"]),
        (["1989/90", "2005/06", "2005/07"], ["1989", "2005-06", "2005-07"]),
    ],
)
def test_months_that_are_the_year_after_their_own_are_seasons(cells, texts):
    dates = parse_dates(pd.Series(cells))
    assert dates.texts() == texts
    assert dates.spans.sum() == sum(len(text) == 4 for text in texts)
