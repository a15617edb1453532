import pandas as pd
import pytest

from greenlight_films.datamodules.look.number_looks import TableContext, as_numbers, nothing
from greenlight_films.datamodules.tables.formats import Format, Formats


def looked_at(cells, name="x", formats=Formats(), units=None, dtype="str"):
    frame = pd.DataFrame({name: pd.Series(cells, dtype=dtype)})
    return as_numbers(name, TableContext(frame, formats, ",", units or {}))


@pytest.mark.parametrize(
    ("cells", "name", "kind", "unit"),
    [
        (["1,234 €", "2,500 €", "12 €"], "x", "money", "EUR"),
        (["96 min", "1h 36m"], "x", "duration", "min"),
        (["96", "120"], "runtime", "duration", "min"),
        (["8.1/10", "7/10"], "critics", "number", "of 10"),
        (["8.7/10", "7.5/10", "9.2/10"], "critics", "number", "of 10"),
        (["8.7/10", "7.0/10", "9.0/10"], "released", "number", "of 10"),
        (["8.7/12", "7.5/12", "9.2/12"], "critics", "number", "of 12"),
        (["3.5/5", "4.0/5"], "critics", "number", "of 5"),
        (["87/100", "7.5/100"], "critics", "number", "of 100"),
        (["50%", "7.5%"], "x", "percentage", "%"),
        (["1999", "2004", "1971"], "year", "year", ""),
        (["1990s", "2000s", "1970s"], "x", "year", ""),
        (["12", "7"], "roi of budget", "number", ""),
    ],
)
def test_kind_and_unit_come_from_cells_or_else_from_the_name(cells, name, kind, unit):
    column = looked_at(cells, name)
    assert (column.kind, column.unit, column.fault) == (kind, unit, "")


@pytest.mark.parametrize(
    ("cells", "name", "kind", "role"),
    [
        (["7", "7", "12", None], "director_id", "category", "director"),
        (["7", "7", "12", "9"], "Studio ID", "category", "studio"),
        (["7", "8", "12", "9"], "director_id", "id", None),
        (["7.5", "7.5", "12", "9"], "director_id", "number", None),
        (["7", "7", "12", "9"], "candid", "number", None),
        (["7", "7", "12", "9"], "id", "id", None),
        (["7", "7", "12", "9"], "imdb_id", "id", None),
        (["7", "7", "12", "9"], "studio_code", "category", None),
        (["7", "8", "12", "9"], "code", "id", None),
        (["7.5", "7.5", "12", "9"], "studio_code", "number", None),
        (["30301", "30301", None], "shoot_zip", "category", None),
        (["07030", "07030", "90210"], "place", "category", None),
        (["07030", "07031", "90210"], "place", "id", None),
    ],
)
def test_ids_that_several_films_have_are_names_of_something_else(cells, name, kind, role):
    column = looked_at(cells, name)
    assert (column.kind, column.role, column.fault) == (kind, role, "")
    if kind == "category":
        assert column.values.to_pylist() == cells


def test_years_of_two_digits_are_numbers_and_said_to_be_so():
    column = looked_at(["05", "92", "08", "85"], "prod_yr")
    assert (column.kind, column.to_list(), column.left_out) == ("number", [5, 92, 8, 85], "")
    assert "years of two digits" in column.notices[-1]
    assert looked_at(["1905", "1992"], "prod_yr").notices == ()


def test_a_line_of_units_gives_the_unit():
    assert looked_at(["12", "7"], units={"x": "m"}).unit == "m"


@pytest.mark.parametrize("cells", [["Acme", "Bolt", "7"], ["A", None], ["Zoë, 7", "Bo, 8"]])
def test_texts_are_no_numbers(cells):
    assert looked_at(cells) is None


def test_titles_that_are_numbers_stay_titles():
    assert looked_at(["300", "Up", "Heat", "Alien"], "title") is None


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["12", "7", "9", "see notes", "4"], ["row 4", "'see notes'"]),
        (["12.5 €", "7 €", "9 $", "4 €"], ["one currency", "row 3", "9 $"]),
        (["1.234", "2.500", "7.125"], ["decimal", "1.234"]),
    ],
)
def test_what_can_not_be_read_is_a_fault_with_its_cells(cells, words):
    fault = looked_at(cells).fault
    assert all(word in fault for word in words)


def test_a_fault_is_settled_by_a_declared_format():
    column = looked_at(["1.234", "2.500", "7.125"], formats=Formats({"x": Format(decimal=",")}))
    assert column.to_list() == [1234, 2500, 7125]


def test_zeros_that_can_be_no_values_are_proposed_as_missing_unless_missing_is_declared():
    cells = ["0", "1200000", "3400000", "0", "560000", "9900000", "0", "7000000", "810000", "2300000"] * 3
    column = looked_at(cells, "budget")
    assert column.sentinels == {"0": 9}
    assert "0" in column.format.missing
    assert column.to_list()[0] is None
    assert "0 in 9 rows taken as missing" in column.notices[-1]
    declared = looked_at(cells, "budget", Formats({"budget": Format(missing=("-",))}))
    assert declared.sentinels == {}
    assert declared.to_list()[0] == 0


def test_dates_with_an_impossible_cell_are_a_fault():
    column = looked_at(["1999-05-01", "2001-02-31", "2004-01-01", "2004-01-02"], "released")
    assert column.kind == "date"
    assert "row 2" in column.fault
    assert "2001-02-31" in column.fault


def test_a_column_of_nothing_is_told_with_its_rows():
    column = nothing("x", 7, "empty")
    assert column.missing_share == 1
    assert "'x' is empty in all 7 rows" in column.notices[0]
