"""Films as people write them, and edits of them, in every layout of names."""

import pytest

from greenlight_films.datamodules.features import Category, Date, Labels, Number
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.serving.cells import Cells, Edit, FieldError, Film, most_names

CELLS = Cells(
    [
        Number("year"),
        Labels("cast"),
        Labels("star", from_columns=["star_1", "star_2"]),
        Labels("crew", format="json", where={"job": "Director"}),
        Category("studio"),
        Labels("lead", first_only=True),
        Labels("firm", positions=2),
    ],
    Formats(),
    ["title"],
)

CREW = '[{"name": "A", "job": "Director"}, {"name": "B", "job": "Cook"}]'


def names(cells: dict, column: str) -> list[str]:
    return CELLS.names(column, cells)


@pytest.mark.parametrize(
    ("cells", "edit", "column", "expected"),
    [
        ({"cast": "A B, C"}, Edit("add", "cast", "D"), "cast", ["A B", "C", "D"]),
        ({"cast": ["A B", "C"]}, Edit("remove", "cast", "a  b"), "cast", ["C"]),
        ({"cast": ["A", "B", "C"]}, Edit("replace", "cast", "B", "X"), "cast", ["A", "X", "C"]),
        ({}, Edit("add", "cast", "D, Jr."), "cast", ["D, Jr."]),
        ({"cast": "A"}, Edit("set", "cast", value="X, Y"), "cast", ["X", "Y"]),
        ({"cast": "A"}, Edit("set", "cast", value=None), "cast", []),
        ({"star_1": "A"}, Edit("add", "star", "B"), "star", ["A", "B"]),
        ({"star_1": "A", "star_2": "B"}, Edit("remove", "star", "A"), "star", ["B"]),
        (
            {"crew": '[{"name": "A", "job": "Director"}, {"name": "B", "job": "Cook"}]'},
            Edit("add", "crew", "C"),
            "crew",
            ["A", "C"],
        ),
        ({"studio": "A"}, Edit("add", "studio", "B"), "studio", ["B"]),
        ({"studio": "A"}, Edit("remove", "studio", "A"), "studio", []),
        ({"lead": "A, B"}, Edit("add", "lead", "C"), "lead", ["C"]),
        ({"firm": "A, B, C"}, Edit("remove", "firm", "A"), "firm", ["B"]),
    ],
)
def test_an_edit_changes_the_names_of_a_column_and_nothing_else(cells, edit, column, expected):
    film = Film({"year": 1990, **cells})
    edited = CELLS.edited(film, [edit])
    assert names(edited.cells, column) == expected
    assert edited.cells["year"] == 1990
    assert film.cells == {"year": 1990, **cells}


@pytest.mark.parametrize(
    ("edit", "field", "words"),
    [
        (Edit("add", "caste", "A"), "column", "did you mean 'cast'"),
        (Edit("add", "year", "A"), "column", "columns of labels"),
        (Edit("set", "title", value="A"), "column", "no column 'title'"),
        (Edit("remove", "cast", "Z"), "label", "its names are: A"),
        (Edit("add", "star", "C"), "do", "2 places, all taken"),
    ],
)
def test_an_edit_that_cant_be_made_is_refused_by_its_field(edit, field, words):
    film = Film({"cast": "A", "star_1": "A", "star_2": "B"})
    with pytest.raises(FieldError, match=words) as refusal:
        CELLS.edited(film, [Edit("set", "year", value=1), edit])
    assert refusal.value.field == ("edits", 1, field)


@pytest.mark.parametrize(
    ("cells", "taken"),
    [
        ({"studio": ["A"], "star_1": ["B, Jr."], "cast": ["C"]}, {"studio": "A", "star_1": "B, Jr.", "cast": ["C"]}),
        ({"studio": [], "title": ["T"], "lead": ["L"]}, {"studio": None, "title": ["T"], "lead": ["L"]}),
        ({"studio": "A", "year": 1990}, {"studio": "A", "year": 1990}),
    ],
)
def test_a_list_of_one_name_is_that_name_where_a_column_holds_one(cells, taken):
    assert CELLS.taken(cells, []) == taken
    assert CELLS.edited(Film({}), [Edit("set", "studio", value=["B"])]).cells == {"studio": "B"}


def test_a_list_of_several_names_is_refused_where_a_column_holds_one():
    with pytest.raises(FieldError, match="studio holds one name, got 2: A, B; give one of them") as refused:
        CELLS.taken({"studio": ["A", "B"]}, ["films", 0])
    assert refused.value.field == ("films", 0, "studio")


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_a_number_or_date_that_a_film_lacks_is_found_however_it_is_written(cell):
    cells = Cells([Number("year"), Date("released"), Labels("cast")], Formats(), [])
    assert cells.without_number({"year": cell, "released": cell}) == {"year", "released"}
    assert cells.without_number({"year": 1990, "released": cell}) == {"released"}
    assert cells.without_number({"year": "1990", "released": "2001-03-05"}) == set()


def test_how_many_names_a_column_holds_goes_by_its_feature():
    expected = {"cast": None, "crew": None, "star": 2, "firm": 2, "studio": 1, "lead": 1}
    assert {column: most_names(feature) for column, feature in CELLS.labelled.items()} == expected


def test_a_column_that_the_table_has_is_taken_and_a_misspelt_one_refused():
    CELLS.refuse_unknown({"title": "T", "cast": "A"}, ["film"])
    with pytest.raises(FieldError, match="did you mean 'year'") as refusal:
        CELLS.refuse_unknown({"yeer": 3}, ["film"])
    assert refusal.value.field == ("film", "yeer")
