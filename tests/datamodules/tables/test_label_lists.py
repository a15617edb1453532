import pandas as pd
import pytest

from greenlight_films.datamodules.tables.label_cells import split_labels


def unpacked(lists):
    names = lists.names.to_pylist()
    return [[names[code] for code in lists.codes[a:b]] for a, b in zip(lists.offsets, lists.offsets[1:], strict=False)]


@pytest.fixture
def lists():
    return split_labels(pd.Series([", A, B", "B, A, B", None, "C, A, C"], name="c", dtype="str"), ", ")


def test_counts_and_distinct_labels_are_of_those_that_are_left(lists):
    assert lists.counts().tolist() == [2, 3, 0, 3]
    assert unpacked(lists.distinct()) == [["A", "B"], ["B", "A"], [], ["C", "A"]]


def test_at_gives_the_label_of_a_position(lists):
    assert unpacked(lists.at(0)) == [["A"], ["B"], [], ["C"]]
    assert unpacked(lists.at(2)) == [[], ["B"], [], ["C"]]
    assert unpacked(lists.at(9)) == [[]] * 4


def test_take_gives_rows_by_index_and_none_for_minus_1(lists):
    assert unpacked(lists.take(pd.array([3, -1, 0], "int64").to_numpy())) == [["C", "A", "C"], [], ["A", "B"]]
