import numpy as np
import pandas as pd
import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.bad_cells import (
    cells_in_words,
    declared_missing,
    first_row,
    refuse_cells,
    remedy_by_setting,
)


def test_equal_cells_are_told_together_by_the_tables_rows():
    column = pd.Series(["a", "x", "b", "x"], index=[0, 4, 5, 9], name="c")
    which = np.array([False, True, True, True])
    assert cells_in_words(column, which) == "rows 5, 10 have 'x', row 6 has 'b' (3 rows)"
    assert first_row(column, which) == 5


def test_many_cells_and_values_are_counted():
    column = pd.Series(["x"] * 9 + [f"y{number}" for number in range(20)], name="c")
    words = cells_in_words(column, np.ones(29, bool))
    assert words.startswith("rows 1, 2, 3, 4, 5 and 4 more have 'x', row 10 has 'y0', ")
    assert words.endswith(", row 18 has 'y8', and 11 other values (29 rows)")


def test_the_remedy_is_to_correct_them_or_to_declare_them_missing():
    column = pd.Series(["about 2", "", "3OO"], name="c")
    message = (
        "column 'c' must hold numbers, row 1 has 'about 2', row 3 has '3OO' (2 rows); correct them, or declare them "
        "missing by data.missing: {c: ['about 2', '3OO']}"
    )
    with pytest.raises(InputError) as refusal:
        refuse_cells(column, np.array([True, False, True]), "must hold numbers")
    assert (str(refusal.value), refusal.value.row) == (message, 1)
    with pytest.raises(InputError, match=r"row 1 has 'about 2'; leave it out$"):
        refuse_cells(column, np.array([True, False, False]), "must hold numbers", "leave it out")
    refuse_cells(column, np.zeros(3, bool), "must hold numbers")


def test_a_frame_in_a_cell_is_named_and_not_printed():
    column = pd.Series([pd.DataFrame({"a": [1]})], name="c")
    assert cells_in_words(column, np.array([True])) == "row 1 has 'a DataFrame'"


@pytest.mark.parametrize(
    ("bad", "still_bad", "remedy"),
    [
        ([1, 1, 0], [0, 0, 0], "all are dates so: if the column is written so, say so by data.x, else correct them"),
        ([1, 1, 1], [0, 0, 1], "2 of 3 are dates so: if"),
        ([1, 1, 1], [0, 1, 1], "1 of 3 is a date so: if"),
        ([1, 0, 0], [0, 0, 0], "it is a date so: if the column is written so, say so by data.x, else correct it"),
        ([1, 0, 0], [0, 1, 0], ""),
        ([1, 0, 0], [1, 0, 0], ""),
        ([1, 1, 0], [0, 0, 1], "all are dates so: if"),
    ],
)
def test_another_setting_is_the_remedy_where_it_reads_more_of_the_column(bad, still_bad, remedy):
    said = remedy_by_setting(np.array(bad, bool), np.array(still_bad, bool), "date", "so", "data.x")
    assert said.startswith(remedy)
    assert bool(said) == bool(remedy)


def test_of_many_values_the_first_are_declared_missing_and_the_others_counted():
    column = pd.Series([f"y{number}" for number in range(12)], name="c")
    setting, others = declared_missing(column, np.ones(12, bool)).split(", and ")
    assert yaml.safe_load(setting) == {"data.missing": {"c": [f"y{number}" for number in range(10)]}}
    assert others == "the 2 other values likewise"
    assert declared_missing(column, np.arange(12) < 10) == setting
