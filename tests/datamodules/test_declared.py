import numpy as np

from greenlight_films.datamodules.declared import Declared, data_notices
from greenlight_films.datamodules.features import Category, Labels, Number, Profile, Size, TrackRecord
from greenlight_films.datamodules.splits import RandomSplit, TimeSplit
from greenlight_films.datamodules.tables.formats import declared_formats
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


def test_under_a_split_by_time_records_are_of_earlier_films_and_there_are_no_profiles():
    inputs = [Labels("cast"), Size("cast"), TrackRecord("cast", min_labels=7), Profile("cast", ["year"])]
    declared = Declared([*FEATURES, *inputs], Target("rating"), RandomSplit())
    by_time = declared.under(TimeSplit("released"))
    earlier = TrackRecord("cast", min_labels=7, before="released")
    assert by_time.features == [*FEATURES, *inputs[:2], earlier]
    assert (by_time.split, by_time.allow_split_films) == (TimeSplit("released"), True)
    assert by_time.under(TimeSplit("year")).features[-1].before == "year"
    assert by_time.under(RandomSplit()).features == [*FEATURES, *inputs[:3]]
    assert declared.under(RandomSplit(seed=1)).features == declared.features


def test_rows_without_a_target_are_told_and_nothing_else():
    declared = Declared(FEATURES, Target("rating"), RandomSplit())
    assert data_notices(declared, np.array([1.0, 2.0])) == []
    (notice,) = data_notices(declared, np.array([1.0, np.nan, np.nan]))
    assert notice.startswith("2 of 3 rows are without rating")


def test_settings_that_change_nothing_are_told():
    formats = declared_formats(
        decimal={"year": ".", "studio": ","}, day_first={"year": True, "released": False, "nowhere": True}
    )
    declared = Declared(FEATURES, Target("rating"), TimeSplit("released"), formats=formats)
    assert data_notices(declared, np.ones(2)) == [
        "data.day_first of 'year' changes nothing: the column is not read as dates.",
        "data.decimal of 'studio' changes nothing: the column is not read as numbers.",
    ]
