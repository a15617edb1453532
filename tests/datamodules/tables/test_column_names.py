import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.column_names import as_written, counts_rows, named

FRAME = pd.DataFrame({0: ["0", "1"], 1: ["x", "y"], 2: [None, None], 3: ["5", "6"]})


@pytest.mark.parametrize(
    ("names", "columns", "notices"),
    [
        (["id", " title ", "", "\u00a0year"], ["id", "title", "year"], []),
        (
            ["", "a", "b", "c"],
            ["1", "a", "b", "c"],
            ["column 1 has no name and counts the rows from 0: it is called '1'"],
        ),
        (
            ["Unnamed: 0", "a", "b", "c"],
            ["Unnamed: 0", "a", "b", "c"],
            ["column 1 'Unnamed: 0' counts the rows from 0"],
        ),
        (["a", "b", "c", ""], ["a", "b", "c", "4"], ["column 4 has no name: it is called '4'"]),
    ],
)
def test_names_are_trimmed_and_given_by_position(names, columns, notices):
    frame, sentences = named(FRAME, names, "films.csv")
    assert frame.columns.tolist() == columns
    assert len(sentences) == len(notices)
    assert all(sentence.startswith(start) for sentence, start in zip(sentences, notices, strict=True))


def test_a_column_that_stands_there_again_is_taken_once():
    frame, sentences = named(FRAME[[0, 1, 1, 1]], ["id", "title", "title", "title "], "films.csv")
    assert frame.columns.tolist() == ["id", "title"]
    assert sentences == ["column 'title' stands there 3 times, as columns 2, 3, 4, cell for cell the same: taken once"]


def test_columns_of_a_name_and_other_cells_are_refused_all_at_once():
    with pytest.raises(InputError) as refusal:
        named(pd.concat([FRAME, FRAME], axis=1), ["a", "b", "c", "d", "b", "a", "e", "f"], "films.csv")
    assert str(refusal.value) == (
        "films.csv: 2 columns are called 'a', the columns 1, 6, and hold other values: row 1 has '0' in column 1 and "
        "'x' in column 6; rename one of them; 2 columns are called 'b', the columns 2, 5, and hold other values: row 1 "
        "has 'x' in column 2 and '0' in column 5; rename one of them"
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [([0, 1, 2], True), ([1, 2, 3, 4], True), ([0, 1, 2, 4], False), ([1, 3, 2], False), ([5, 6], False), ([], False)],
)
def test_a_column_of_row_numbers_counts_from_0_or_1(cells, expected):
    assert counts_rows(np.array(cells, np.float64)) is expected


@pytest.mark.parametrize(
    ("name", "columns", "written"),
    [
        ("a b", ["a\u00a0b"], "a\u00a0b"),
        ("a\u00a0b", ["a b"], "a b"),
        ("a b", ["a  b", "a\u00a0b"], "a b"),
        ("a b", ["a b", "a\u00a0b"], "a b"),
        ("c", ["a b"], "c"),
    ],
)
def test_a_name_means_the_only_column_that_differs_in_blanks(name, columns, written):
    assert as_written(name, columns) == written
