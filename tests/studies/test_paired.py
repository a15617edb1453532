"""Paired comparisons, against brute force, scipy and simulation."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from greenlight_films.studies.paired import (
    ClusterSums,
    compare_errors,
    mean_difference,
    paired_differences,
    resampled_interval,
    sign_flip_p,
)


def of_films(values: np.ndarray, weights: np.ndarray | None = None) -> ClusterSums:
    """Return sums where each row is a film."""
    return ClusterSums.of(values, np.arange(len(values)), weights)


def simulated(draw: Callable[[np.random.Generator], ClusterSums], n_draws: int = 2_000) -> tuple[float, float]:
    """Return the share of draws whose interval holds 0, and that of those with p <= 0.05."""
    stream = np.random.default_rng(0)
    differences = [mean_difference(draw(stream)) for _ in range(n_draws)]
    covered = np.mean([difference.low <= 0 <= difference.high for difference in differences])
    return covered, np.mean([difference.p <= 0.05 for difference in differences])


def test_of_independent_films_the_interval_is_that_of_a_paired_t_test():
    values = np.random.default_rng(1).normal(0.1, 1, 40)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    difference = mean_difference(of_films(values))
    assert difference.value == pytest.approx(values.mean())
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high))


def test_rows_of_a_film_count_as_one():
    values = np.random.default_rng(2).normal(0.1, 1, 30)
    films = np.arange(30)
    twice = mean_difference(ClusterSums.of(np.tile(values, 2), np.tile(films, 2)))
    assert vars(twice) == pytest.approx(vars(mean_difference(of_films(values))))


def test_a_weight_counts_as_so_many_rows_of_the_film():
    stream = np.random.default_rng(3)
    values, weights = stream.normal(0.1, 1, 30), stream.integers(0, 4, 30)
    repeated = ClusterSums.of(np.repeat(values, weights), np.repeat(np.arange(30), weights))
    assert (weights == 0).any()
    assert vars(mean_difference(of_films(values, weights))) == pytest.approx(vars(mean_difference(repeated)))


@pytest.mark.slow
@pytest.mark.parametrize("n_clusters", [10, 50])
def test_intervals_of_uneven_clusters_cover(n_clusters):
    def draw(stream: np.random.Generator) -> ClusterSums:
        clusters = np.repeat(np.arange(n_clusters), stream.integers(1, 6, n_clusters))
        shared = stream.normal(0, 1, n_clusters)[clusters]
        return ClusterSums.of(shared + stream.normal(0, 1, len(clusters)), clusters)

    covered, rejected = simulated(draw)
    assert 0.93 < covered < 0.98
    assert 0.03 < rejected < 0.065


def test_of_skewed_differences_halls_transform_covers_more_than_t():
    t = []

    def draw(stream: np.random.Generator) -> ClusterSums:
        sums = of_films(stream.lognormal(0, 1, 50) - np.exp(0.5))
        error = sums.total.std(ddof=1) / np.sqrt(50)
        t.append(abs(sums.mean) <= stats.t.ppf(0.975, 49) * error)
        return sums

    covered, _ = simulated(draw)
    assert np.mean(t) + 0.01 < covered < 0.97
    assert covered > 0.91


def test_the_p_of_a_skewed_difference_is_that_at_which_its_interval_ends():
    values = np.random.default_rng(5).lognormal(0, 1, 60)
    assert 1.5 < of_films(values).skew < 10
    difference = mean_difference(of_films(values))
    for end in ("low", "high"):
        moved = mean_difference(of_films(values - getattr(difference, end)))
        assert getattr(moved, end) == pytest.approx(0, abs=1e-9)
        assert moved.p == pytest.approx(0.05, abs=1e-6)


def test_nothing_is_given_where_a_single_film_decides():
    values = np.ones(200)
    values[0] = 1e6
    difference = mean_difference(of_films(values))
    assert difference.value == values.mean()
    assert np.isnan([difference.low, difference.high, difference.p]).all()
    assert np.isnan(mean_difference(of_films(np.array([1.0]))).low)


def test_few_clusters_try_all_signs():
    totals = np.array([3.0, -1.0, 2.5, 4.0, 0.5, 0.5])
    flipped = [abs(np.dot(signs, totals)) >= totals.sum() for signs in product((-1, 1), repeat=6)]
    assert sign_flip_p(totals) == np.mean(flipped)
    assert sign_flip_p(np.array([2.0])) == 1


@pytest.mark.parametrize("n_clusters", [60, 5_000])
def test_random_signs_agree_with_scipys(n_clusters):
    totals = np.random.default_rng(6).normal(1.9 / np.sqrt(n_clusters), 1, n_clusters)
    expected = 2 * stats.norm.sf(abs(totals.sum()) / np.sqrt(np.sum(totals**2)))
    assert sign_flip_p(totals) == pytest.approx(expected, abs=0.02)
    assert sign_flip_p(totals) == sign_flip_p(totals)
    assert sign_flip_p(totals + 1) == 1 / 10_000


@pytest.fixture
def predicted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a target and two models' predictions, whose errors go together."""
    stream = np.random.default_rng(7)
    actual, shared = stream.normal(6, 1, 300), stream.normal(0, 0.5, 300)
    return actual, actual + shared + stream.normal(0, 0.3, 300), actual + shared + stream.normal(0, 0.4, 300)


def test_the_difference_of_rmse_has_the_error_that_a_jackknife_gives(predicted):
    actual, first, second = predicted

    def difference_of(rows: np.ndarray) -> float:
        rmse = [np.sqrt(np.mean((model - actual)[rows] ** 2)) for model in (first, second)]
        return rmse[0] - rmse[1]

    rows = np.arange(300)
    left_out = np.array([difference_of(np.delete(rows, row)) for row in rows])
    margin = stats.t.ppf(0.975, 299) * np.sqrt(299 * left_out.var())
    score, difference = compare_errors(actual, first, second, rows)
    assert score == "rmse"
    assert difference.value == pytest.approx(difference_of(rows))
    assert (difference.high - difference.low) / 2 == pytest.approx(margin, rel=0.02)
    assert difference.high < 0


def test_the_other_way_round_signs_turn(predicted):
    actual, first, second = predicted
    (_, forth), (_, back) = (
        compare_errors(actual, *pair, np.arange(300)) for pair in ((first, second), (second, first))
    )
    assert (back.value, back.low, back.high, back.p) == pytest.approx((-forth.value, -forth.high, -forth.low, forth.p))


def test_absolute_errors_are_compared_where_squares_are_decided_by_a_single_film(predicted):
    actual, first, second = predicted
    actual, first, second = actual.copy(), first.copy(), second.copy()
    actual[0], first[0], second[0] = 50, 30, 45
    score, difference = compare_errors(actual, first, second, np.arange(300))
    assert score == "mae"
    assert difference.value == pytest.approx(np.mean(abs(first - actual) - abs(second - actual)))


def test_a_model_differs_in_nothing_from_itself(predicted):
    actual, first, second = predicted
    table = paired_differences(actual, {"mlp": first, "ridge": second}, "mlp", np.arange(300)).set_index("model")
    assert table.loc["mlp"].tolist() == ["rmse", 0, 0, 0, 1]
    assert table.loc["ridge", "difference"] < 0


def test_over_splits_the_variance_grows_by_the_share_of_films_that_are_tested():
    differences = np.random.default_rng(8).normal(1, 1, 5)
    low, high, p = resampled_interval(differences, n_train=80, n_test=0)
    expected = stats.ttest_1samp(differences, 0)
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert p == pytest.approx(expected.pvalue)
    wide = resampled_interval(differences, n_train=80, n_test=20)
    assert (wide[1] - wide[0]) / (high - low) == pytest.approx(np.sqrt((1 / 5 + 1 / 4) / (1 / 5)))
    assert resampled_interval(np.zeros(3), 80, 20) == (0, 0, 1)
    assert np.isnan(resampled_interval(np.ones(1), 80, 20)).all()


def test_the_corrected_interval_covers_where_the_usual_one_does_not():
    """Means of 20 random parts, each a fifth of the same 100 films, against the mean of all films to come: 0."""
    random, covered = np.random.default_rng(0), np.zeros(2)
    for _ in range(1_000):
        films = random.normal(size=100)
        differences = np.array([random.permutation(films)[:20].mean() for _ in range(20)])
        for number, n_test in enumerate((0, 20)):
            low, high, _ = resampled_interval(differences, 80, n_test)
            covered[number] += low <= 0 <= high
    assert covered[0] < 700
    assert 920 < covered[1] <= 985


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_differences_all_alike_have_an_interval_of_no_width(value, p):
    assert resampled_interval(np.full(3, value), 80, 20) == (value, value, p)
