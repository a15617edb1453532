import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables import date_parts
from greenlight_films.datamodules.tables.date_cells import read_dates
from greenlight_films.datamodules.tables.date_columns import find_date_formats, latest_year, looks_like_dates
from greenlight_films.datamodules.tables.date_texts import date_in
from greenlight_films.datamodules.tables.formats import Format, Formats
from tests.cases import cases, columns_of, name_of, table_of

FRAMES = [case for case in cases("frames") if "columns" in case["expect"] or "columns_of" in case["expect"]]


@pytest.mark.parametrize("case", FRAMES, ids=name_of)
def test_frames_with_dates_of_every_type_are_read(case):
    frame = table_of(case)
    formats, notices = find_date_formats(frame, ["released"], Formats())
    assert read_dates(frame["released"], formats["released"]).texts() == columns_of(case)["released"]["values"]
    assert notices == []
    assert looks_like_dates(frame["released"]).kind == "date"


def test_all_columns_that_cannot_be_read_are_named_together():
    frame = pd.DataFrame({"a": ["03/04/2011"], "b": ["2014-05-01"], "c": ["05/06/2011"]})
    with pytest.raises(InputError, match=r"(?s)column 'a' .*\n.*column 'c' "):
        find_date_formats(frame, ["a", "b", "c"], Formats())
    formats, _ = find_date_formats(frame, ["a", "c"], Formats({"a": Format(day_first=True)}, Format(day_first=False)))
    assert [formats[name].day_first for name in "ac"] == [True, False]


def test_the_latest_year_of_a_table_is_that_of_its_columns_of_years_and_dates():
    frame = pd.DataFrame(
        {"year": [1912, 2004], "votes": [2010, 77], "released": ["14/03/12", "May 2003"], "x": ["a", "b"]}
    )
    assert latest_year(frame) == 2004
    assert latest_year(frame[["votes", "x"]]) is None
    formats, notices = find_date_formats(frame, ["released"], Formats())
    assert formats["released"].latest_year == 2004
    assert notices == ["column 'released': years of two digits in 1 cell were read as none after 2004"]


def test_spans_in_all_rows_are_seasons_and_among_other_dates_series():
    _, notices = find_date_formats(pd.DataFrame({"x": ["1989/90", "2005/06", "1990/91"]}), ["x"], Formats())
    assert notices == ["column 'x' has spans of time, such as '1989/90': the first year or day of each counts"]
    _, notices = find_date_formats(pd.DataFrame({"x": ["1989–1990", "2005", "1990"]}), ["x"], Formats())
    assert notices[0].endswith("row 1 has '1989–1990'; the first counts, and such rows are series, not films")


def test_dates_far_in_the_future_are_told():
    _, notices = find_date_formats(pd.DataFrame({"released": ["2001-05-06", "2088-08-12"]}), ["released"], Formats())
    assert "dates in the future, row 2 has '2088-08-12'; correct" in notices[0]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("released", [41760, 25062, 35827], "date"),
        ("budget", [41760, 25062, 35827], None),
        ("releaseDate", [1398902400, 886291200], "date"),
        ("gross", [1398902400, 886291200], None),
        ("gross", [20140501, 19680812, 19980201, 20030707, 19870809], "date"),
        ("gross", [20140501, 19680899, 19980201, 20030707, 19870809], None),
        ("year", [1990, 2000], "year"),
        ("votes", [1990, 2000, 2100], None),
        ("votes", [1991, 2000, 2011], "year"),
        ("runtime", [96, 142], None),
        ("title", ["May 1968", "The 39 Steps", "1917"], None),
        ("tagline", ["12 June 1994", "1 May 1995"], "date"),
        ("x", [None, None], None),
        ("released", [True, False], None),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_are_dates_where_their_column_is_named_so_or_their_digits_can_be_nothing_else(
    name, cells, kind, as_text
):
    column = pd.Series(cells, name=name)
    assert looks_like_dates(column.astype("str") if as_text else column).kind == kind


def test_equal_cells_are_parsed_once(monkeypatch):
    parsed = []
    monkeypatch.setattr(date_parts, "date_in", lambda text: parsed.append(text) or date_in(text))
    days = np.datetime64("1960-01-01") + np.arange(20_000) % 2_000
    column = pd.Series(pd.Series(days).dt.strftime("%d/%m/%Y"), name="released", dtype="str")
    np.testing.assert_array_equal(read_dates(column).values, days)
    assert len(parsed) == 2_000
