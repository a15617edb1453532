import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.tables.column_sums import ColumnSums, given_texts, may_be_total

MONEY = pd.Series(["$1,000.50", "$2,000", "n/a", "$3,000,000"])
RATINGS = pd.Series(["6.1", "7.25", "8", None])


def sums_with(*last):
    columns = [pd.concat([column, pd.Series([cell])]) for column, cell in zip((MONEY, RATINGS), last, strict=True)]
    return ColumnSums(lambda index: columns[index].astype("str"), 5)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["$3,003,000.50", "21.35"], True),
        (["$3,003,001", None], True),
        (["$3.003M", "7.12"], True),
        (["$3,003,000.50", "7"], True),
        (["$3,003,000.50", "3"], True),
        (["$3,003,000.50", "6.1"], False),
        (["$1,001,000.17", None], True),
        ([None, "7.1"], False),
        ([None, "21.35"], True),
        (["$3,000,000", None], False),
    ],
)
def test_numbers_are_totals_where_all_are_sums_means_or_counts_to_their_digits(cells, expected):
    assert sums_with(*cells).fit(cells, 4, 0, 4) is expected


def test_beside_a_text_that_may_be_a_title_one_short_sum_tells_nothing():
    table = pd.DataFrame({"title": ["A", "B", "C", "D"], "x": ["1", "2", "3", "6"], "y": ["2", "2", "3", "7"]})
    sums = ColumnSums(lambda index: table.iloc[:, index], 4)
    assert not sums.fit(["D", "6", None], 3, 0, 3)
    assert sums.fit(["D", "6", "7"], 3, 0, 3)
    assert sums.fit([None, "6", None], 3, 0, 3)


def test_a_row_that_is_a_sum_itself_counts_to_no_other():
    column = pd.Series([100.5, 200, 300, 600.5, 1, 2, 3, 606.5])
    sums = ColumnSums(lambda index: column, 8)
    assert not sums.fit(["606.5"], 7, 0, 7)
    sums.leave_out(3)
    assert sums.fit(["606.5"], 7, 0, 7)


def test_columns_are_read_when_they_are_needed_and_once():
    calls = list[int]()

    def column(index):
        calls.append(index)
        return pd.Series(np.arange(1.0, 5))

    sums = ColumnSums(column, 4)
    assert not sums.fit(["A", "B", "4"], 3, 0, 3)
    assert calls == []
    assert not sums.fit([None, "4"], 3, 0, 3)
    assert not sums.fit([None, "4"], 3, 0, 3)
    assert calls == [1]


def test_a_row_may_be_a_total_by_one_text_at_most_beside_numbers():
    assert given_texts([" ", None, " a "]) == ["a"]
    assert [may_be_total(cells) for cells in (["400 films", "7"], [None, "7"], ["A", None], ["A", "B", "7"])] == [
        *(True, True, False, False)
    ]
