import pytest

from greenlight_films.datamodules.tables.header_rows import find_header, is_number_like

FILMS = [["A", "1999", "7.5"], ["B", "2001", "6.1"], ["C", "2003", "5.0"]]
HEAD = ["title", "year", "rating"]


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ([], 0),
        ([["Films of an archive"], []], 2),
        ([["Films of an archive", "", ""], ["", "", ""]], 2),
        ([["# exported", "by", "hand"]], 1),
        ([["Film", "", "Results"]], 1),
        ([["Film", "Film", "Results"]], 1),
        ([["Source", "archive"], []], 2),
    ],
)
def test_the_header_stands_below_titles_remarks_and_groups(above, header):
    rows = find_header([*above, HEAD, *FILMS])
    assert (rows.header, rows.first, rows.units, rows.names) == (header, header + 1, None, tuple(HEAD))


@pytest.mark.parametrize(
    "rows",
    [
        FILMS,
        [["A", "Drama"], ["B", "War"], ["C", "Drama"]],
        [["A", "N/A", "1999"], ["B", "5", "1998"], ["C", "7", "1997"]],
    ],
)
def test_a_first_row_of_values_is_no_header(rows):
    rows_read = find_header(rows)
    assert (rows_read.header, rows_read.first) == (None, 0)
    assert rows_read.names == tuple(str(number) for number in range(1, len(rows[0]) + 1))


@pytest.mark.parametrize(
    "rows",
    [
        [["title", "1990", "1991", "1992"], ["A", "1", "2", "3"]],
        [["title", "genre"], ["A", "Drama"]],
        [["", "title", "year"], ["0", "A", "1999"], ["1", "B", "2001"]],
        [["title", "rating", "rating"], ["A", "4", "5"]],
        [["title", "", "genre"], ["A", "x", "Drama"], ["B", "y", "War"]],
    ],
)
def test_names_are_a_header(rows):
    assert find_header(rows).header == 0


@pytest.mark.parametrize(
    "units", [["", "", "of 10"], ["text", "yyyy", "(0-10)"], ["", "", "%"], ["-", "-", "US dollars"]]
)
def test_a_line_of_units_is_no_film(units):
    rows = find_header([HEAD, units, *FILMS])
    assert (rows.units, rows.first) == (1, 2)


@pytest.mark.parametrize("film", [["", "", "N/A"], ["D", "", "of 10"], ["USD", "", ""], ["Film", "1999", "5"]])
def test_a_film_with_gaps_is_no_line_of_units(film):
    assert find_header([HEAD, film, *FILMS]).units is None


def test_rows_may_end_in_a_delimiter_or_begin_with_their_number():
    assert find_header([HEAD, *([*film, ""] for film in FILMS)]).names == ("title", "year", "rating", "")
    numbered = [[str(number), *film] for number, film in enumerate(FILMS, start=1)]
    assert find_header([HEAD, *numbered]).names == ("", "title", "year", "rating")
    shifted = find_header([HEAD, *(["x", *film] for film in FILMS)])  # to be refused, for rows are of another width
    assert (shifted.names, shifted.header) == (tuple(HEAD), 0)


def test_what_is_declared_stays_so():
    assert find_header([HEAD, *FILMS], declared=False).names == ("1", "2", "3")
    assert find_header(FILMS, declared=True).names == ("A", "1999", "7.5")
    assert find_header([HEAD, HEAD, *FILMS], at=1).header == 1


@pytest.mark.parametrize(
    ("cells", "expected"), [(["1999", "25/12/2009", "$5", "A 1"], True), (["", "Drama", "Film 1"], False)]
)
def test_half_of_a_number_like_cell_is_digits(cells, expected):
    assert {is_number_like(cell) for cell in cells} == {expected}


def test_names_with_digits_above_bare_numbers_are_a_header():
    names = [f"c{number}" for number in range(3)]
    assert find_header([names, ["0", "1", "0"], ["1", "0", "0"], ["0", "0", "1"]]).names == tuple(names)
