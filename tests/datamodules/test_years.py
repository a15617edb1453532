"""The years of films: of the split by time, or of the first feature that is a date or called a year."""

import pandas as pd
import pytest

from greenlight_films.datamodules import Date, Number, RandomSplit, Target, TimeSplit
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.years import years_of

FRAME = pd.DataFrame(
    {"year": [1990, 2001, None], "out": ["3 May 1999", "", "2010-01-31"], "votes": [1, 2, 3], "people": [[], ["a"], []]}
)


@pytest.mark.parametrize(
    ("features", "split", "expected"),
    [
        ([Number("votes"), Number("year")], RandomSplit(), [1990, 2001, None]),
        ([Date("out"), Number("year")], RandomSplit(), [1999, None, 2010]),
        ([Number("year")], TimeSplit("out"), [1999, None, 2010]),
        ([Number("votes")], RandomSplit(), None),
    ],
)
def test_years_are_of_the_split_or_else_of_a_feature(features, split, expected):
    years = years_of(FRAME, Declared(features, Target("votes"), split), Formats())
    assert (years if years is None else [None if year != year else year for year in years.tolist()]) == expected


def test_columns_without_a_year_are_passed_over():
    frame = FRAME.assign(year=["soon", "later", ""])
    features = [Number("year"), Date("out")]
    years = years_of(frame, Declared(features, Target("votes"), RandomSplit()), Formats())
    assert years[[0, 2]].tolist() == [1999, 2010]
    assert years_of(frame[["year"]], Declared(features, Target("votes"), RandomSplit()), Formats()) is None
