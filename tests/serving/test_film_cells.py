"""A film as it is asked about: what is taken as it is, and what is refused for one thing."""

import pytest
from pydantic import TypeAdapter, ValidationError

from greenlight_films.serving.film_cells import FilmCells

FILM = TypeAdapter(FilmCells)


@pytest.mark.parametrize("cell", [None, True, 3, -1.5, "", "a" * 10_000, [], ["A", "B"]])
def test_a_cell_is_taken_as_it_is(cell):
    taken = FILM.validate_python({"cast": cell})["cast"]
    assert (taken, type(taken)) == (cell, type(cell))


@pytest.mark.parametrize(
    "cell", [{}, [1], [[]], ["A", None], ["A", ""], 10**16, float("inf"), "a" * 10_001, ["A"] * 501]
)
def test_a_cell_that_is_none_has_one_fault(cell):
    with pytest.raises(ValidationError) as refusal:
        FILM.validate_python({"year": 1990, "cast": cell})
    (fault,) = refusal.value.errors()
    assert fault["loc"][0] == "cast"


def test_the_schema_still_names_the_types():
    kinds = {each.get("type") for each in FILM.json_schema()["anyOf"]}
    assert kinds == {"object", "integer"}
