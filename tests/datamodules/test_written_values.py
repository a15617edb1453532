import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.where import parse_condition
from greenlight_films.datamodules.written_values import WrittenValue

FRAME = pd.DataFrame(
    {
        "released": ["21/08/2008", "04/10/1994", "01/02/2000"],
        "budget": ["$19.3M", "$1.0M", "$21.5M"],
        "euros": ["1,5 Mio. €", "19,3 Mio. €", "0,5 Mio. €"],
        "runtime": ["128 min", "90 min", "100 min"],
        "share": ["0%", "37%", "74%"],
        "year": ["2008", "1994", "2000"],
    },
    dtype="str",
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("released >= '01/02/2000'", [1, 3]),
        ("released < '2/2/2000'", [2, 3]),
        ("budget > '$19M'", [1, 3]),
        ("'$19.3M' <= budget", [1, 3]),
        ("euros <= '1,5 Mio. €'", [1, 3]),
        ("runtime > '1h 40m'", [1]),
        ("share >= '37%'", [2, 3]),
        ("year >= '2000'", [1, 3]),
    ],
)
def test_a_value_is_read_as_the_cells_of_its_column(text, rows):
    condition = parse_condition(text)
    formats, _ = find_formats(FRAME, condition.needs(), Formats())
    kept, _ = condition.rows_of(FRAME, formats)
    assert (kept.index + 1).tolist() == rows


@pytest.mark.parametrize(
    ("text", "need"), [("$20M", "number"), ("1990", "number"), ("01/02/2000", "date"), ("June 1994", "date")]
)
def test_a_value_is_a_number_or_a_date(text, need):
    value = WrittenValue.of(text)
    assert value is not None
    assert value.need == need
    assert WrittenValue.of("Drama") is None


def test_what_the_format_says_decides():
    value = WrittenValue("03/04/2000", "date")
    assert value.value("day", Format(day_first=True)) == np.datetime64("2000-04-03")
    assert value.value("day", Format(day_first=False)) == np.datetime64("2000-03-04")
    assert WrittenValue("1,5", "number").value("n", Format(decimal=",")) == 1.5
    assert WrittenValue("0", "number").value("n", Format(missing=("0",))) == 0


@pytest.mark.parametrize(
    ("text", "need", "format", "message"),
    [
        ("€20M", "number", Format(unit="USD"), "'€20M' can't be compared, for column 'c' holds USD; write a number in"),
        ("$20M", "number", Format(), "for column 'c' has no unit; write 20000000, without quotes, if it is in USD"),
        ("1.5", "number", Format(decimal=","), "for column 'c' is not written so; write a plain number"),
        ("June 1994", "date", Format(), "for column 'c' is compared with days; write a day, such as 2000-05-01"),
        ("03/04/2000", "date", Format(), "for column 'c' doesn't tell day from month; write a day, such as 2000-05-01"),
    ],
)
def test_a_value_that_is_written_otherwise_is_refused_with_what_works(text, need, format, message):
    with pytest.raises(InputError, match=re.escape(message)):
        WrittenValue(text, need).value("c", format)


def test_a_year_is_no_value_for_dates():
    with pytest.raises(InputError, match="column 'released' holds dates; compare it with a day"):
        parse_condition("released > 2000").rows_of(FRAME)
