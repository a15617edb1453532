"""Arrays of encoded films in files; tests/datamodules/test_encoded_store.py compares whole films bit for bit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.crossed.by_label import ByLabel
from greenlight_films.datamodules.encoded_folder import can_be_written, read_films, write_films
from greenlight_films.datamodules.features import RidgeByColumn


@pytest.fixture
def films(ready, film_features):
    films = ready(features=[*film_features, RidgeByColumn("cast")]).films
    return replace(films, weights=np.linspace(0, 2, films.n_rows))


def test_a_change_of_mapped_films_stays_in_memory(films, tmp_path):
    write_films(tmp_path, films)
    first = read_films(tmp_path)
    first.encoded.dense[:] = 7
    assert read_films(tmp_path).encoded.dense.tolist() == films.encoded.dense.tolist()
    assert read_films(tmp_path).weights.tolist() == films.weights.tolist()


@pytest.mark.parametrize(
    "ids",
    [
        pd.DataFrame(index=range(198)),
        pd.DataFrame({"film": np.arange(198), "title": pd.Series(["Amélie", None] * 99, dtype="str")}),
        pd.DataFrame({"title": pd.date_range("2001-04-25", periods=198)}),
    ],
    ids=["none", "numbers and texts", "dates"],
)
def test_ids_and_titles_keep_their_kinds(films, tmp_path, ids):
    write_films(tmp_path, replace(films, ids=ids))
    pd.testing.assert_frame_equal(read_films(tmp_path).ids, ids)


def test_films_that_a_file_would_not_give_back_are_not_written(films):
    assert can_be_written(films)
    mixed = pd.DataFrame({"title": pd.Series(["Amélie", 9] * 99, dtype=object)})
    assert not can_be_written(replace(films, ids=mixed))
    assert not can_be_written(replace(films, rows=None))
    assert not can_be_written(replace(films, crossed=replace(films.crossed, by_label=ByLabel())))
