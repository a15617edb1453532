import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from greenlight_films.importance.null import NullPart
from greenlight_films.importance.randomisation import convolved_p, ranked_p

REFERENCE = Path(__file__).parents[3] / "shared/reference/rare_labels.json"
NONE = torch.tensor([], dtype=torch.int64)


def part_of(values: np.ndarray, k: int, n: int = 1) -> NullPart:
    """Return the null distribution of n labels on k films each, from the effects on all films."""
    repeated = torch.from_numpy(np.tile(values, (n, 1)))
    return NullPart(torch.arange(n), repeated, torch.full((n,), k), NONE, NONE.double(), 1)


def p_of(values: np.ndarray, sums: np.ndarray, k: int, shrink: float = 1.0, noise: float = 0.0) -> np.ndarray:
    """Return p of sums over k films, (n,)."""
    observed = torch.from_numpy(np.atleast_1d(sums) - k * values.mean())
    constants = (torch.full_like(observed, value) for value in (shrink, noise))
    return convolved_p(
        [part_of(values, k, len(observed))], observed, torch.full((len(observed),), k), *constants
    ).numpy()


def enumerated(values: np.ndarray, own: float, k: int) -> float:
    """Return the two-sided mid-p of a sum among the sums of all ordered draws with replacement."""
    sums = np.array([sum(draw) for draw in product(values, repeat=k)])
    below, same = (sums < own - 1e-9).mean(), (np.abs(sums - own) <= 1e-9).mean()
    return min(1, 2 * min(below + same / 2, 1 - below - same / 2))


@pytest.mark.skipif(not REFERENCE.is_file(), reason="needs the shared reference")
@pytest.mark.parametrize("label", range(4))
def test_p_is_that_of_all_draws_in_the_reference(label):
    answers = json.loads(REFERENCE.read_text())
    values, has = np.array(answers["labels"][label]["d"]), np.array(answers["has"])[:, label] == 1
    k, own = int(has.sum()), values[has].sum()
    if k == 1:
        ours = ranked_p([part_of(values, 1)], torch.tensor([own], dtype=torch.float64))
        assert float(ours) == pytest.approx(answers["labels"][label]["p_rank"])
    else:
        assert p_of(values, own, k).item() == pytest.approx(answers["labels"][label]["p_with_replacement"], abs=0.006)


@pytest.mark.parametrize("k", [2, 3])
def test_p_is_that_of_all_draws_far_out_in_both_tails_too(k):
    values = np.random.default_rng(k).lognormal(sigma=1.5, size=40)
    sums = np.array([values[:k].sum(), np.sort(values)[-k:].sum() * 0.9, np.sort(values)[:k].sum() * 1.5])
    expected = [enumerated(values, own, k) for own in sums]
    assert min(expected) < 0.01
    np.testing.assert_allclose(p_of(values, sums, k), expected, atol=0.003, rtol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "lognormal"])
@pytest.mark.parametrize("k", [2, 5, 30, 250])
def test_random_draws_are_rejected_as_often_as_they_should_be(kind, k):
    random = np.random.default_rng(0)
    values = random.normal(size=552) if kind == "normal" else random.lognormal(sigma=1.5, size=552)
    sums = np.array([values[random.permutation(552)[:k]].sum() for _ in range(3000)])
    p = p_of(values, sums, k, ((552 - k) / 551) ** 0.5)
    assert 0.04 <= (p < 0.05).mean() <= 0.065
    assert (p < 0.001).mean() <= (0.003 if k < 250 else 0.006)


def test_a_single_film_is_ranked_among_all_and_ties_count_on_both_sides():
    values = np.array([1.0, 2, 2, 3, 9])
    p = ranked_p([part_of(values, 1, 3)], torch.tensor([9.0, 2, 1]).double())
    assert p.tolist() == pytest.approx([0.4, 1, 0.4])


def test_effects_that_are_the_same_on_all_films_tell_nothing():
    assert p_of(np.full(50, 0.3), np.array([0.9, 0.9]), 3).tolist() == [1, 1]


def test_a_sum_that_is_known_with_an_error_is_less_sure():
    values, sums = np.random.default_rng(0).normal(size=500), np.array([4.0, 6.0])
    assert (p_of(values, sums, 4, noise=1.0) > 1.2 * p_of(values, sums, 4)).all()


def test_blocks_of_two_sizes_are_convolved():
    random = np.random.default_rng(0)
    small, large = random.normal(size=400), random.normal(size=400) * 3
    parts = [
        NullPart(torch.tensor([0]), torch.from_numpy(values[None]), torch.tensor([times]), NONE, NONE.double(), size)
        for values, times, size in ((small, 2, 1), (large, 3, 2))
    ]
    drawn = small[random.integers(400, size=(200_000, 2))].sum(1) + large[random.integers(400, size=(200_000, 3))].sum(
        1
    )
    centred = drawn - 2 * small.mean() - 3 * large.mean()
    for observed in (4.0, -9.0):
        expected = 2 * min((centred < observed).mean(), (centred > observed).mean())
        unit = torch.ones(1, dtype=torch.float64)
        ours = convolved_p(parts, observed * unit, torch.tensor([5]), unit, 0 * unit)
        assert float(ours) == pytest.approx(expected, rel=0.05)


def test_a_part_without_columns_changes_nothing():
    values = np.arange(12.0)
    empty = NullPart(NONE, torch.zeros((0, 12), dtype=torch.float64), NONE, NONE, NONE.double(), 1)
    observed, constants = torch.tensor([5.0], dtype=torch.float64), [torch.ones(1).double(), torch.zeros(1).double()]
    alone, beside = (
        convolved_p(parts, observed, torch.tensor([2]), *constants)
        for parts in ([part_of(values, 2)], [part_of(values, 2), empty])
    )
    assert alone == beside
    assert convolved_p([empty], observed, torch.tensor([2]), *constants) == 1
