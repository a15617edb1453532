import re

import numpy as np
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Category
from tests.datamodules.features.encoded import fitted, rows_of


@pytest.mark.parametrize(
    ("options", "values", "codes", "unseen"),
    [
        ({}, ["A", "B", "C"], "AABC-A--", [6, 7]),
        ({"min_films": 2}, ["A", "Other"], "AAOO-AOO", []),
        ({"min_films": 2, "other": None}, ["A"], "AA---A--", [2, 3, 6, 7]),
        ({"keep": ["C", "A"]}, ["C", "A", "Other"], "AAOC-AOO", []),
        ({"keep": ["C", "A", "Nobody"], "min_films": 2}, ["A", "Other"], "AAOO-AOO", []),
        ({"keep": ["A"], "other": "B"}, ["A", "B"], "AABB-ABB", []),
        ({"min_films": 2, "other": "A"}, ["A"], "AAAA-AAA", []),
        ({"min_films": 99}, ["Other"], "OOOO-OOO", []),
    ],
)
def test_a_category_is_kept_pooled_or_left_out(options, values, codes, unseen):
    cells = ["A", "A", "B", "C", None, "A", "D", "E"]
    blocks, (part,) = fitted(Category("Studio", **options), cells, train=[0, 1, 2, 3, 4])
    assert blocks[0].values == values
    names = {"O": "Other"}
    assert rows_of(part, blocks[0]) == [[] if code == "-" else [names.get(code, code)] for code in codes]
    assert np.flatnonzero(part.unseen).tolist() == unseen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_films": 0}, "column 'Studio': `min_films` must be 1 or more, got 0"),
        ({"keep": ["A", "A"]}, "column 'Studio': `keep` must name each value once, got ['A', 'A']"),
    ],
)
def test_options_that_no_category_can_have_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Category("Studio", **options)
