import pandas as pd
import pytest

from greenlight_films.datamodules.tables.column_sums import ColumnSums
from greenlight_films.datamodules.tables.footers import (
    NoFilms,
    find_no_films,
    footer_notice,
    header_notices,
    is_remark,
    may_be_subtotal,
    may_end_in_footer,
    subtotal_notices,
)

FILM = ["Total", "1999", "Drama", "7"]


def no_films_of(rows, filled=(True, True, True, True)):
    within = [(position, cells) for position, cells in enumerate(rows) if may_be_subtotal(cells)]
    sums = ColumnSums(lambda index: pd.Series([cells[index] for cells in rows], dtype="str"), len(rows))
    return find_no_films(len(rows), rows[-20:], filled, within, sums)


@pytest.mark.parametrize(
    ("rows", "n_rows"),
    [
        ([["Total", None, None, "70"]], 1),
        ([["Gesamt:", None, None, "70"], ["Quelle: Archiv", None, None, None]], 2),
        ([["Average (12 films)", None, None, "7"]], 1),
        ([["anything alone", None, None, None]], 1),
        ([FILM], 0),
        ([["Total Recall", "1990", None, "7"]], 0),
        ([["Sum of All Fears", None, None, "7"]], 0),
        ([["Sources of Life", "1982", None, "7"]], 1),
        ([["Total", None, None, "7"], FILM], 0),
    ],
)
def test_a_total_or_remark_below_the_last_film_lacks_cells_that_films_have(rows, n_rows):
    assert no_films_of([FILM, *rows]).footer == n_rows


FILMS = [["A", "1999", "Drama", "3.1"], ["B", "2001", "Comedy", "4.2"], ["C", "2002", "Drama", "1250.4"]]


@pytest.mark.parametrize(
    ("last", "footer"),
    [
        ([[None, None, None, "1257.7"]], 1),
        ([["3 films", None, None, "1257.7"]], 1),
        ([["Összesen", None, None, "1257.7"]], 1),
        ([["n = 3", "2000.7", None, "1257.7"]], 1),
        ([["3", "2000.6667", None, "419"]], 1),
        ([[None, None, None, "1257.7"], ["Total: 3 films", None, None, None]], 2),
        ([[None, None, None, "1257.7"], [None, "2000.6667", None, "419.2"]], 2),
        ([[None, "2003", None, "1257.7"]], 0),
        ([["D", None, None, "1257.8"]], 0),
        ([[None, "2003", None, "5.5"]], 0),
        ([["D", "2003", None, "1257.7"]], 0),
        ([[None, "2003", "Drama", "1257.7"]], 0),
        ([[None, "2003", None, "1257.7"], ["Total", None, None, "2515.4"]], 1),
        ([["D", "2003", "Drama", "1257.7"]], 0),
    ],
)
def test_a_last_row_with_the_sums_of_all_films_is_no_film_and_one_without_its_title_stays(last, footer):
    assert no_films_of([*FILMS, *last]) == NoFilms(footer)
    assert may_end_in_footer(last, (True, True, True, True)) or not footer


def test_a_film_that_earns_by_chance_as_much_as_the_few_above_stays():
    films = [["A", "1999", "7", None], ["B", "2001", "3", None], ["C", "2002", "2", None]]
    assert no_films_of([*films, ["D", None, "12", None]], (True, True, True, False)) == NoFilms()
    assert no_films_of([*films[:2], [None, None, "10", "8"]], (True, True, True, False)) == NoFilms()


def test_subtotals_between_films_are_left_out_by_name_and_sums_and_told_by_one_of_them():
    more = [["D", "2003", "Drama", "2.5"], ["E", "2004", "Drama", "1000.25"]]
    rows = [*FILMS, ["Subtotal", None, None, "1257.7"], *more, ["Total", None, None, "1002.75"], *more]
    assert no_films_of(rows) == NoFilms(0, (3, 6))
    assert no_films_of([*rows, ["Total", None, None, "3263.2"]]) == NoFilms(1, (3, 6))
    assert no_films_of([*rows, [None, None, None, "3263.2"]]) == NoFilms(1, (3, 6))
    assert no_films_of([*FILMS, ["Subtotal", None, None, "7"], *more]) == NoFilms(0, (), (3,))
    assert no_films_of([*FILMS, [None, None, None, "1257.7"], *more]) == NoFilms(0, (), (3,))
    assert no_films_of([*FILMS, ["Total", "1999", None, "7"], [None, None, None, "8"], *more]) == NoFilms()
    assert no_films_of(rows).kept(len(rows)).nonzero()[0].tolist() == [0, 1, 2, 4, 5, 7, 8]


def test_what_is_no_film_between_films_is_told_by_the_numbers_of_those_that_stay():
    (left_out, doubtful) = subtotal_notices(NoFilms(0, (3,), (9,)), ["Subtotal", "7"])
    assert left_out == "1 row between films is left out, as sums of the rows above: 'Subtotal' below row 3"
    assert doubtful == "row 9 ('7') seems to be a total of rows above, and no film, but counts as one; remove it if so"
    assert subtotal_notices(NoFilms(1), []) == []


def test_a_film_whose_columns_are_often_empty_is_no_footer():
    assert no_films_of([FILM, ["Total", None, None, "7"]], (True, False, False, True)).footer == 0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Source: an archive", " 2019"], True),
        (["* estimated"], True),
        (["12 rows selected"], True),
        (["Total", "", "70"], True),
        (["The Ninth Orch"], False),
        (["The Ninth Orchard", "1999"], False),
        (["Total", "1999", "Drama", "7", "x"], False),
        ([""], False),
    ],
)
def test_a_remark_is_told_from_a_film_that_is_cut_off(cells, expected):
    assert is_remark(cells, 4) is expected


def test_what_was_left_out_is_told():
    assert footer_notice(["Total"]) == "1 row below the last film is left out, as no film: 'Total'"
    assert footer_notice(["x"] * 7).startswith("7 rows below the last film are left out, as no film: 'x', ")


def test_a_header_that_stands_there_again_is_told_by_the_rows_above():
    assert header_notices([]) == []
    assert header_notices([200])[0].startswith("the header stands again below row 200, and is left out;")
    assert header_notices([2, 1999])[0].startswith("the header stands again 2 times, below row 2, row 1,999, and is")
