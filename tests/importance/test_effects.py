import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance.effects import (
    OffRows,
    Shuffles,
    of_repeats,
    se_of_sample,
    spread,
    std_of_repeats,
    std_of_shuffle,
)


def all_off_rows(study, place: int) -> OffRows:
    """Return the effect of an even column on every row without it."""
    column, [label] = study.matrix[:, place], study.entries.columns[[place]]
    row = torch.from_numpy(np.flatnonzero(column == 0))
    given = torch.full((len(row),), column.max(), dtype=torch.float32)
    change = study.reference().changes(row, label.repeat(len(row)), given)
    ones = torch.ones(len(row), dtype=torch.float64)
    return OffRows.of(study.reference(), 1, torch.zeros_like(row), row, change / given, ones)


def lost(study, entries) -> torch.Tensor:
    return study.reference().changes(entries.row, entries.column, -entries.weight)


def error_of(study, place: int) -> float:
    entries, off = study.entries.part(place, place + 1), all_off_rows(study, place)
    return float(se_of_sample(study.reference(), entries, lost(study, entries), off))


@pytest.mark.parametrize("place", range(7))
def test_the_std_of_a_shuffle_is_that_of_many_shuffles(make_study, place):
    study = make_study()
    entries = study.entries.part(place, place + 1)
    changes = study.exchanged(place)
    random = np.random.default_rng(place)
    orders = random.permuted(np.tile(np.arange(61), (20_000, 1)), axis=1)
    observed = changes[np.arange(61), orders].mean(1).std()
    found = std_of_shuffle(study.reference(), entries, lost(study, entries), all_off_rows(study, place))
    assert observed > 1e-4
    assert found.tolist() == pytest.approx([observed], rel=0.03)


@pytest.mark.parametrize("place", range(7))
def test_the_error_of_the_sample_is_the_spread_of_what_rows_move(make_study, place):
    study = make_study()
    assert error_of(study, place) == pytest.approx(study.moved(place).std(ddof=1) / 61**0.5, rel=1e-4)


@pytest.mark.parametrize("place", range(7))
def test_rows_of_a_film_are_one_observation(make_study, place):
    study = make_study(rows_a_film=3)
    moved = study.moved(place)
    expected = moved.reshape(61, 3).mean(1).std(ddof=1) / 61**0.5
    assert expected > 1.6 * moved.std(ddof=1) / 183**0.5
    assert error_of(study, place) == pytest.approx(expected, rel=1e-4)


def test_films_whose_rows_differ_get_no_smaller_an_error(make_study):
    study = make_study(183, (3, 20, 90, 150))
    study = replace(study, rows=replace(study.rows, film=torch.arange(183) // 3))
    for place in range(4):
        assert error_of(study, place) > 0.9 * study.moved(place).reshape(61, 3).mean(1).std(ddof=1) / 61**0.5


def test_a_sample_of_rows_stands_for_all_of_them(make_study):
    place, row = torch.tensor([0, 1, 1, 2]), torch.tensor([12, 12, 15, 18])
    slope, count = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([10.0, 2.0, 3.0, 0.5])
    off = OffRows.of(make_study(rows_a_film=3).reference(), 4, place, row, slope, count)
    assert off.rows.tolist() == [[10, 5, 0.5, 0], [10, 13, 2, 0], [10, 35, 8, 0]]
    assert off.by_film.tolist() == [[30, 15, 1.5, 0], [30, 39, 6, 0], [30, 105, 24, 0]]
    whole = (off + off).standing_for(torch.tensor([5.0, 5.0, 5.0, 5.0]))
    assert whole.rows[1].tolist() == [5, 13, 20, 0]
    assert whole.by_film[1].tolist() == [15, 39, 60, 0]


def test_spread_is_the_std_of_a_sum():
    terms = np.random.default_rng(0).normal(2, 3, (40, 2))
    squares, total = torch.from_numpy((terms**2).sum(0)), torch.from_numpy(terms.sum(0))
    assert spread(squares, total, 40).tolist() == pytest.approx((terms.std(0, ddof=1) * 40**0.5).tolist())
    assert spread(squares[:1], squares[:1].sqrt(), 1).tolist() == pytest.approx([0], abs=1e-6)


def test_the_std_of_repeats_is_that_of_a_sample():
    increase = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_allclose(std_of_repeats(torch.from_numpy(increase)), increase.std(1, ddof=1), rtol=1e-12)
    assert std_of_repeats(torch.ones(2, 1)).isnan().tolist() == [True, True]


def shuffles_of(random, n_repeats: int, film: np.ndarray) -> tuple[Shuffles, np.ndarray, np.ndarray]:
    """Add up shuffles with random changes; return also what each row gets and gives, (n_repeats, n_rows) both."""
    shuffles = Shuffles(torch.from_numpy(film))
    got, gave = np.zeros((2, n_repeats, len(film)))
    for repeat in range(n_repeats):
        change, order = random.normal(1, 2, len(film)), random.permutation(len(film))
        shuffles.add(*map(torch.from_numpy, (change, order)))
        got[repeat] = change - change.mean()
        gave[repeat][order] = got[repeat]
    return shuffles, got, gave


def products(parts: np.ndarray) -> float:
    """Return the mean product of two different shuffles, summed over rows or films."""
    both = parts @ parts.T
    return float(both[~np.eye(len(parts), dtype=bool)].mean())


@pytest.mark.parametrize("seed", range(4))
def test_repeats_give_mean_std_and_both_errors(seed):
    random = np.random.default_rng(seed)
    increase, slope = random.normal(1, 2, (1, 4)), np.array([0.5])
    shuffles, got, gave = shuffles_of(random, 4, np.arange(40) // 2)
    found = of_repeats(torch.from_numpy(increase), torch.from_numpy(slope), shuffles, 9)
    by_film = products((got + gave).reshape(4, 20, 2).sum(2))
    own = (got**2).sum(1).mean() - products(got) - products(gave)
    assert by_film > 0 or own > 0
    assert [float(field) for field in found.fields()] == pytest.approx(
        [
            increase.mean(),
            increase.std(ddof=1),
            0.5 * (max(own, 0) / 4) ** 0.5 / 40,
            0.5 * (max(by_film, 0) * 20 / 19) ** 0.5 / 40,
            9,
        ]
    )


def test_a_single_repeat_has_no_std_and_both_errors_in_one():
    shuffles, got, gave = shuffles_of(np.random.default_rng(0), 1, np.arange(30) // 2)
    one = torch.ones(1, 1, dtype=torch.float64)
    found = of_repeats(one, one[:, 0], shuffles, 9)
    assert found.mean.tolist() == [1]
    assert all(map(math.isnan, [*found.std.tolist(), *found.se_shuffle.tolist()]))
    got, gave = (part.reshape(15, 2).sum(1) for part in (got, gave))
    expected = np.maximum(((got + gave) ** 2).sum() - (gave**2).sum(), 0) * 15 / 14
    assert expected > 0
    assert found.se_sample.tolist() == pytest.approx([expected**0.5 / 30])
