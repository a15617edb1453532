import pytest

from greenlight_films.datamodules.tables.merged_cells import as_text, fill_down, join_header

GROUPS = [((0, 1), (0, 2)), ((0, 3), (0, 4))]
UPPER = ["Film", "Germany", "", 2019.0, ""]
LOWER = ["", "gross", "seen", "gross", "seen"]
FILM = ["Heat", 5.0, 6.0, 7.0, 8.0]


def joined(*rows, merged=GROUPS):
    grid = [list(row) for row in rows]
    join_header(grid, merged)
    return grid


def test_names_below_groups_are_called_by_both():
    header = ["Film", "Germany gross", "Germany seen", "2019 gross", "2019 seen"]
    assert joined(UPPER, LOWER, FILM) == [[""] * 5, header, FILM]
    title = ["Cinemas", "", "", "", ""]
    in_first_row = [((0, 0), (0, 4)), *(((1, left), (1, right)) for (_, left), (_, right) in GROUPS)]
    assert joined(title, UPPER, LOWER, merged=in_first_row)[1:] == [[""] * 5, header]
    assert joined(["", *UPPER[1:]], ["Film", *LOWER[1:]])[1] == header
    assert joined(UPPER, ["", 1.0, 2.0, 1.0, 2.0])[1][1:3] == ["Germany 1", "Germany 2"]


@pytest.mark.parametrize(
    ("upper", "lower", "merged"),
    [
        (UPPER, FILM, GROUPS),
        (UPPER, ["", "gross", "", "gross", "seen"], GROUPS),
        (["", *UPPER[1:]], ["Film", "a", "b", "c", "d"], GROUPS),
        (UPPER, LOWER, []),
        (UPPER, LOWER, [((0, 3), (0, 9))]),
        (["Cinemas", "", "", "", ""], ["Film", "a", "a", "c", "d"], [((0, 0), (0, 4))]),
    ],
)
def test_other_lines_stay_as_they_are(upper, lower, merged):
    assert joined(upper, lower, merged=merged) == [upper, lower]
    assert joined(upper, merged=merged) == [upper]


def test_a_value_holds_for_all_rows_that_its_cell_spans():
    grid = [["year", "film"], ["", "x"], [1994.0, "a"], ["", "b"], ["", "c"], [1995.0, "d"], ["", "e"]]
    merged = [((0, 0), (1, 0)), ((2, 0), (4, 0)), ((5, 0), (6, 0)), ((5, 1), (6, 1)), ((9, 0), (10, 0))]
    assert fill_down(grid, merged, 2) == {0: (2, 5), 1: (1, 2)}
    assert grid[:2] == [["year", "film"], ["", "x"]]
    assert [row[0] for row in grid[2:]] == [1994, 1994, 1994, 1995, 1995]
    assert grid[6][1] == "d"


def test_whole_numbers_are_texts_without_a_point():
    assert [as_text(cell) for cell in (2019.0, 2.5, " a ", 7)] == ["2019", "2.5", "a", "7"]
