import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels
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
    ],
)
def test_the_format_and_key_of_a_cell_are_used(options, cells, values):
    assert fitted(Labels("Cast", **options), cells)[0][0].values == values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": ""}, "column 'Cast': `separator` must not be empty; use Category for one value a cell"),
        ({"positions": 0}, "column 'Cast': `positions` must be 1 or more, and not together with `first_only`, got 0"),
        ({"positions": 2, "first_only": True}, "not together with `first_only`, got 2"),
        ({"min_films": 0}, "column 'Cast': `min_films` must be 1 or more, got 0"),
    ],
)
def test_options_that_no_labels_can_have_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Labels("Cast", **options)
