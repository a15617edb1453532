import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import r2_score

from greenlight_films.importance.evidence import gain_over, has_learnt, rank_correlation, rank_interval


def drawn(noise: float, n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a target, and predictions of it with that much noise."""
    random = np.random.default_rng(seed)
    actual = random.normal(size=n)
    return actual, actual + noise * random.normal(size=n)


def test_the_gain_over_the_mean_is_r2():
    actual, predicted = drawn(0.5)
    assert gain_over(float(actual.mean()), actual, predicted).value == pytest.approx(r2_score(actual, predicted))


def test_weighted_rows_are_rows_that_stand_there_so_many_times():
    actual, predicted = (values.round(1) for values in drawn(0.5))  # some are equal
    weights = np.random.default_rng(1).integers(0, 4, 60)
    repeated = actual.repeat(weights), predicted.repeat(weights)
    assert rank_correlation(*repeated).value == pytest.approx(spearmanr(*repeated).statistic)
    for measure in (rank_correlation, lambda *rows, **more: gain_over(0.1, *rows, **more)):
        assert measure(actual, predicted, weights=weights).value == pytest.approx(measure(*repeated).value)
    ends = rank_correlation(actual, predicted, weights=weights), rank_correlation(actual, predicted)
    assert ends[0].high - ends[0].low > ends[1].high - ends[1].low
    assert has_learnt(actual, np.where(weights > 0, predicted, -9.0), weights=weights)
    assert not has_learnt(actual, np.where(weights > 0, -predicted, actual), weights=weights)


def test_nineteen_of_twenty_weighted_intervals_hold_the_true_gain():
    held = []
    for seed in range(400):
        actual, predicted = drawn(0.5, 200, seed)
        gain = gain_over(0.0, actual, predicted, weights=np.random.default_rng((seed, 1)).exponential(size=200))
        held.append(gain.low <= 0.75 <= gain.high)
    assert 0.9 < np.mean(held) < 0.98


def test_nineteen_of_twenty_intervals_hold_the_true_gain():
    held, order_held = [], []
    for seed in range(400):
        actual, predicted = drawn(0.5, 200, seed)
        gain, order = gain_over(0.0, actual, predicted), rank_correlation(actual, predicted)
        held.append(gain.low <= 0.75 <= gain.high)
        order_held.append(order.low <= 0.886 <= order.high)  # of normal variables with a correlation of 1 / sqrt(1.25)
    assert 0.91 < np.mean(held) < 0.98
    assert 0.91 < np.mean(order_held) < 0.98


def test_rows_of_the_same_film_count_as_little_as_one():
    actual, predicted = drawn(0.5)
    alone, four_times = (gain_over(0.0, np.tile(actual, n), np.tile(predicted, n), 60) for n in (1, 4))
    assert four_times.value == pytest.approx(alone.value)
    assert four_times.high - four_times.low == pytest.approx(alone.high - alone.low, rel=0.02)


@pytest.mark.parametrize(
    ("actual", "predicted", "n_films", "expected"),
    [
        (*drawn(0.5), None, True),
        (drawn(0)[0], drawn(0)[0] * 0.1 - 5, None, True),  # ordered, far from the mean
        (drawn(0)[0], -drawn(0)[0], None, False),
        (drawn(0)[0], drawn(0, seed=1)[0], None, False),
        (drawn(0)[0], np.full(60, np.nan), None, False),
        (np.full(9, 6.0), np.arange(9.0), None, None),
        (np.array([1.0]), np.array([1.0]), None, None),
        (*drawn(0.5), 1, None),
        (np.r_[np.zeros(30), 100.0], np.r_[np.tile([9.0, -9.0], 15), 90.0], None, False),  # a single film makes R²
    ],
)
def test_a_model_has_learnt_where_it_is_better_than_the_mean_or_orders_films(actual, predicted, n_films, expected):
    assert has_learnt(actual, predicted, n_films) is expected


def test_of_a_few_films_any_order_may_be_chance():
    assert rank_interval(1.0, 3).low == -1
    assert rank_correlation(np.arange(5.0), np.zeros(5)) is None


def test_rows_that_weigh_nothing_tell_nothing():
    actual, predicted, weights = np.arange(5.0), np.arange(5.0) ** 2, np.array([0.0, 1, 0, 0, 0])
    assert rank_correlation(actual, predicted, weights=weights) is None
    assert has_learnt(actual, predicted, weights=weights) is None
    assert rank_correlation(actual, predicted, weights=np.array([0.0, 1, 1, 1, 1])).value == pytest.approx(1)
