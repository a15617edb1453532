import numpy as np
import pytest

from greenlight_films.importance.spread import spread


def test_rows_are_spread_over_predictions_and_over_years():
    random = np.random.default_rng(0)
    years, predicted = random.integers(1950, 2020, 5000).astype(float), random.lognormal(size=5000)
    rows = spread(predicted, years, 512)
    assert len(set(rows.tolist())) == 512
    for values in (years, predicted):
        shares = np.linspace(0.05, 0.95, 10)
        ranks = np.searchsorted(np.sort(values), np.quantile(values[rows], shares)) / 5000
        assert ranks == pytest.approx(shares, abs=0.03)
    joint = np.corrcoef(years[rows], predicted[rows])[0, 1]
    assert joint == pytest.approx(np.corrcoef(years, predicted)[0, 1], abs=0.06)


def test_the_mean_is_nearer_to_that_of_all_than_a_random_draws():
    random = np.random.default_rng(1)
    years, predicted = random.integers(1950, 2020, 3000).astype(float), random.normal(size=3000)
    draws = [predicted[random.choice(3000, 512, replace=False)].mean() for _ in range(200)]
    rows = spread(predicted, years, 512)
    assert abs(predicted[rows].mean() - predicted.mean()) < 0.5 * np.std(draws)


def test_unknown_years_are_a_group_of_their_own():
    years = np.array([np.nan] * 50 + [2000.0] * 50)
    assert np.isnan(years[spread(np.arange(100.0), years, 10)]).sum() == 5


@pytest.mark.parametrize("n", [3, 7])
def test_all_rows_are_taken_where_there_are_few(n):
    assert spread(np.array([3.0, 1, 2]), None, n).tolist() == [0, 1, 2]


def test_it_is_the_same_again():
    predicted = np.random.default_rng(2).normal(size=100).round(1)
    assert spread(predicted, None, 10).tolist() == spread(predicted, None, 10).tolist()
    assert len(spread(np.zeros(0), None, 10)) == 0
