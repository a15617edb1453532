import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables import label_lists
from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists


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


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_labels_of_a_row_are_distinct_whether_sorted_at_once_or_in_pieces(monkeypatch, rows):
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 6, 60)
    names = pa.array([f"P{number}" for number in range(5)], pa.large_string())
    lists = LabelLists(label_lists.offsets_of(counts), rng.integers(0, 5, counts.sum()).astype(np.int32), names)
    expected = [list(dict.fromkeys(row)) for row in lists.to_lists()]
    assert expected != lists.to_lists()
    monkeypatch.setattr(label_lists, "ROWS_AT_ONCE", rows)
    distinct = lists.distinct()
    assert distinct.to_lists() == expected
    assert distinct.distinct() is distinct


def test_the_first_position_of_a_name_is_that_of_its_first_code_whatever_is_looked_at_at_once(monkeypatch):
    codes = np.random.default_rng(3).integers(0, 40, 50).astype(np.int32)
    expected = [codes.tolist().index(name) if name in codes else -1 for name in range(41)]
    assert -1 in expected
    for at_once in (1, 7, 1000):
        monkeypatch.setattr(label_lists, "CODES_AT_ONCE", at_once)
        assert label_lists.first_positions(codes, 41).tolist() == expected
