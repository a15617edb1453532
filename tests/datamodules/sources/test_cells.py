import numpy as np
import pandas as pd
import pytest

from datamodules.sources.cells import joined, numbers, split_names
from datamodules.sources.preparation import Preparation
from datamodules.sources.raw_files import MOVIE_INDUSTRY


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("862", 862), (" 862.0 ", 862), ("5.", 5), ("1e3", 1000), ("1,234", 1234), ("148 min", 148),
        ("$292,576,195", 292_576_195),
    ],
)  # fmt: skip
def test_a_number_is_read_as_collections_write_it(cell, number):
    preparation = Preparation({})
    values = numbers(preparation, MOVIE_INDUSTRY, pd.Series([cell, None], index=[7, 9], name="x", dtype="str"))
    assert values.dtype == np.float64
    assert values[7] == number
    assert np.isnan(values[9])
    assert preparation.rejected.empty


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400", "0x10", "True", "1_000", "12 34", "a lot"])
def test_what_is_no_number_is_missing_and_told(cell):
    preparation = Preparation({})
    values = numbers(preparation, MOVIE_INDUSTRY, pd.Series([cell, "1"], index=[7, 7], name="x", dtype="str"))
    assert values.isna().tolist() == [True, False]
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [
        [7, "x is no number: taken as missing", cell]
    ]


@pytest.mark.parametrize(
    ("cell", "separator", "names"),
    [
        ("A, B", ", ", ["A", "B"]),
        (" A ,  B , , A", ", ", ["A", "B"]),
        ("Orion, Inc., Acme, Ltd., B", ", ", ["Orion, Inc.", "Acme, Ltd.", "B"]),
        ("Acme, Incredible Films", ", ", ["Acme", "Incredible Films"]),
        ("A, B|C|C", "|", ["A, B", "C"]),
        ("|", "|", None),
        ("N/A", ", ", None),
    ],
)
def test_names_are_split_each_once_and_those_with_a_comma_of_their_own_stay_whole(cell, separator, names):
    split = split_names(pd.Series([None, cell, "last"], index=[3, 5, 9], dtype="str"), separator)
    assert split.index.tolist() == [3, 5, 9]
    assert [None if one is pd.NA else list(one) for one in split] == [None, names, ["last"]]
    assert joined(split).fillna("-").tolist() == ["-", "-" if names is None else "|".join(names), "last"]
