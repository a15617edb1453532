import numpy as np
import pandas as pd

from greenlight_films.datamodules.features.vocabulary import (
    columns_of_codes,
    columns_of_names,
    frequent,
    names_of,
    vocabulary,
)
from greenlight_films.datamodules.tables.cells import split_labels

LISTS = split_labels(pd.Series(["C, A", "B, A", "B", None, "A, D"], name="c"), ", ")


def test_a_vocabulary_is_ordered_by_films_and_ties_by_first_training_row():
    assert vocabulary(LISTS, np.arange(5)) == ["A", "B", "C", "D"]
    assert vocabulary(LISTS, np.array([4, 1])) == ["A", "B", "D"]
    assert vocabulary(LISTS, np.arange(5), min_films=2) == ["A", "B"]


def test_codes_and_names_have_the_same_columns():
    codes = frequent(LISTS, np.array([1, 2]))
    columns = columns_of_codes(codes, len(LISTS.names))
    assert columns.tolist() == columns_of_names(LISTS.names, names_of(LISTS, codes)).tolist()
    assert sorted(columns) == [-1, -1, 0, 1]
