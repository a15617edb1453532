import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from statsmodels.stats.multitest import multipletests

from greenlight_films.importance import FEW_FILMS, Estimates
from greenlight_films.importance.estimates import benjamini_hochberg

NAN = math.nan


def importance(mean: list[float], se_shuffle: list[float], se_sample: list[float], n_films: list[int]) -> Estimates:
    numbers = [torch.tensor(field, dtype=torch.float64) for field in (mean, [0.1] * len(mean), se_shuffle, se_sample)]
    return Estimates.untested(*numbers, torch.tensor(n_films)).tested_by_errors()


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_q_values_are_those_of_statsmodels(n):
    p = np.random.default_rng(n).random(n) ** 3
    expected = multipletests(p, method="fdr_bh")[1]
    assert n == 1 or not np.allclose(expected, p)
    np.testing.assert_allclose(benjamini_hochberg(p), expected, rtol=1e-12)


def test_a_missing_p_value_counts_for_nothing():
    p = np.random.default_rng(3).random(40) ** 2
    known = np.random.default_rng(4).random(40) < 0.7
    q = benjamini_hochberg(np.where(known, p, NAN))
    assert 20 < known.sum() < 40
    np.testing.assert_allclose(q[known], multipletests(p[known], method="fdr_bh")[1], rtol=1e-12)
    assert np.isnan(q[~known]).all()


@pytest.mark.parametrize("p", [[], [NAN, NAN]])
def test_without_p_values_there_are_no_q_values(p):
    q = benjamini_hochberg(np.array(p))
    assert len(q) == len(p)
    assert np.isnan(q).all()


def test_p_and_the_interval_take_both_errors():
    result = importance([1.0, -1.0, 0.3, 1.0], [0.3, 0.3, 0.0, NAN], [0.4, 0.4, 0.1, 0.5], [10] * 4)
    assert result.p.tolist() == pytest.approx((2 * stats.norm.sf([2, 2, 3, 2])).tolist(), rel=1e-12)
    assert result.low.tolist() == pytest.approx([0.02, -1.98, 0.104, 0.02])
    assert result.high.tolist() == pytest.approx([1.98, -0.02, 0.496, 1.98])


def test_errors_of_fewer_than_five_films_give_no_p_and_no_interval():
    result = importance([1.0] * 4, [0.3] * 4, [0.4] * 4, [1, 4, 5, 6])
    for numbers in (result.p, result.low, result.high, result.q()):
        assert numbers.isnan().tolist() == [True, True, False, False]
    assert result.estimable.all()


def test_q_is_among_features_with_an_interval():
    assert FEW_FILMS == 3
    p = torch.tensor([0.001, 0.02, 0.03, 0.5], dtype=torch.float64)
    low = torch.tensor([NAN, 0.1, 0.1, 0.1], dtype=torch.float64)
    result = replace(importance([1.0] * 4, [0.3] * 4, [0.4] * 4, [2, 3, 9, 9]), p=p, low=low)
    assert result.q().tolist() == pytest.approx([NAN, *multipletests(p[1:], method="fdr_bh")[1]], nan_ok=True)


def test_q_counts_only_features_with_a_p_value():
    result = importance([1.0, 0.8, 1.0, NAN], [0.3] * 4, [0.4] * 4, [10, 10, 2, 0])
    p = result.p.tolist()
    assert p[0] < p[1] < 0.2
    assert result.q()[:2].tolist() == pytest.approx([2 * p[0], p[1]])


@pytest.mark.parametrize(("value", "p"), [(NAN, NAN), (0.0, 1)])
def test_what_is_unknown_is_nan_and_no_effect_is_no_evidence(value, p):
    filled = Estimates.filled(value, torch.tensor([0, 7]), 3)
    numbers = [float(field[1]) for field in (*filled.fields(), filled.q())]
    assert numbers == pytest.approx([value] * 4 + [p, value, value, 7, p], nan_ok=True)
    assert filled.repeats.shape == (2, 3)
    assert filled.estimable.tolist() == [value == 0] * 2


def test_features_are_put_at_their_indices_and_nowhere_else():
    whole = Estimates.unknown(torch.zeros(4, dtype=torch.int64))
    whole.put(torch.tensor([3, 1]), importance([1.0, 2.0], [0.1, 0.2], [0.3, 0.4], [8, 9]))
    assert whole.estimable.tolist() == [False, True, False, True]
    assert whole.mean[[1, 3]].tolist() == [2, 1]
    assert whole.n_films.tolist() == [0, 9, 0, 8]


def test_parts_are_joined_in_order():
    parts = [importance([1.0], [0.1], [0.2], [5]), importance([2.0, 3.0], [0.3, 0.4], [0.5, 0.6], [6, 7])]
    whole = Estimates.cat(parts)
    assert whole.mean.tolist() == [1, 2, 3]
    assert whole.se_shuffle.tolist() == [0.1, 0.3, 0.4]
    assert whole.se_sample.tolist() == [0.2, 0.5, 0.6]
    assert whole.n_films.tolist() == [5, 6, 7]
    assert whole.cpu().mean.tolist() == [1, 2, 3]
    assert whole.take(torch.tensor([2, 0])).se_shuffle.tolist() == [0.4, 0.1]


def test_repeats_are_joined_where_all_parts_have_as_many_and_are_the_means_elsewhere():
    single = importance([1.0], [0.1], [0.2], [5])
    several = replace(single, repeats=torch.tensor([[0.5, 1.5]], dtype=torch.float64))
    empty = Estimates.unknown(torch.tensor([], dtype=torch.int64))
    assert Estimates.cat([several, empty, several]).repeats.tolist() == [[0.5, 1.5]] * 2
    assert Estimates.cat([single, several]).repeats.tolist() == [[1], [1]]
    assert Estimates.cat([empty, empty]).repeats.shape == (0, 1)
