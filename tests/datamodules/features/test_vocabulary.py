import numpy as np
import pandas as pd

from greenlight_films.datamodules.features.vocabulary import columns_of_names, vocabulary
from greenlight_films.datamodules.tables.label_cells import split_labels

LISTS = split_labels(pd.Series(["C, A", "B, A", "B", None, "A, D"], name="c"), ", ")


def test_a_vocabulary_is_ordered_by_films_and_ties_by_first_training_row():
    assert vocabulary(LISTS, np.arange(5)) == ["A", "B", "C", "D"]
    assert vocabulary(LISTS, np.array([4, 1])) == ["A", "B", "D"]
    assert vocabulary(LISTS, np.arange(5), min_films=2) == ["A", "B"]
    assert columns_of_names(LISTS.names, ["B", "A"]).tolist() == [-1, 1, 0, -1]
