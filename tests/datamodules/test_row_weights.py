import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.row_weights import read_weights, scale_weights
from greenlight_films.datamodules.splits import Rows

ROWS = Rows(np.array([0, 1]), np.array([2]), np.array([3]))


def test_weights_have_mean_1_over_the_training_rows():
    weights = scale_weights(read_weights(pd.Series([1, 3, 8, 0], index=list("abcd")), 4), ROWS)
    assert weights.tolist() == [0.5, 1.5, 4, 0]


def test_equal_weights_are_none():
    assert scale_weights(read_weights([2, 2, 2, 2], 4), ROWS) is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2, 3], "weights must be a number for each of the 4 rows, got shape (3,)"),
        (np.ones((4, 1)), "for each of the 4 rows, got shape (4, 1)"),
        (2, "for each of the 4 rows, got shape ()"),
        (["heavy"] * 4, "weights must be numbers, got list: could not convert string to float: 'heavy'"),
        ([1, 0, -0.5, -1], "weights must be finite and 0 or more, row 3 has -0.5; correct it"),
        ([1, np.nan, 1, 1], "row 2 has nan"),
        ([np.inf, 1, 1, 1], "row 1 has inf"),
        ([0, 0, 1, 1], "weights must be above 0 in a train row or more, got 0 in all; give other weights"),
        ([1, 1, 0, 1], "weights must be above 0 in a val row or more"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, message):
    with pytest.raises(InputError, match=re.escape(message)):
        scale_weights(read_weights(weights, 4), ROWS)
