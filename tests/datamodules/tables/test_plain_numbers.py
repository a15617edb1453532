import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.tables.missing_cells import LABELS_MISSING
from greenlight_films.datamodules.tables.plain_numbers import plain_numbers


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["7", "-12"], [7, -12]),
        (["0", "0.5", "-0.25", "1e3"], [0, 0.5, -0.25, 1000]),
        (["7", *LABELS_MISSING, None], [7, *[np.nan] * (len(LABELS_MISSING) + 1)]),
    ],
)
def test_plain_numbers_are_numbers(cells, expected):
    np.testing.assert_array_equal(plain_numbers(pd.Series(cells, dtype="str")).to_numpy(), expected)


@pytest.mark.parametrize(
    "cells", [["007", "8"], ["-01"], ["1,000"], ["$5"], ["x"], [None], ["NA"], ["7"] * 500 + ["late"]]
)
def test_codes_words_and_nothing_are_none(cells):
    assert plain_numbers(pd.Series(cells, dtype="str")) is None


def test_rows_and_name_stay():
    numbers = plain_numbers(pd.Series([None] * 200 + ["3"], index=range(7, 208), name="n", dtype="str"))
    assert (numbers.index[0], numbers.name, numbers.iloc[-1]) == (7, "n", 3)
