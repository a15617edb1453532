import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block, FeatureSpace
from greenlight_films.datamodules.features import Category, Feature, Labels, Popularity, declared
from tests.datamodules.features.encoded import fitted, matrix, rows_of

CAST = ["A, B, C, A", "B", None, "C, B, Z", ", , "]


@pytest.mark.parametrize("test_cell", ["A", "C, B, A", None])
def test_labels_tied_in_a_training_row_keep_their_order_whatever_the_test_rows(test_cell):
    blocks, _ = fitted(Labels("Cast"), pd.Series([test_cell, "B, A"], dtype="str"), train=[1])
    assert blocks[0].values == ["B", "A"]


def test_min_films_drops_labels_and_counts_them_as_unseen():
    blocks, (part,) = fitted(Labels("Cast", min_films=2), CAST)
    assert blocks[0].values == ["B", "C"]
    assert rows_of(part, blocks[0]) == [["B", "C"], ["B"], [], ["B", "C"], []]
    assert part.unseen.tolist() == [1, 0, 0, 1, 0]


def test_labels_weigh_1_over_the_root_of_their_number():
    blocks, (part,) = fitted(Labels("Cast", weight="sqrt"), CAST)
    assert blocks[0].values == ["B", "C", "A", "Z"]
    third = 1 / np.sqrt(3)
    expected = [[third, third, third, 0], [1, 0, 0, 0], [0] * 4, [third, third, 0, third], [0] * 4]
    np.testing.assert_allclose(matrix(part, blocks[0]), expected, rtol=1e-6)


def test_a_label_that_training_did_not_keep_takes_its_share_of_the_weight():
    _, (part,) = fitted(Labels("Cast", weight="sqrt"), CAST, train=[0, 1])
    np.testing.assert_allclose(part.weights[-2:], 1 / np.sqrt(3), rtol=1e-6)
    assert part.unseen.tolist() == [0, 0, 0, 1, 0]


def test_first_only_takes_the_first_label():
    blocks, (part,) = fitted(Labels("Cast", first_only=True, weight="sqrt"), CAST)
    assert rows_of(part, blocks[0]) == [["A"], ["B"], [], ["C"], []]
    np.testing.assert_array_equal(part.weights, 1)


def test_each_position_has_a_block_and_all_share_the_weight():
    blocks, parts = fitted(Labels("Cast", positions=2, weight="sqrt"), CAST)
    assert [block.column for block in blocks] == ["Cast1", "Cast2"]
    assert [rows_of(part, block) for part, block in zip(parts, blocks, strict=True)] == [
        [["A"], ["B"], [], ["C"], []],
        [["B"], [], [], ["B"], []],
    ]
    half = 1 / np.sqrt(2)
    np.testing.assert_allclose(parts[0].weights, [half, 1, half], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "cells", "values"),
    [
        ({"format": "python", "key": "id"}, ["[{'id': 7, 'name': 'A'}]", "[]"], ["7"]),
        ({"format": "json"}, ['["A"]', "null"], ["A"]),
        ({"key": "id"}, [[{"id": 7, "name": "A"}], ["A, B"]], ["7", "A, B"]),
        ({"separator": [", ", " and "]}, ["A, B and C", "C and A"], ["A", "C", "B"]),
        ({"where": {"job": "Director"}}, [[{"name": "A", "job": "Editor"}, {"name": "B", "job": "Director"}]], ["B"]),
        ({"format": "postgres"}, ['{A,"B C"}', "{A}"], ["A", "B C"]),
    ],
)
def test_the_format_and_key_of_a_cell_are_used(options, cells, values):
    assert fitted(Labels("Cast", **options), cells)[0][0].values == values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": [", ", ""]}, "column 'Cast': `separator` must not be empty; use Category for one value a cell"),
        ({"separator": ""}, "column 'Cast': `separator` must not be empty; use Category for one value a cell"),
        ({"positions": 0}, "column 'Cast': `positions` must be 1 or more, and not together with `first_only`, got 0"),
        ({"positions": 2, "first_only": True}, "not together with `first_only`, got 2"),
        ({"min_films": 0}, "column 'Cast': `min_films` must be 1 or more, got 0"),
    ],
)
def test_options_that_no_labels_can_have_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Labels("Cast", **options)


SPELT = ["Ann Ode|Bero (voice)", "ANN ODE|Cato", "Ann Ode|ann  ode", "Bero|BERO", "Cato", "“Cato”|Dara (as Old Tom)"]


@pytest.mark.parametrize("options", [{}, {"weight": "sqrt"}, {"min_films": 2}, {"first_only": True}, {"positions": 2}])
def test_spellings_of_a_label_share_a_column_also_in_a_restored_run(options):
    films = pd.DataFrame({"Cast": SPELT})
    encoder = FilmEncoder([Labels("Cast", separator="|", **options)])
    encoded = encoder.fit_encode(films, np.arange(6))
    assert {value for block in encoder.space.labels for value in block.values} <= {"Ann Ode", "Bero", "Cato", "Dara"}
    assert any("several spellings" in notice for notice in encoder.notices)
    assert any("role in parentheses" in notice for notice in encoder.notices)
    restored = FilmEncoder.from_space(FeatureSpace.from_json(encoder.space.to_json()))
    again = restored.encode(films)
    np.testing.assert_array_equal(again.labels.toarray(), encoded.labels.toarray())
    np.testing.assert_equal(again.unseen, encoded.unseen)


def test_a_new_film_has_the_labels_of_the_vocabulary_in_whatever_spelling():
    encoder = FilmEncoder([Labels("Cast", separator="|")])
    encoder.fit_encode(pd.DataFrame({"Cast": SPELT}), np.arange(6))
    new = encoder.encode(pd.DataFrame({"Cast": ["aNN oDE (uncredited)|Ann Ode", "Edda", "et al."]}))
    assert new.labels.toarray().sum(axis=1).tolist() == [1, 0, 0]
    assert new.unseen["Cast"].tolist() == [0, 1, 0]


def test_an_older_run_with_a_column_for_each_spelling_encodes_as_it_did():
    feature = Labels("Cast", separator="|")
    blocks = [Block("Cast", "Cast", "label", ["Ann Ode", "ANN ODE", "Bero (voice)"])]
    (part,) = feature.encode(feature.parse(pd.Series(["Ann Ode|ANN ODE", "Bero (voice)", "ann ode", "Bero"])), blocks)
    assert rows_of(part, blocks[0]) == [["ANN ODE", "Ann Ode"], ["Bero (voice)"], ["Ann Ode"], []]


def test_the_declaration_of_an_older_run_makes_the_feature_of_todays_config():
    plain = Labels("Cast", weight="sqrt", role="actor").declaration()
    older = {name: value for name, value in plain.items() if name not in ("where", "from_columns")}
    assert declared(**older) == Labels("Cast", weight="sqrt", role="actor")


@pytest.mark.parametrize(
    "feature", [Category("Studio"), Category("Studio", keep=["TOHO", "Ufa"]), Popularity("Studio", [0, 1, 9])]
)
def test_a_category_in_several_spellings_is_one_value(feature: Feature):
    films = pd.DataFrame({"Studio": ["Toho", "toho", "Toho", "Ufa\u200b", "Ufa", None]})
    encoder = FilmEncoder([feature])
    encoded = encoder.fit_encode(films, np.arange(6))
    rows = encoded.labels.toarray()
    assert (rows[0] == rows[1]).all()
    assert (rows[3] == rows[4]).all()
    assert (rows[0] != rows[3]).any() or isinstance(feature, Popularity)
    np.testing.assert_array_equal(encoder.encode(films).labels.toarray(), rows)
    assert encoder.notices[0].startswith("Studio: 2 of 2 labels are written in several spellings")
