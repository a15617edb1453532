import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import (
    Declared,
    data_notices,
    refuse_absent_columns,
    refuse_target_as_feature,
)
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target

FEATURES = [Number("year"), Category("studio")]


def declared(**given) -> Declared:
    return Declared(FEATURES, Target("rating"), RandomSplit(), **given)


def test_columns_are_needed_as_what_they_are_read_as():
    needs = declared(weight="votes").needs()
    assert needs == {"year": {"number"}, "studio": {"text"}, "rating": {"number"}, "votes": {"number"}}


def test_all_columns_that_the_table_lacks_are_named():
    with pytest.raises(InputError) as refused:
        refuse_absent_columns(pd.DataFrame({"rating": [1], "title": [2]}), declared(film=["title", "yaer"]), FEATURES)
    assert [line.split(",")[0] for line in str(refused.value).splitlines()[:3]] == [
        "no column 'yaer'",
        "no column 'year'",
        "no column 'studio'",
    ]


def test_the_target_is_no_feature():
    with pytest.raises(InputError, match="must not have the target's own column 'year'"):
        refuse_target_as_feature(Declared(FEATURES, Target("year"), RandomSplit()))


def test_rows_without_a_target_are_told_and_nothing_else():
    assert data_notices(declared(), np.array([1.0, 2.0])) == []
    (notice,) = data_notices(declared(), np.array([1.0, np.nan, np.nan]))
    assert notice.startswith("2 of 3 rows are without rating")
