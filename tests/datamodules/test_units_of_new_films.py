import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.films import fit_films
from greenlight_films.datamodules.new_films import new_films
from greenlight_films.datamodules.newer_films import joined
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.targets import ProfitRatio, Target, TargetScale
from greenlight_films.datamodules.units_of_new_films import number_notices, target_notices, unit_notices

PERCENT = [f"{number}%" for number in range(5, 100, 5)]
DOLLARS = [f"${number}.5M" for number in range(1, 20)]


def column(cells, name="x"):
    return pd.DataFrame({name: pd.Series(cells, dtype="str" if isinstance(cells[0], str) else None)})


def notices_of(learnt, new, name="x", log1p=False):
    frame = column(learnt, name)
    feature = Number(name, log1p=log1p)
    formats, _ = find_formats(frame, {name: {"number"}}, Formats(), ",")
    encoder = FilmEncoder([feature], formats=formats)
    encoder.fit_encode(frame, np.arange(len(frame)))
    assert unit_notices(frame, encoder) == {}
    return list(unit_notices(column(new, name), encoder).values())


@pytest.mark.parametrize(
    ("learnt", "new", "name", "words"),
    [
        (PERCENT, [0.37, 0.5], "x", "numbers from 0 to 1 without %, such as 0.435, and the model learnt such as 50%"),
        (PERCENT, ["0.37", "0.5"], "x", "multiply shares by 100"),
        ([0.1, 0.4, 0.6], ["40%", "60%"], "x", "is in percent, such as 50, and the model learnt such as 0.4"),
        (["8.1/10", "7/10", "6/10"], ["81", "7"], "x", "must hold points of 10, as the model's table, got such as 81"),
        (["5.6", "7.1", "6.2"], ["56/100", "71/100"], "x", "points of 100, such as 63.5, and the model learnt such as"),
        (["56", "71", "62"], ["5.6/10", "7.1/10"], "x", "holds points of 10, such as 6.35"),
        (DOLLARS, ["19.3", "1.0"], "x", "1,000 times smaller than usual, or more, such as 10.15, and the model learnt"),
        (["19.3", "1.5", "40"], ["$19.3M", "$1M"], "x", "1,000 times larger than usual"),
        (["19.3", "1.5", "40"], ["19300000", "1000000"], "budget", "1,000 times larger than usual"),
        (["2000000", "3500000"], [2.5, 3.5], "budget", "1,000 times smaller than usual"),
    ],
)
@pytest.mark.parametrize("log1p", [True, False])
def test_another_unit_than_the_model_s_is_told(learnt, new, name, words, log1p):
    (notice,) = notices_of(learnt, new, name, log1p)
    assert words in notice


@pytest.mark.parametrize(
    ("learnt", "new", "name"),
    [
        (PERCENT, ["0.3%", "0.5%"], "x"),
        (PERCENT, ["0", "1"], "x"),
        (PERCENT, [37, 0.5], "x"),
        (PERCENT, [None, np.nan], "x"),
        (["0.1%", "0.5%", "0.7%"], [0.2, 0.6], "x"),
        (["8.1/10", "7/10", "6/10"], ["8.1", "7"], "x"),
        (["8.1", "7", "6"], ["8.1/10", "7/10"], "x"),
        (DOLLARS, ["19300000"], "x"),
        (DOLLARS, ["$7000"], "x"),
        (DOLLARS, ["19.3", "19300000"], "x"),
        (["20000", "35000"], ["3", "9"], "votes"),
        (["3", "9"], ["20000", "35000"], "votes"),
    ],
)
def test_numbers_that_may_be_in_the_model_s_unit_are_not(learnt, new, name):
    assert notices_of(learnt, new, name) == []


def test_several_shares_in_the_place_of_percentages_are_refused_and_the_other_way_round():
    with pytest.raises(InputError, match=r"column 'x' holds numbers from 0 to 1 without %"):
        notices_of(PERCENT, [0.1, 0.2, 0.3, 0.4, 0.5])
    with pytest.raises(InputError, match=r"column 'x' is in percent, .*; divide them by 100"):
        notices_of([0.1, 0.2, 0.3], ["10%", "20%", "30%", "40%", "50%"])


def test_a_number_of_which_nothing_was_learnt_has_no_unit():
    assert notices_of(["50%", "50%"], [0.1, 0.2]) == []


SCALE = TargetScale("none", 0.0, 5.6, 1.2)


def test_a_target_on_another_scale_is_told():
    (notice,) = target_notices(column(["56/100", "45/100"]), Target("x"), SCALE, Formats())
    assert notice.startswith("column 'x' holds points of 100, such as 50.5, and the model learnt such as 5.6")
    of_ten = Formats({"x": Format(unit="of 10")})
    (notice,) = target_notices(column(["56/100", "45/100"]), Target("x"), SCALE, of_ten)
    assert notice.startswith("The target isn't read: column 'x' must be in one scale (the model's table is in points")
    assert target_notices(column(["5.6", "to be announced"]), Target("x"), SCALE, of_ten) == []
    assert target_notices(column(["5.6"], "y"), Target("x"), SCALE, of_ten) == []


def test_a_target_is_compared_in_its_own_unit():
    log1p = TargetScale("log1p", 0.0, float(np.log1p(2e7)), 1.0)
    assert (
        target_notices(column(["2500000", "300"], "gross"), Target("gross", transform="log1p"), log1p, Formats()) == []
    )
    (notice,) = target_notices(column(["25", "30"], "gross"), Target("gross", transform="log1p"), log1p, Formats())
    assert "1,000 times smaller than usual" in notice
    both = column(["25", "30"], "gross").assign(budget=[1, 2])
    assert target_notices(both, ProfitRatio("budget", "gross"), log1p, Formats()) == []


@pytest.fixture
def fitted():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"share": [f"{n}%" for n in rng.integers(0, 100, 60)], "rating": rng.uniform(3, 9, 60).round(1)}
    )
    declared = Declared([Number("share")], Target("rating"), RandomSplit(val=0.2, test=0.2, seed=1))
    return frame, declared, fit_films(frame, declared)[1]


def test_new_films_and_newer_ones_are_checked(fitted):
    frame, declared, fitted = fitted
    shares = frame.assign(share=frame["share"].str.rstrip("%").astype(float) / 100)
    with pytest.raises(InputError, match="multiply shares by 100"):
        new_films(shares, declared, fitted)
    with pytest.raises(InputError, match="multiply shares by 100"):
        joined(frame, shares, declared, fitted)
    points = frame.assign(rating=[f"{10 * rating:.0f}/100" for rating in frame["rating"]])
    (notice,) = new_films(points, declared, fitted).notices
    assert notice.startswith("column 'rating' holds points of 100")
    assert new_films(frame, declared, fitted).notices == ()


@pytest.mark.parametrize("log1p", [True, False])
def test_numbers_far_from_all_that_was_learnt_are_told_with_their_range(log1p):
    frame = pd.DataFrame({"runtime": [61, 90, 120, 238, None], "year": [1990, 1995, 2000, 2010, 2016]})
    encoder = FilmEncoder([Number("runtime", log1p=log1p), Number("year")])
    encoder.fit_encode(frame, np.arange(5))
    new = pd.DataFrame({"runtime": [900, 62, 239, 300, None, 1200], "year": [1980, 2000, 2020, 2000, None, 2000]})
    again = FilmEncoder.from_space(FeatureSpace.from_json(encoder.space.to_json()))
    (notice,) = number_notices(new, again.encode(new), again)
    assert notice.startswith("'runtime' of 2 of 6 rows lies far outside of 61 to 238, which the model learnt from: ")
    assert number_notices(frame, encoder.encode(frame), encoder) == []


def test_a_number_in_another_unit_is_told_once():
    frame, new = column(["2000000", "3500000"], "budget"), column([2.5, 3.5e12], "budget")
    encoder = FilmEncoder([Number("budget")])
    encoder.fit_encode(frame, np.arange(2))
    (notice,) = number_notices(new, encoder.encode(new), encoder)
    assert "'budget' of 2 of 2 rows lies far outside of 2M to 3.5M" in notice
    thousands = column([2.5, 3.5], "budget")
    (notice,) = number_notices(thousands, encoder.encode(thousands), encoder)
    assert "1,000 times smaller" in notice


def test_a_model_that_knows_no_range_says_nothing_of_it():
    frame = column([1.0, 2.0, 3.0])
    encoder = FilmEncoder([Number("x")])
    encoder.fit_encode(frame, np.arange(3))
    del encoder.space.groups[0][0].fitted["range"]
    assert number_notices(column([100.0]), encoder.encode(column([100.0])), encoder) == []
