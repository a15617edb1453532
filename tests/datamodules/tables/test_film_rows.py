import pyarrow as pa

from greenlight_films.datamodules.tables.film_rows import (
    are_filled,
    are_films,
    are_headers,
    find_films,
    may_hold_subtotals,
    no_films_of,
)
from greenlight_films.datamodules.tables.footers import NoFilms

FILMS = {"title": ["A", "B", "C"], "year": ["1999", "2001", "2004"], "votes": ["70", "63", "12000"]}


def table_with(*rows):
    columns = zip(FILMS.items(), zip(*rows, strict=True), strict=True)
    return pa.table({name: pa.array([*cells, *more], pa.string()) for (name, cells), more in columns})


def test_empty_rows_and_the_header_again_are_no_films():
    table = table_with((None, None, None), ("title", "year", "votes"), ("D", None, None))
    names = ["title", "year", "votes"]
    assert are_films(table, names).tolist() == [True, True, True, False, False, True]
    assert are_films(table, None).tolist() == [True, True, True, False, True, True]
    assert are_headers(table, names).tolist() == [False] * 4 + [True, False]
    films = find_films(table, names, 0)
    assert films.mask.tolist() == are_films(table, names).tolist()
    assert films.of(table).column("title").to_pylist() == ["A", "B", "C", "D"]
    assert len(films.notices) == 1
    assert "below row 3," in films.notices[0]
    assert find_films(table, None, 0).notices == []


def test_totals_below_and_between_films_are_none():
    below = table_with(("Total", None, "7"))
    assert no_films_of(below, 2) == NoFilms(1)
    assert no_films_of(table_with(("12", None, "7")), 2) == NoFilms(0)
    assert no_films_of(below, 0) == NoFilms(0)
    films = find_films(below, None, 2)
    assert (films.mask.tolist(), films.left_out) == ([True, True, True, False], ["Total"])
    assert films.of(below).equals(below.slice(0, 3))
    between = table_with(("Subtotal", None, "12133"), ("D", "2005", "3"))
    assert no_films_of(between, 1) == NoFilms(0, (3,))
    assert find_films(between, None, 1).of(between).column("title").to_pylist() == ["A", "B", "C", "D"]


def test_a_part_of_a_table_tells_whether_it_may_hold_totals():
    assert may_hold_subtotals(table_with(("Subtotal", None, "12133"), ("D", "2005", "3")))
    assert not may_hold_subtotals(table_with(("Total Recall", None, "12133"), ("Total", "1999", "7")))
    assert are_filled([1, 1, 2], 9, 1) == [True, True, False]
