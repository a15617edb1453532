import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from importance.effects import OffRows, of_repeats, se_of_sample, spread, std_of_repeats, std_of_shuffle


def all_off_rows(study, place: int) -> OffRows:
    """Return the effect of an even column on every row without it."""
    column, [label] = study.matrix[:, place], study.entries.columns[[place]]
    row = torch.from_numpy(np.flatnonzero(column == 0))
    given = torch.full((len(row),), column.max(), dtype=torch.float32)
    with torch.inference_mode():
        change = study.baseline().changes(row, label.repeat(len(row)), given)
    ones = torch.ones(len(row), dtype=torch.float64)
    return OffRows.of(study.baseline(), 1, torch.zeros_like(row), row, change / given, ones)


def lost(study, entries) -> torch.Tensor:
    with torch.inference_mode():
        return study.baseline().changes(entries.row, entries.column, -entries.weight)


def contributions(study, place: int) -> np.ndarray:
    """Return what each row adds to the mean loss, averaged over all rows that it may get its entry from."""
    return study.exchanged(place).mean(1)


@pytest.mark.parametrize("place", range(7))
def test_the_std_of_a_shuffle_is_that_of_many_shuffles(make_study, place):
    study = make_study()
    entries = study.entries.part(place, place + 1)
    changes = study.exchanged(place)
    random = np.random.default_rng(place)
    orders = random.permuted(np.tile(np.arange(61), (20_000, 1)), axis=1)
    observed = changes[np.arange(61), orders].mean(1).std()
    found = std_of_shuffle(study.baseline(), entries, lost(study, entries), all_off_rows(study, place))
    assert observed > 1e-4
    assert found.tolist() == pytest.approx([observed], rel=0.03)


@pytest.mark.parametrize("place", range(7))
def test_the_error_of_the_sample_is_the_spread_of_rows(make_study, place):
    study = make_study()
    entries, each = study.entries.part(place, place + 1), contributions(study, place)
    off = all_off_rows(study, place)
    found = se_of_sample(study.baseline(), entries, lost(study, entries), off, torch.tensor([each.mean()]))
    assert found.tolist() == pytest.approx([each.std(ddof=1) / 61**0.5], rel=1e-4)


@pytest.mark.parametrize("place", range(7))
def test_rows_of_a_film_are_one_observation(make_study, place):
    study = make_study(rows_a_film=3)
    entries, each = study.entries.part(place, place + 1), contributions(study, place)
    by_film = each.reshape(61, 3).sum(1)
    off = all_off_rows(study, place)
    found = se_of_sample(study.baseline(), entries, lost(study, entries), off, torch.tensor([each.mean()]))
    expected = by_film.std(ddof=1) * 61**0.5 / 183
    assert expected > 1.6 * each.std(ddof=1) / 183**0.5
    assert found.tolist() == pytest.approx([expected], rel=1e-4)


def test_films_whose_rows_differ_get_no_smaller_an_error(make_study):
    study = make_study(183, (3, 20, 90, 150))
    study = replace(study, rows=replace(study.rows, film=torch.arange(183) // 3))
    for place in range(4):
        entries, each = study.entries.part(place, place + 1), contributions(study, place)
        off = all_off_rows(study, place)
        found = se_of_sample(study.baseline(), entries, lost(study, entries), off, torch.tensor([each.mean()]))
        assert float(found) > 0.9 * each.reshape(61, 3).sum(1).std(ddof=1) * 61**0.5 / 183


def test_a_sample_of_rows_stands_for_all_of_them(make_study):
    place, row = torch.tensor([0, 1, 1, 2]), torch.tensor([12, 12, 15, 18])
    slope, count = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([10.0, 2.0, 3.0, 0.5])
    off = OffRows.of(make_study(rows_a_film=3).baseline(), 4, place, row, slope, count)
    assert off.count.tolist() == [10, 5, 0.5, 0]
    assert off.slopes.tolist() == [10, 13, 2, 0]
    assert off.squares.tolist() == [10, 35, 8, 0]
    assert off.film_squares.tolist() == [30, 105, 24, 0]
    assert (off + off).standing_for(torch.tensor([5.0, 5.0, 5.0, 5.0])).slopes.tolist() == [5, 13, 20, 0]


def test_spread_is_the_std_of_a_sum():
    terms = np.random.default_rng(0).normal(2, 3, (40, 2))
    squares, total = torch.from_numpy((terms**2).sum(0)), torch.from_numpy(terms.sum(0))
    assert spread(squares, total, 40).tolist() == pytest.approx((terms.std(0, ddof=1) * 40**0.5).tolist())
    assert spread(squares[:1], squares[:1].sqrt(), 1).tolist() == pytest.approx([0], abs=1e-6)


def test_the_std_of_repeats_is_that_of_a_sample():
    increase = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_allclose(std_of_repeats(torch.from_numpy(increase)), increase.std(1, ddof=1), rtol=1e-12)
    assert std_of_repeats(torch.ones(2, 1)).isnan().tolist() == [True, True]


def test_repeats_give_mean_std_and_both_errors():
    random = np.random.default_rng(0)
    increase, by_film = random.normal(1, 2, (3, 8)), random.normal(size=(3, 50))
    scale = np.array([1.0, 0.5, 2.0])
    found = of_repeats(*map(torch.from_numpy, (increase, scale, by_film)), torch.tensor([9, 8, 7]))
    np.testing.assert_allclose(found.mean, increase.mean(1))
    np.testing.assert_allclose(found.std, increase.std(1, ddof=1))
    np.testing.assert_allclose(found.se_shuffle, increase.std(1, ddof=1) / 8**0.5)
    np.testing.assert_allclose(found.se_sample, scale * by_film.std(1, ddof=1) * 50**0.5)
    assert found.n_films.tolist() == [9, 8, 7]


def test_a_single_repeat_has_no_std():
    one = torch.ones(2, 1, dtype=torch.float64)
    found = of_repeats(one, one[:, 0], torch.ones(2, 4, dtype=torch.float64), torch.tensor([9, 9]))
    assert found.mean.tolist() == [1, 1]
    assert all(map(math.isnan, [*found.std.tolist(), *found.se_shuffle.tolist()]))
    assert found.z().isfinite().logical_not().tolist() == [True, True]  # four equal films have no spread either
