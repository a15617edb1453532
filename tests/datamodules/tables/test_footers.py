import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables.footers import footer_notice, footer_of, footer_rows, is_remark

FILM = ["Total", "1999", "Drama", "7"]


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
    assert footer_of([FILM, *rows], [True, True, True, True]) == n_rows


@pytest.mark.parametrize(("most_gaps", "expected"), [(2, [["Total", None, "70"]]), (0, [])])
def test_the_last_rows_of_a_table_are_its_footer_by_the_gaps_of_all_its_rows(most_gaps, expected):
    end = pa.table({"title": ["A", "B", "Total"], "year": ["1999", "2001", None], "votes": ["7", "63", "70"]})
    assert footer_rows(end, [0, 2, 0], most_gaps) == expected
    assert footer_rows(end.slice(0, 0), [0, 0, 0], 1) == []


def test_a_film_whose_columns_are_often_empty_is_no_footer():
    assert footer_of([FILM, ["Total", None, None, "7"]], [True, False, False, True]) == 0


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
