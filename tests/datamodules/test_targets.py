import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.preprocessing import StandardScaler

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.targets import ProfitRatio, Target, TargetColumn, TargetScale, read_target

TARGETS = [
    Target("gross"),
    Target("gross", transform="log1p"),
    Target("gross", transform="log1p", shift=5.0),
    ProfitRatio("budget", "gross"),
    ProfitRatio("budget", "gross", transform="log1p"),
]

every_target = pytest.mark.parametrize(
    "target", TARGETS, ids=lambda target: f"{type(target).__name__}-{target.transform}"
)


@pytest.fixture
def money():
    rng = np.random.default_rng(2)
    money = pd.DataFrame({"gross": rng.lognormal(15, 2, 50), "budget": rng.lognormal(14, 1, 50)})
    return money.mask(rng.random(money.shape) < 0.1)


def test_every_target_class_is_under_contract():
    of_configs = {kind for kind in TargetColumn.__subclasses__() if kind.__module__ == TargetColumn.__module__}
    assert {type(target) for target in TARGETS} == of_configs


@every_target
def test_a_target_names_the_columns_it_reads(target, money):
    values = target.values(money)
    assert values.shape == (50,)
    assert values.dtype == np.float64
    assert target.name in ("gross", "profit_ratio")
    np.testing.assert_array_equal(values, target.values(money[target.columns]))
    np.testing.assert_array_equal(np.isnan(values), money[target.columns].isna().any(axis=1))
    assert np.isnan(values).any()


def test_profit_ratio_is_profit_by_budget_and_missing_without_a_budget():
    frame = pd.DataFrame({"b": [10.0, 10, 0, None, -5, 4, 10], "r": [30.0, 0, 7, 7, 7, None, 10]})
    np.testing.assert_array_equal(ProfitRatio("b", "r").values(frame), [2, -1, np.nan, np.nan, np.nan, np.nan, 0])


@every_target
def test_scaled_targets_agree_with_scikit_learn_and_are_undone(target, money):
    values = target.values(money)
    train = values[:30][~np.isnan(values[:30])]
    raw = np.log1p(values + target.shift) if target.transform == "log1p" else values
    scaler = StandardScaler().fit(raw[:30, None])
    scale = TargetScale.fit(target, train)
    scaled = scale.forward(values)
    assert np.nanstd(raw) > 0.1
    np.testing.assert_allclose(scaled, scaler.transform(raw[:, None])[:, 0])
    np.testing.assert_allclose(scale.inverse(scaled), values, rtol=1e-9, atol=1e-9)


def test_float32_predictions_are_undone_in_float64():
    scale = TargetScale("none", 0.0, mean=1e9, std=3.0)
    undone = scale.inverse(np.array([1.0, 2.0], dtype=np.float32))
    assert undone.dtype == np.float64
    assert undone.tolist() == [1_000_000_003.0, 1_000_000_006.0]


@pytest.mark.parametrize("transform", ["log", "LOG1P", True])
def test_a_transform_that_is_none_of_the_choices_is_refused(transform):
    message = f"the target 'gross': `transform` must be one of none, log1p, got {transform!r}"
    with pytest.raises(InputError, match=re.escape(message)):
        Target("gross", transform=transform)


def test_a_constant_training_target_is_refused():
    with pytest.raises(InputError, match=r"the target 'gross' is 2.5e\+07 in all 1,200 training rows: nothing"):
        TargetScale.fit(Target("gross", transform="log1p"), np.full(1200, 2.5e7))


def test_a_target_in_fewer_than_two_rows_is_refused():
    with pytest.raises(InputError, match="the target 'gross' must be there for 2 rows or more, got 1 of 3"):
        read_target(Target("gross"), pd.DataFrame({"gross": [np.nan, 1, np.nan]}))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Target("r", transform="log1p"), "'r' with log1p and shift 0 must be above -1, row 3 has -1; give a larger"),
        (
            Target("r", "log1p", shift=1.5),
            "'r' with log1p and shift 1.5 must be above -2.5, row 4 has -4;",
        ),
        (ProfitRatio("b", "r", "log1p", 0), "'profit_ratio' with log1p and shift 0 must be above -1, row 3 has -1.5;"),
        (
            ProfitRatio("tiny", "r"),
            "'profit_ratio' must be from -1e+100 to 1e+100, row 1 has 5e+101;",
        ),
    ],
)
def test_a_target_that_cannot_be_learnt_is_refused_by_row_and_value(target, message):
    frame = pd.DataFrame({"r": [5.0, np.nan, -1, -4], "b": 2.0, "tiny": 1e-101})
    with pytest.raises(InputError, match=re.escape(message)):
        read_target(target, frame)


def test_a_transformed_target_is_also_scored_on_the_scale_that_is_learnt():
    actual = np.array([0.0, 0, 1, 3, 400])
    scale = TargetScale.fit(Target("gross", transform="log1p", shift=1.0), actual)
    predicted = np.array([0.0, 0, 1, 3, 40])
    scores = scale.scores(actual, predicted)
    assert scores["r2"] == r2_score(actual, predicted)
    assert scores["r2_log1p"] == pytest.approx(r2_score(np.log1p(actual + 1), np.log1p(predicted + 1)))
    assert scores["rmse_log1p"] == pytest.approx(root_mean_squared_error(np.log1p(actual + 1), np.log1p(predicted + 1)))
    assert scores["r2"] < 0.1 < 0.7 < scores["r2_log1p"]
    plain = TargetScale.fit(Target("gross"), actual).scores(actual, predicted)
    assert plain == {name: value for name, value in scores.items() if not name.endswith("_log1p")}


def test_of_lognormal_targets_smearing_takes_medians_to_means():
    stream = np.random.default_rng(0)
    median = np.exp(stream.normal(3, 1, 100_000))
    actual = (median + 1) * np.exp(stream.normal(0, 0.5, len(median))) - 1
    scale = TargetScale.fit(Target("gross", transform="log1p"), actual)
    factor = scale.smearing(actual, median)
    assert factor == pytest.approx(np.exp(0.5**2 / 2), rel=0.01)
    assert scale.mean_of(median, factor).mean() == pytest.approx(actual.mean(), rel=0.01)
    weights = stream.integers(0, 3, len(median))
    assert scale.smearing(actual, median, weights) == pytest.approx(
        scale.smearing(np.repeat(actual, weights), np.repeat(median, weights))
    )


def test_a_prediction_at_the_end_of_log1p_has_a_score():
    actual = np.array([0.0, 1, 2])
    scale = TargetScale.fit(Target("gross", transform="log1p"), actual)
    assert np.isfinite(scale.scores(actual, scale.inverse(np.array([-1e3, 0, 1])))["r2_log1p"])
