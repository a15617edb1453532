import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Format, Formats

FRAME = pd.DataFrame(
    {
        "gross": ["1.234,5", "2.500,0", "7,25"],
        "released": ["25/12/2009", "03/04/2011", "01/02/2003"],
        "studio": ["Acme", "-", "Bolt"],
        "undecided": ["1.234", "2.500", "7.125"],
        "either": ["01/02/2003", "03/04/2011", "05/06/2007"],
    },
    dtype="str",
)


def test_columns_are_found_out_as_what_they_are_read_as():
    needs = {"gross": {"number"}, "released": {"date"}, "studio": {"text"}, "absent": {"number"}}
    formats, _ = find_formats(FRAME, needs, Formats({"studio": Format(decimal=",")}))
    assert formats.of("gross").decimal == ","
    assert formats.of("released").day_first is True
    assert "-" in formats.of("studio").missing
    assert formats.of("studio").decimal == ","
    assert formats.of("absent") == Format()


def test_columns_that_nobody_reads_are_left_alone():
    formats, notices = find_formats(FRAME, {}, Formats())
    assert (formats, notices) == (Formats(), [])


def test_all_columns_that_can_be_read_in_two_ways_are_refused_in_one_message_and_settled_by_declaring_them():
    frame = FRAME[["undecided", "either"]]
    needs = {"undecided": {"number"}, "either": {"date"}}
    with pytest.raises(InputError) as problem:
        find_formats(frame, needs, Formats())
    assert "'undecided'" in str(problem.value)
    assert "'either'" in str(problem.value)
    declared = Formats({"undecided": Format(decimal=","), "either": Format(day_first=True)})
    assert find_formats(frame, needs, declared)[0].of("either").day_first is True
