"""What is measured of predictions for the verdict, held against numpy, repeated rows and the scores themselves."""

import json

import numpy as np
import pytest

from greenlight_films.datamodules.targets import TargetScale
from greenlight_films.studies.facts import measured


@pytest.mark.parametrize("scale", [TargetScale("none", 0, 45, 8), TargetScale("log1p", 0, 3.8, 0.2)])
def test_facts_are_those_of_the_scale_that_was_learnt_and_of_the_unit(scale):
    random = np.random.default_rng(3)
    training = scale.inverse(random.normal(size=300))
    learnt = random.normal(1.5, 1, 50)
    actual, predicted = scale.inverse(learnt), scale.inverse(learnt - 1.2 + random.normal(0, 0.2, 50))
    facts = measured(training, actual, predicted, scale, 50)
    mean = scale.forward(training).mean()
    skill = 1 - np.sum((scale.forward(predicted) - learnt) ** 2) / np.sum((learnt - mean) ** 2)
    assert facts.skill_against_training_mean == pytest.approx(skill)
    assert facts.drift == pytest.approx(learnt.mean() - mean)
    assert facts.drift_low > 1
    assert (facts.is_better, facts.is_ordered, facts.drift_matters) == (True, True, True)
    assert facts.worst_row == 1 + np.abs(predicted - actual).argmax()
    json.dumps(vars(facts), allow_nan=False)


@pytest.mark.parametrize("scale", [TargetScale("none", 0, 45, 8), TargetScale("log1p", 0, 3.8, 0.2)])
def test_rows_count_by_their_weights_as_in_all_scores(scale):
    random = np.random.default_rng(3)
    training, actual = (scale.inverse(random.normal(size=n)) for n in (90, 40))
    predicted = scale.inverse(scale.forward(actual) + random.normal(0, 0.8, 40))
    known, tested = (random.integers(0, 5, n).astype(float) for n in (90, 40))
    tested[:2] = 0, 4
    facts = measured(training, actual, predicted, scale, 40, known, tested)
    repeated = measured(
        training.repeat(known.astype(int)), actual.repeat(tested.astype(int)), predicted.repeat(tested.astype(int)),
        scale, int(tested.sum()),
    )  # fmt: skip
    names = ["rmse", "r2", "r2_learnt", "spearman", "skill_against_training_mean", "drift", "training_mean"]
    for name in [*names, "test_mean"]:
        assert getattr(facts, name) == pytest.approx(getattr(repeated, name)), name
    scores = scale.scores(actual, predicted, tested)
    assert (facts.r2, facts.spearman) == pytest.approx((scores["r2"], scores["spearman"]))
    worst = int((tested * (predicted - actual) ** 2).argmax())
    others = np.delete(np.arange(40), worst)
    assert facts.worst_row == worst + 1
    assert facts.r2_without_worst == pytest.approx(
        scale.scores(actual[others], predicted[others], tested[others])["r2"]
    )
    even = measured(training, actual, predicted, scale, 40)
    assert measured(training, actual, predicted, scale, 40, np.full(90, 2.0), np.full(40, 2.0)) == even
    for short in ("spearman", "drift"):  # uneven weights tell less
        width, of_even = (getattr(each, f"{short}_high") - getattr(each, f"{short}_low") for each in (facts, even))
        assert width > of_even
