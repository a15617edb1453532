import numpy as np

from greenlight_films.datamodules.declared import Declared, data_notices
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.datamodules.splits import RandomSplit, TimeSplit
from greenlight_films.datamodules.targets import ProfitRatio, Target

FEATURES = [Number("year"), Category("studio"), Category("year", role="era")]


def test_columns_are_needed_as_what_they_are_read_as():
    needs = Declared(FEATURES, ProfitRatio("budget", "revenue"), TimeSplit("released"), weight="votes").needs()
    assert needs == {
        "year": {"number", "text"},
        "studio": {"text"},
        **{name: {"number"} for name in ("budget", "revenue", "votes")},
        "released": {"date"},
    }


def test_rows_without_a_target_are_told_and_nothing_else():
    declared = Declared(FEATURES, Target("rating"), RandomSplit())
    assert data_notices(declared, np.array([1.0, 2.0])) == []
    (notice,) = data_notices(declared, np.array([1.0, np.nan, np.nan]))
    assert notice.startswith("2 of 3 rows are without rating")
