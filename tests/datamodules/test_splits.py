import json
from dataclasses import MISSING, fields

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.splits import (
    SIDES,
    GroupSplit,
    InnerFold,
    KFold,
    RandomSplit,
    Split,
    TimeSplit,
    shared_values,
)


def any_frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(n)})


def usual(kind: type[Split]) -> Split:
    """Make a split with its defaults, by year where it needs a column."""
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    assert needed <= {"by"}
    return kind(**dict.fromkeys(needed, "year"))


OF_A_TABLE = [kind for kind in Split.__subclasses__() if kind is not InnerFold]


@pytest.mark.parametrize("kind", OF_A_TABLE, ids=lambda kind: kind.__name__)
class TestEverySplit:
    def test_sides_are_disjoint_complete_and_ascending(self, kind, films_frame):
        rows = usual(kind).split(films_frame)
        sides = [rows.train, rows.val, rows.test]
        assert all(len(side) and (np.diff(side) > 0).all() for side in sides)
        assert np.sort(np.concatenate(sides)).tolist() == list(range(len(films_frame)))

    def test_train_is_the_largest_side_by_default(self, kind, films_frame):
        rows = usual(kind).split(films_frame)
        assert len(rows.train) > len(rows.val) + len(rows.test)

    def test_codes_are_bytes_and_give_the_rows_back(self, kind, films_frame):
        codes = usual(kind).assign(films_frame)
        assert codes.dtype == np.uint8
        assert set(codes) == set(range(len(SIDES)))
        assert usual(kind).split(films_frame).sides().tolist() == codes.tolist()

    def test_the_same_split_gives_the_same_rows(self, kind, films_frame):
        assert usual(kind).assign(films_frame).tolist() == usual(kind).assign(films_frame.copy()).tolist()

    def test_the_global_stream_has_no_say_and_is_not_drawn_from(self, kind, films_frame):
        np.random.seed(1)
        first, state = usual(kind).assign(films_frame), np.random.get_state()[1].tolist()
        np.random.seed(1)
        assert np.random.get_state()[1].tolist() == state
        np.random.seed(2)
        assert usual(kind).assign(films_frame).tolist() == first.tolist()

    def test_the_frame_is_left_unchanged(self, kind, films_frame):
        before = films_frame.copy(deep=True)
        usual(kind).split(films_frame)
        pd.testing.assert_frame_equal(films_frame, before)

    def test_row_labels_have_no_say(self, kind, films_frame):
        relabelled = films_frame.set_index(np.arange(len(films_frame))[::-1] * 3 + 10)
        assert usual(kind).assign(relabelled).tolist() == usual(kind).assign(films_frame).tolist()

    def test_its_declaration_is_plain_data_and_makes_it_again(self, kind):
        declared = json.loads(json.dumps(usual(kind).declaration()))
        assert declared == usual(kind).declaration()
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
def test_groups_are_kept_whole(scenes, split):
    assert scenes["film"].duplicated().sum() > 100
    assert shared_values(scenes, RandomSplit().split(scenes), "film") > 20
    assert shared_values(scenes, split.split(scenes), "film") == 0


@pytest.mark.parametrize("split", [GroupSplit("film"), KFold(by="film", fold=2)])
def test_the_order_of_rows_has_no_say_in_a_groups_side(scenes, split):
    shuffled = scenes.sample(frac=1, random_state=8)
    assert shuffled["film"].tolist() != scenes["film"].tolist()
    side_of = [dict(zip(frame["film"], split.assign(frame).tolist(), strict=True)) for frame in (scenes, shuffled)]
    assert len(side_of[0]) == 60
    assert side_of[0] == side_of[1]


def test_group_sizes_are_shares_of_the_groups(scenes):
    rows = GroupSplit("film", val=0.1, test=0.25).split(scenes)
    films = [scenes["film"].iloc[side].nunique() for side in (rows.train, rows.val, rows.test)]
    assert films == [39, 6, 15]


def by_time(kind: str, n: int = 500) -> pd.Series:
    random = np.random.default_rng(11)
    day = np.datetime64("1890-01-01") + random.integers(0, 40_000, n)
    return {
        "years with many ties": pd.Series(random.integers(1990, 2005, n)),
        "years as text": pd.Series(random.integers(1990, 2005, n).astype(str)),
        "fractions": pd.Series(random.normal(0, 1, n)),
        "dates as text": pd.Series(np.datetime_as_string(day)),
        "dates": pd.Series(day),
        "dates of Python": pd.Series(pd.Series(day).dt.date, dtype=object),
        "dates and times": pd.Series(pd.to_datetime(day) + pd.to_timedelta(random.integers(0, 86_400, n), "s")),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "years with many ties",
        "years as text",
        "fractions",
        "dates as text",
        "dates",
        "dates of Python",
        "dates and times",
    ],
)
def test_time_split_tests_the_future(kind):
    frame = pd.DataFrame({"when": by_time(kind)})
    rows = TimeSplit("when", val=0.2, test=0.3).split(frame)
    train, val, test = (frame["when"].iloc[side] for side in (rows.train, rows.val, rows.test))
    assert train.max() < val.min()
    assert val.max() < test.min()


def test_time_split_takes_its_share_where_no_time_is_shared():
    frame = pd.DataFrame({"when": np.random.default_rng(3).permutation(1000)})
    rows = TimeSplit("when", val=0.1, test=0.2).split(frame)
    assert [len(side) for side in (rows.train, rows.val, rows.test)] == [700, 100, 200]


def test_time_split_misses_its_share_by_no_more_than_one_time():
    frame = pd.DataFrame({"when": by_time("years with many ties")})
    rows = TimeSplit("when", val=0.2, test=0.3).split(frame)
    largest = frame["when"].value_counts().max()
    assert abs(len(rows.test) - 150) <= largest
    assert abs(len(rows.val) - 100) <= largest


@pytest.mark.parametrize(
    ("times", "side"),
    [([1999] * 20, "train and val"), ([1990] * 5 + [1999] * 15, "val"), ([1990] * 19 + [1999], "val")],
)
def test_time_split_that_cannot_part_ties_is_refused(times, side):
    with pytest.raises(InputError, match=rf"TimeSplit leaves no row for .*{side}.* of 20 rows"):
        TimeSplit("when").split(pd.DataFrame({"when": times}))


def test_time_split_refuses_what_is_no_time():
    with pytest.raises(
        InputError, match=r"data\.split\.by: column 'when' must hold numbers or dates such as 2014-05-01"
    ):
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
    "kind", [RandomSplit, lambda **sizes: GroupSplit("id", **sizes), lambda **s: TimeSplit("id", **s)]
)
@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"test": 1.2}, r"data\.split\.test must be between 0 and 1, got 1\.2"),
        ({"test": 0.0}, r"data\.split\.test must be between 0 and 1, got 0"),
        ({"val": -0.1}, r"data\.split\.val must be between 0 and 1, got -0\.1"),
        ({"val": float("nan")}, r"data\.split\.val must be between 0 and 1, got nan"),
        ({"val": 0.5, "test": 0.5}, r"must leave rows to train on, got 0\.5 \+ 0\.5"),
    ],
)
def test_sizes_that_leave_nothing_are_refused(kind, sizes, message):
    with pytest.raises(InputError, match=message):
        kind(**sizes)


@pytest.mark.parametrize("seed", [-5, 2**32])
@pytest.mark.parametrize("kind", [RandomSplit, lambda **given: GroupSplit("id", **given), KFold])
def test_a_seed_that_none_can_be_is_refused(kind, seed):
    with pytest.raises(InputError, match=rf"^data\.split\.seed must be from 0 to 4294967295, got {seed}$"):
        kind(seed=seed)


@pytest.mark.parametrize(("folds", "fold"), [(1, 0), (5, 5), (5, -1), (0, 0)])
def test_a_fold_that_is_none_is_refused(folds, fold):
    with pytest.raises(InputError, match=rf"from 0 to one less, got {folds} and {fold}$"):
        KFold(folds=folds, fold=fold)


@pytest.mark.parametrize("n", [2, 1])
def test_too_few_rows_are_refused(n):
    with pytest.raises(InputError, match=rf"{n} rows or groups are too few for val 0\.1 and test 0\.2"):
        RandomSplit().split(any_frame(n))


def test_too_few_groups_are_refused():
    frame = pd.DataFrame({"film": ["a", "b"] * 50})
    with pytest.raises(InputError, match=r"2 rows or groups are too few for val 0\.1 and test 0\.2"):
        GroupSplit("film").split(frame)
    with pytest.raises(InputError, match=r"data\.split\.folds must be at most the 2 rows or groups, got 5"):
        KFold(by="film").split(frame)


def test_a_side_without_rows_is_named():
    with pytest.raises(InputError, match=r"KFold leaves no row for val of 2 rows; give other sizes or more rows"):
        KFold(folds=2).split(any_frame(2))


@pytest.mark.parametrize("kind", [GroupSplit, TimeSplit, lambda by: KFold(by=by)])
def test_a_missing_column_is_refused_with_the_nearest_name(kind, films_frame):
    with pytest.raises(
        InputError, match=r"data\.split\.by: no column 'Yaer', did you mean 'year'\?; the table has: id, "
    ):
        kind(by="Yaer").split(films_frame)


@pytest.mark.parametrize("kind", [GroupSplit, TimeSplit, lambda by: KFold(by=by)])
def test_gaps_are_refused_by_their_row_in_the_table(kind, films_frame):
    later = films_frame.iloc[10:]
    gaps = later["runtime"].isna()
    assert gaps.sum() > 1
    first = films_frame.index[10:][gaps][0] + 1
    with pytest.raises(
        InputError, match=rf"'runtime' in every row, {gaps.sum()} rows lack it, the first is row {first};"
    ):
        kind(by="runtime").split(later)


# --- folds of what is not tested --------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", [RandomSplit(seed=3), GroupSplit("film", seed=3), KFold(by="film"), KFold()])
def test_inner_folds_validate_every_row_that_is_not_tested_once(scenes, split):
    outer = split.split(scenes)
    inner = [InnerFold(split, 4, fold).split(scenes) for fold in range(4)]
    assert all(rows.test.tolist() == outer.test.tolist() for rows in inner)
    validated = np.concatenate([rows.val for rows in inner])
    assert np.sort(validated).tolist() == np.sort(np.concatenate([outer.train, outer.val])).tolist()
    if getattr(split, "by", None):
        assert all(shared_values(scenes, rows, "film") == 0 for rows in inner)


def test_an_inner_fold_declares_the_split_around_it():
    declared = json.loads(json.dumps(InnerFold(GroupSplit("film"), 4, 1).declaration()))
    assert (declared["rule"], declared["folds"], declared["fold"]) == ("InnerFold", 4, 1)
    assert declared["outer"] == GroupSplit("film").declaration()


@pytest.mark.parametrize(
    ("split", "folds", "fold", "message"),
    [
        (RandomSplit(), 1, 0, "folds must be 2 or more"),
        (RandomSplit(), 3, 3, "fold from 0 to one less, got 3 and 3"),
        (TimeSplit("year"), 3, 0, "TimeSplit"),
    ],
)
def test_inner_folds_that_are_none_are_refused(split, folds, fold, message):
    with pytest.raises(InputError, match=message):
        InnerFold(split, folds, fold)


def test_more_inner_folds_than_rows_are_refused():
    with pytest.raises(InputError, match="at most the 7 rows or groups not tested, got 8"):
        InnerFold(RandomSplit(), 8).split(any_frame(9))
