import math

import numpy as np
import pytest
import torch

from greenlight_films.importance import Estimates
from greenlight_films.importance.effects import (
    OffRows,
    of_shuffles,
    se_of_sample,
    std_of_shuffle,
)


def all_off_rows(study, index: int) -> OffRows:
    """Return the effect of an even column on every row without it."""
    column, [label] = study.matrix[:, index], study.entries.columns[[index]]
    row = torch.from_numpy(np.flatnonzero(column == 0))
    given = torch.full((len(row),), column.max(), dtype=torch.float32)
    change = study.reference().changes(row, label.repeat(len(row)), given)
    return OffRows.of(study.entries.part(index, index + 1), torch.zeros_like(row), row, change / given)


def lost(study, entries) -> torch.Tensor:
    return study.reference().changes(entries.row, entries.column, -entries.weight)


@pytest.mark.parametrize("index", range(7))
def test_the_std_of_a_shuffle_is_that_of_many_shuffles(make_study, index):
    study = make_study()
    entries = study.entries.part(index, index + 1)
    changes = study.exchanged(index)
    random = np.random.default_rng(index)
    orders = random.permuted(np.tile(np.arange(61), (20_000, 1)), axis=1)
    observed = changes[np.arange(61), orders].mean(1).std()
    result = std_of_shuffle(entries, lost(study, entries), all_off_rows(study, index))
    assert observed > 1e-4
    assert result.tolist() == pytest.approx([observed], rel=0.03)


@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("index", range(7))
def test_the_error_of_the_sample_is_the_spread_of_what_films_move(make_study, index, rows_a_film):
    study = make_study(rows_a_film=rows_a_film)
    entries = study.entries.part(index, index + 1)
    expected = study.moved(index).reshape(61, rows_a_film).mean(1).std(ddof=1) / 61**0.5
    result = se_of_sample(entries, lost(study, entries), all_off_rows(study, index))
    assert float(result) == pytest.approx(expected, rel=1e-4)


def test_a_sample_of_rows_stands_for_all_of_them(make_study):
    index, row = torch.tensor([0, 1, 1, 2]), torch.tensor([12, 12, 15, 18])
    slope = torch.tensor([1.0, 2.0, 3.0, 4.0])
    off = OffRows.of(make_study(rows_a_film=3).entries.part(0, 4), index, row, slope)
    assert off.rows.tolist() == [[1, 2, 1, 0], [1, 5, 4, 0], [1, 13, 16, 0]]
    assert off.by_film.tolist() == [[3, 6, 3, 0], [3, 15, 12, 0], [3, 39, 48, 0]]
    whole = off.standing_for(torch.tensor([5.0, 5.0, 5.0, 5.0]))
    assert whole.rows[1].tolist() == [5, 12.5, 20, 0]
    assert whole.by_film[1].tolist() == [15, 37.5, 60, 0]


@pytest.mark.parametrize("rows_a_film", [1, 3])
def test_sums_by_moments_are_those_of_all_rows_without_a_column(make_study, rows_a_film):
    study, index = make_study(rows_a_film=rows_a_film), 4
    entries, rows = study.entries.part(index, index + 1), torch.from_numpy(np.flatnonzero(study.matrix[:, index] == 0))
    slope = torch.from_numpy(np.random.default_rng(0).normal(size=len(rows)))
    expected = OffRows.of(entries, torch.zeros_like(rows), rows, slope)
    moments = slope.mean()[None], slope.var(correction=0)[None]
    result = OffRows.by_moments(entries, *moments)
    torch.testing.assert_close(result.rows, expected.rows)
    torch.testing.assert_close(result.by_film, expected.by_film)
    other = OffRows(result.rows + 1, result.by_film + 1)
    assert torch.equal(result.where(torch.tensor([False]), other).by_film, other.by_film)
    assert torch.equal(result.where(torch.tensor([True]), other).rows, result.rows)


def random_shuffles(seed: int, n_repeats: int, n_rows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(seed)
    return [(random.normal(1, 2, n_rows), random.permutation(n_rows)) for _ in range(n_repeats)]


def importance_of(shuffles: list[tuple[np.ndarray, np.ndarray]], film: np.ndarray) -> Estimates:
    """Return the importance by shuffles of a feature that 9 films carry; the loss is half the mean over rows."""
    tensors = [tuple(map(torch.from_numpy, shuffle)) for shuffle in shuffles]
    half = torch.tensor([0.5], dtype=torch.float64)
    return of_shuffles(tensors, torch.from_numpy(film), lambda means: (means / 2, half), 9)


def effects_of(shuffles: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return what each row adds as receiver and as giver, (n_repeats, n_rows) both."""
    got = np.array([change - change.mean() for change, _ in shuffles])
    gave = np.zeros_like(got)
    for repeat, (_, order) in enumerate(shuffles):
        gave[repeat][order] = got[repeat]
    return got, gave


def products(parts: np.ndarray) -> float:
    """Return the mean product of two different shuffles, summed over rows or films."""
    both = parts @ parts.T
    return float(both[~np.eye(len(parts), dtype=bool)].mean())


@pytest.mark.parametrize("seed", range(4))
def test_repeats_give_mean_std_and_both_errors(seed):
    shuffles = random_shuffles(seed, 4, 40)
    result, (got, gave) = importance_of(shuffles, np.arange(40) // 2), effects_of(shuffles)
    increase = np.array([change.mean() / 2 for change, _ in shuffles])
    by_film = products((got + gave).reshape(4, 20, 2).sum(2))
    own = (got**2).sum(1).mean() - products(got) - products(gave)
    assert by_film > 0 or own > 0
    expected = [
        increase.mean(),
        increase.std(ddof=1),
        0.5 * (max(own, 0) / 4) ** 0.5 / 40,
        0.5 * (max(by_film, 0) * 20 / 19) ** 0.5 / 40,
        9,
    ]
    assert [float(field) for field in (*result.fields()[:4], result.n_films)] == pytest.approx(expected)
    assert result.repeats.tolist() == [pytest.approx(increase.tolist())]


def test_a_single_repeat_has_no_std_and_both_errors_in_one():
    shuffles = random_shuffles(0, 1, 30)
    result = importance_of(shuffles, np.arange(30) // 2)
    assert result.mean.tolist() == pytest.approx([shuffles[0][0].mean() / 2])
    assert all(map(math.isnan, [*result.std.tolist(), *result.se_shuffle.tolist()]))
    got, gave = (part.reshape(15, 2).sum(1) for part in effects_of(shuffles))
    expected = np.maximum(((got + gave) ** 2).sum() - (gave**2).sum(), 0) * 15 / 14
    assert expected > 0
    assert result.se_sample.tolist() == pytest.approx([0.5 * expected**0.5 / 30])
