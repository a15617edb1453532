from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats

from greenlight_films.importance.streams import child, keys_of, mix, permutation, random_subsets, uniform

ALL_BITS = 2**64 - 1


def streams(n: int, seed: int = 0) -> torch.Tensor:
    return child(torch.tensor(seed), torch.arange(n))


def murmur(bits: int) -> int:
    """MurmurHash3's finaliser in Python's own integers."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        bits = (bits ^ bits >> 33) * factor & ALL_BITS
    return bits ^ bits >> 33


def by_group(group: torch.Tensor, slot: torch.Tensor, row: torch.Tensor) -> list[list[int]]:
    """Return the rows of each group in the order of slots."""
    order = np.lexsort([slot.numpy(), group.numpy()])
    sizes = np.bincount(group.numpy())
    assert slot.numpy()[order].tolist() == [index for size in sizes for index in range(size)]
    return [part.tolist() for part in np.split(row.numpy()[order], sizes.cumsum()[:-1])]


def assert_equally_likely(drawn: list[tuple[int, ...]], possible: list[tuple[int, ...]]) -> None:
    counted = dict.fromkeys(possible, 0)
    for rows in drawn:
        counted[rows] += 1
    assert len(drawn) >= 20 * len(possible)
    assert stats.chisquare(list(counted.values())).pvalue > 0.001


def test_mix_is_murmurs_finaliser():
    values = [0, 1, -1, 2**63 - 1, -(2**63), 123456789, *streams(50).tolist()]
    mixed = mix(torch.tensor(values)).tolist()
    assert len(set(mixed)) == len(set(values)) > 50
    assert [value & ALL_BITS for value in mixed] == [murmur(value & ALL_BITS) for value in values]


def test_a_child_is_a_step_of_splitmix():
    for seed, index in [(0, 0), (5, 1), (-7, 10**6), (2**62, 2**40)]:
        step = (seed + (index + 1) * 0x9E3779B97F4A7C15) & ALL_BITS
        assert int(child(torch.tensor(seed), torch.tensor(index))) & ALL_BITS == murmur(step)


def test_uniform_numbers_of_children_are_uniform_and_unrelated():
    numbers = uniform(streams(20_001)).numpy()
    assert stats.kstest(numbers, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 4 / 20_000**0.5


@pytest.mark.parametrize("n_rows", [1, 2, 3, 8, 1000])
def test_a_permutation_has_every_row_once(n_rows):
    orders = [permutation(stream, n_rows).tolist() for stream in streams(40)]
    assert all(sorted(order) == list(range(n_rows)) for order in orders)
    assert len(set(map(tuple, orders))) == {1: 1, 2: 2, 3: 6, 8: 40, 1000: 40}[n_rows]


def test_all_permutations_are_equally_likely():
    drawn = [tuple(permutation(stream, 4).tolist()) for stream in streams(4800)]
    assert_equally_likely(drawn, list(permutations(range(4))))


@pytest.mark.parametrize("n_rows", [1, 2, 7, 8, 16, 50, 64])
def test_rows_of_a_group_are_different_and_as_many_as_asked_for(n_rows):
    counts = torch.tensor([1, n_rows, max(1, n_rows // 8), n_rows // 2 + 1, 1, max(1, n_rows // 10)])
    groups = by_group(*random_subsets(streams(6), counts, n_rows))
    assert [len(rows) for rows in groups] == counts.tolist()
    assert all(len(set(rows)) == len(rows) for rows in groups)
    assert all(0 <= row < n_rows for rows in groups for row in rows)


@pytest.mark.parametrize(("n_rows", "count"), [(16, 2), (24, 2), (5, 2), (4, 3)], ids=["few", "fewer", "many", "most"])
def test_each_ordered_choice_is_equally_likely(n_rows, count):
    possible = list(permutations(range(n_rows), count))
    n = 25 * len(possible)
    drawn = by_group(*random_subsets(streams(n), torch.full((n,), count), n_rows))
    assert_equally_likely([tuple(rows) for rows in drawn], possible)


def test_rows_drawn_again_and_again_stay_equally_likely():
    n_rows, count, n = 80, 10, 4000
    drawn = by_group(*random_subsets(streams(n), torch.full((n,), count), n_rows))
    collided = (uniform(child(streams(n)[:, None], torch.arange(count))) * n_rows).long()
    assert sum(len(set(rows)) < count for rows in collided.tolist()) > n / 4
    for slot in range(count):
        assert_equally_likely([(rows[slot],) for rows in drawn], [(row,) for row in range(n_rows)])


def test_a_group_draws_the_same_rows_in_whatever_company():
    n_rows, counts = 64, torch.tensor([1, 8, 40, 3, 64, 8, 9, 2])
    whole = by_group(*random_subsets(streams(8), counts, n_rows))
    alone = [by_group(*random_subsets(streams(8)[[index]], counts[[index]], n_rows))[0] for index in range(8)]
    backwards = by_group(*random_subsets(streams(8).flip(0), counts.flip(0), n_rows))[::-1]
    assert whole[1] != whole[5]
    assert whole == alone == backwards


def test_a_name_has_its_key_wherever_it_stands():
    names = [f"Cast={number}" for number in range(10_000)]
    keys = keys_of(names)
    assert keys.dtype == torch.int64
    assert len(set(keys.tolist())) == 10_000
    assert keys_of(names[::-1]).tolist() == keys.tolist()[::-1]
    assert keys_of(["Ким", "Cast=7"]).tolist()[1] == keys[7]
    assert keys_of([]).tolist() == []
