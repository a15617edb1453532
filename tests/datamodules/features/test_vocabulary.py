import numpy as np
import pandas as pd

from greenlight_films.datamodules.features.vocabulary import columns_of_names, n_films, vocabulary
from greenlight_films.datamodules.tables.label_cells import split_labels

LISTS = split_labels(pd.Series(["C, A", "B, A", "B", None, "A, D"], name="c"), ", ")


def test_a_vocabulary_is_ordered_by_films_and_ties_by_first_training_row():
    assert vocabulary(LISTS, np.arange(5)) == ["A", "B", "C", "D"]
    assert vocabulary(LISTS, np.array([4, 1])) == ["A", "B", "D"]
    assert vocabulary(LISTS, np.arange(5), min_films=2) == ["A", "B"]
    assert columns_of_names(LISTS.names, ["B", "A"]).tolist() == [-1, 1, 0, -1]


def test_films_are_counted_and_not_their_rows():
    film = np.array([0, 1, 1, 2, 0])
    assert dict(zip(LISTS.names.to_pylist(), n_films(LISTS, np.arange(5), film).tolist(), strict=True)) == {
        "C": 1,
        "A": 2,
        "B": 1,
        "D": 1,
    }
    assert vocabulary(LISTS, np.arange(5), 2, film) == ["A"]
    assert vocabulary(LISTS, np.arange(5), 1, film) == ["A", "C", "B", "D"]
    assert vocabulary(LISTS, np.arange(5), 1, np.arange(5)) == vocabulary(LISTS, np.arange(5))
