import json
import re
from dataclasses import MISSING, fields

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.splits import (
    GroupSplit,
    InnerFold,
    KFold,
    RandomSplit,
    Split,
    TimeSplit,
    shared_values,
)
from tests.cases import cases, path_of


def any_frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(n)})


def usual(kind: type[Split]) -> Split:
    """Make a split with its defaults, by year where it needs a column."""
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    assert needed <= {"by"}
    return kind(**dict.fromkeys(needed, "year"))


KINDS = [kind for kind in Split.__subclasses__() if kind.__module__ == Split.__module__]  # benchmarks have others
OF_A_TABLE = [kind for kind in KINDS if kind is not InnerFold]


@pytest.mark.parametrize("kind", OF_A_TABLE)
class TestEverySplit:
    def test_sides_are_disjoint_complete_and_ascending_and_train_is_the_largest(self, kind, films_frame):
        before = films_frame.copy(deep=True)
        rows = usual(kind).split(films_frame)
        sides = [rows.train, rows.val, rows.test]
        assert all(len(side) and (np.diff(side) > 0).all() for side in sides)
        assert np.sort(np.concatenate(sides)).tolist() == list(range(len(films_frame)))
        assert len(rows.train) > len(rows.val) + len(rows.test)
        codes = usual(kind).assign(films_frame)
        assert codes.dtype == rows.sides().dtype == np.uint8
        assert rows.sides().tolist() == codes.tolist()
        pd.testing.assert_frame_equal(films_frame, before)

    def test_neither_the_global_stream_nor_row_labels_change_the_sides(self, kind, films_frame):
        np.random.seed(1)
        state = np.random.get_state()[1].tolist()
        first = usual(kind).assign(films_frame)
        assert np.random.get_state()[1].tolist() == state
        np.random.seed(2)
        relabelled = films_frame.set_index(np.arange(len(films_frame))[::-1] * 3 + 10)
        assert usual(kind).assign(relabelled).tolist() == first.tolist()

    def test_its_declaration_is_plain_data_and_makes_it_again(self, kind):
        declared = json.loads(json.dumps(usual(kind).declaration()))
        assert declared.pop("rule") == kind.__name__
        assert kind(**declared) == usual(kind)


@pytest.mark.parametrize(("n", "test", "seed"), [(100, 0.2, 42), (17_131, 0.25, 3001), (11, 0.3, 0), (1_000, 0.07, 7)])
def test_random_split_tests_the_rows_of_scikit_learn(n, test, seed):
    _, theirs = train_test_split(np.arange(n), test_size=test, random_state=seed)
    ours = RandomSplit(val=0.1, test=test, seed=seed).split(any_frame(n))
    assert len(theirs) > 1
    assert sorted(theirs) == ours.test.tolist()


@pytest.mark.parametrize(
    "split", [RandomSplit, lambda seed: GroupSplit("id", seed=seed), lambda seed: KFold(seed=seed)]
)
def test_another_seed_tests_other_rows(split):
    tested = [split(seed=seed).split(any_frame(100)).test.tolist() for seed in (1, 2)]
    assert tested[0] != tested[1]


@pytest.mark.parametrize(("n", "val", "test", "sizes"), [(100, 0.1, 0.2, (70, 10, 20)), (11, 0.1, 0.2, (6, 2, 3))])
def test_sizes_are_shares_of_all_rows_rounded_up(n, val, test, sizes):
    rows = RandomSplit(val=val, test=test).split(any_frame(n))
    assert (len(rows.train), len(rows.val), len(rows.test)) == sizes


@pytest.fixture
def scenes() -> pd.DataFrame:
    """Return several rows a film, films of text ids, in no order."""
    random = np.random.default_rng(5)
    films = np.array([f"film {number}" for number in range(60)])
    return pd.DataFrame({"film": random.permutation(np.repeat(films, random.integers(1, 7, 60)))})


@pytest.mark.parametrize("split", [GroupSplit("film"), KFold(by="film", fold=2)])
def test_groups_are_kept_whole_whatever_the_order_of_the_rows(scenes, split):
    assert shared_values(scenes["film"], RandomSplit().split(scenes)) > 20
    assert shared_values(scenes["film"], split.split(scenes)) == 0
    shuffled = scenes.sample(frac=1, random_state=8)
    side_of = [dict(zip(frame["film"], split.assign(frame).tolist(), strict=True)) for frame in (scenes, shuffled)]
    assert len(side_of[0]) == 60
    assert side_of[0] == side_of[1]


def test_group_sizes_are_shares_of_the_groups(scenes):
    rows = GroupSplit("film", val=0.1, test=0.25).split(scenes)
    films = [scenes["film"].iloc[side].nunique() for side in (rows.train, rows.val, rows.test)]
    assert films == [39, 6, 15]


def by_time(n: int = 500) -> dict[str, pd.Series]:
    random = np.random.default_rng(11)
    day = np.datetime64("1890-01-01") + random.integers(0, 40_000, n)
    years = pd.Series(random.integers(1990, 2005, n))
    return {
        "years with many ties": years,
        "years as text": years.astype(str),
        "fractions": pd.Series(random.normal(0, 1, n)),
        "dates as text": pd.Series(np.datetime_as_string(day)),
        "dates": pd.Series(day),
        "dates of Python": pd.Series(pd.Series(day).dt.date, dtype=object),
        "dates and times": pd.Series(pd.to_datetime(day) + pd.to_timedelta(random.integers(0, 86_400, n), "s")),
    }


@pytest.mark.parametrize("kind", by_time())
def test_time_split_tests_the_future(kind):
    frame = pd.DataFrame({"when": by_time()[kind]})
    rows = TimeSplit("when", val=0.2, test=0.3).split(frame)
    train, val, test = (frame["when"].iloc[side] for side in (rows.train, rows.val, rows.test))
    assert train.max() < val.min()
    assert val.max() < test.min()
    largest = frame["when"].value_counts().max()  # rows of a time stay together
    assert abs(len(rows.test) - 150) < largest
    assert abs(len(rows.val) - 100) < largest


@pytest.mark.parametrize(
    ("times", "side"),
    [([1999] * 20, "train and val"), ([1990] * 5 + [1999] * 15, "val"), ([1990] * 19 + [1999], "val")],
)
def test_time_split_that_cannot_part_ties_is_refused(times, side):
    with pytest.raises(InputError, match=rf"TimeSplit leaves no row for .*{side}.* of 20 rows"):
        TimeSplit("when").split(pd.DataFrame({"when": times}))


@pytest.mark.parametrize(
    ("cells", "latest"),
    [
        (["03/04/2011", "25/12/2009", "1 May 1994", "1971", "2012-01-30", "1/12/12"], 5),
        (["7", "3", "12", "2", "100", "1"], 4),
        (["2009–2013", "2001", "2010-01", "1994", "1971", "1998"], 2),
    ],
)
def test_time_split_orders_dates_however_they_are_written_and_numbers_in_text(cells, latest):
    sides = TimeSplit("when", val=0.16, test=0.16).assign(pd.DataFrame({"when": pd.Series(cells, dtype="str")}))
    assert np.flatnonzero(sides == 2).tolist() == [latest]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("2012-02-30", "row 5 has '2012-02-30'; correct it"),
        ("N/A", "a split by time needs column 'when' in every row, 1 row lacks it, the first is row 5; fill it"),
        ("0000-00-00", "a split by time needs column 'when' in every row, 1 row lacks it, the first is row 5; fill it"),
        ("03/04/2011", "03/04/2011 may be 2011-04-03"),
    ],
)
def test_time_split_refuses_dates_that_are_missing_or_cannot_be_read(cell, message):
    frame = pd.DataFrame({"when": ["2001-01-01", "1998", "1994", "1971", cell, "2004"]})
    with pytest.raises(InputError, match=message):
        TimeSplit("when", val=0.16, test=0.16).split(frame)


def test_time_split_of_a_made_up_table_is_that_of_its_dates():
    case = next(case for case in cases("dates") if case["file"] == "dates/time_split.csv")
    frame = pd.read_csv(path_of(case), dtype="str")
    rows = TimeSplit(**case["given"]["split"]["TimeSplit"]).split(frame)
    assert (rows.test + 1).tolist() == case["expect"]["split"]["test_rows"]
    assert (rows.val + 1).tolist() == case["expect"]["split"]["val_rows"]


def test_time_split_refuses_what_is_no_time():
    message = r"column 'when' must hold numbers or dates.*, rows 1, 2, 3.* 'long ago' .*by another col"
    with pytest.raises(InputError, match=message):
        TimeSplit("when").split(pd.DataFrame({"when": ["long ago"] * 20}))


@pytest.mark.parametrize("by", [None, "film"])
@pytest.mark.parametrize("folds", [2, 3, 7])
def test_the_folds_test_every_row_once(scenes, by, folds):
    tested = [KFold(folds=folds, fold=fold, by=by).split(scenes).test for fold in range(folds)]
    assert all(len(rows) for rows in tested)
    assert np.sort(np.concatenate(tested)).tolist() == list(range(len(scenes)))


def test_a_fold_validates_a_share_of_the_other_rows():
    rows = KFold(folds=4, fold=1, val=0.2).split(any_frame(100))
    assert [len(side) for side in (rows.train, rows.val, rows.test)] == [60, 15, 25]


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (RandomSplit, {"test": 1.2}, "data.split.test must be between 0 and 1, got 1.2"),
        (TimeSplit, {"by": "year", "val": -0.1}, "data.split.val must be between 0 and 1, got -0.1"),
        (KFold, {"val": float("nan")}, "data.split.val must be between 0 and 1, got nan"),
        (GroupSplit, {"by": "id", "val": 0.5, "test": 0.5}, "must leave rows to train on, got 0.5 + 0.5"),
        (RandomSplit, {"seed": -5}, "data.split.seed must be from 0 to 4294967295, got -5"),
        (KFold, {"seed": 2**32}, "data.split.seed must be from 0 to 4294967295, got 4294967296"),
        (KFold, {"folds": 1}, "data.split.folds must be 2 or more and data.split.fold from 0 to one less, got 1 and 0"),
        (KFold, {"folds": 5, "fold": 5}, "from 0 to one less, got 5 and 5"),
        (KFold, {"folds": 5, "fold": -1}, "from 0 to one less, got 5 and -1"),
        (InnerFold, {"outer": RandomSplit(), "folds": 3, "fold": 3}, "folds must be 2 or more and fold from 0 to one"),
        (InnerFold, {"outer": TimeSplit("year")}, "data.split TimeSplit must not be"),
    ],
)
def test_arguments_that_cannot_be_are_refused(kind, given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        kind(**given).split(pd.DataFrame({"id": range(9), "year": range(9)}))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (RandomSplit(), "data.split: 2 rows or groups are too few for val 0.1 and test 0.2"),
        (GroupSplit("id"), "data.split: 2 rows or groups are too few for val 0.1 and test 0.2"),
        (KFold(by="id"), "data.split.folds must be at most the 2 rows or groups to fold, got 5"),
        (KFold(folds=2), "KFold leaves no row for val of 2 rows; give other sizes or more rows"),
    ],
)
def test_too_few_rows_are_refused(split, message):
    with pytest.raises(InputError, match=re.escape(message)):
        split.split(any_frame(2))


@pytest.mark.parametrize("kind", [GroupSplit, TimeSplit, lambda by: KFold(by=by)])
def test_a_column_that_is_missing_or_has_gaps_is_refused(kind, films_frame):
    message = r"data\.split\.by: no column 'Yaer', did you mean 'year'\?; the table has: id, "
    with pytest.raises(InputError, match=message):
        kind(by="Yaer").split(films_frame)
    later = films_frame.iloc[10:]
    gaps = later["runtime"].isna()
    message = rf"'runtime' in every row, {gaps.sum()} rows lack it, the first is row {later.index[gaps][0] + 1};"
    with pytest.raises(InputError, match=message):
        kind(by="runtime").split(later)


@pytest.mark.parametrize("kind", [GroupSplit, lambda by: KFold(by=by)])
def test_a_row_without_some_of_several_columns_is_grouped_by_the_others(kind):
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"title": random.integers(0, 90, 400).astype(str), "year": random.integers(0, 2, 400) + 1990.0}
    )
    frame.loc[::3, "year"] = np.nan
    sides = pd.Series(kind(by=["title", "year"]).assign(frame))
    assert (sides.groupby([frame["title"], frame["year"]], dropna=False).nunique() == 1).all()
    assert sides.groupby(frame["title"]).nunique().max() > 1
    frame.loc[[6, 9], "title"] = None
    message = "a split by group needs column 'title' in every row, 2 rows lack it, the first is row 7; fill it"
    with pytest.raises(InputError, match=message):
        kind(by=["title", "year"]).assign(frame)


@pytest.mark.parametrize("split", [RandomSplit(seed=3), GroupSplit("film", seed=3), KFold(by="film"), KFold()])
def test_inner_folds_validate_every_row_that_is_not_tested_once(scenes, split):
    outer = split.split(scenes)
    inner = [InnerFold(split, 4, fold).split(scenes) for fold in range(4)]
    assert all(rows.test.tolist() == outer.test.tolist() for rows in inner)
    validated = np.concatenate([rows.val for rows in inner])
    assert np.sort(validated).tolist() == np.sort(np.concatenate([outer.train, outer.val])).tolist()
    if getattr(split, "by", None):
        assert all(shared_values(scenes["film"], rows) == 0 for rows in inner)


def test_an_inner_fold_declares_the_split_around_it():
    declared = json.loads(json.dumps(InnerFold(GroupSplit("film"), 4, 1).declaration()))
    assert (declared["rule"], declared["folds"], declared["fold"]) == ("InnerFold", 4, 1)
    assert declared["outer"] == GroupSplit("film").declaration()


def test_more_inner_folds_than_rows_are_refused():
    with pytest.raises(InputError, match="must be at most the 7 rows or groups to fold, got 8"):
        InnerFold(RandomSplit(), 8).split(any_frame(9))
