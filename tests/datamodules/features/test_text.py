import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.datamodules.features import Number, RidgeByColumn, Text
from tests.datamodules.features.encoded import fitted, matrix

CELLS = ["A cop, a killer and a cop", "The killer", None, "Love and the city", "Love, love, LOVE"]


@pytest.mark.parametrize("min_films", [1, 2, 3])
def test_a_word_in_enough_training_films_weighs_one_by_the_root_of_the_different_words_of_its_cell(min_films):
    train = [0, 1, 2, 3]
    blocks, (part,) = fitted(Text("plot", min_films=min_films), CELLS, train)
    words = [set(re.findall(r"\w+", (cell or "").lower())) for cell in CELLS]
    films = Counter(word for row in train for word in words[row])
    assert set(blocks[0].values) == {word for word, count in films.items() if count >= min_films}
    expected = [[(word in own) / np.sqrt(max(len(own), 1)) for word in blocks[0].values] for own in words]
    np.testing.assert_allclose(matrix(part, blocks[0]), np.array(expected).reshape(len(CELLS), -1), rtol=1e-6)
    assert part.unseen.tolist() == [len(own - set(blocks[0].values)) for own in words]


def test_films_are_counted_where_several_rows_are_of_one():
    parsed = Text("plot").parse(pd.Series(["cop", "cop", "city", "city"], name="plot"))
    (block,) = Text("plot", min_films=2).fit(parsed, np.arange(4), np.array([0, 0, 1, 2]))
    assert block.values == ["city"]


def test_words_of_several_columns_have_one_role_and_each_its_name():
    frame = pd.DataFrame({"plot": CELLS, "tagline": ["Love", "hurts", "love", None, ""], "n": range(5)})
    texts = [Text("plot", min_films=2), Text("tagline", min_films=2), RidgeByColumn("plot")]
    encoder = FilmEncoder([*texts, Number("n")])
    encoder.fit_encode(frame, np.arange(5))
    assert "plot=killer" in encoder.space.label_names()
    assert "tagline=love" in encoder.space.label_names()
    sets = {(each.level, each.name): len(each.labels) for each in feature_sets(encoder.space, {})}
    assert sets["role", "word"] == encoder.space.n_labels == sets["column", "plot"] + sets["column", "tagline"]


@pytest.mark.parametrize("min_films", [0, -3])
def test_a_least_number_of_films_below_1_is_refused(min_films):
    with pytest.raises(InputError, match=f"column 'plot': `min_films` must be 1 or more, got {min_films}"):
        Text("plot", min_films=min_films)


def test_lists_in_cells_are_refused_with_the_class_that_reads_them():
    with pytest.raises(InputError, match="column 'plot' must hold one text a cell, got lists or objects; use Labels"):
        Text("plot").parse(pd.Series([["a", "b"]], name="plot"))
