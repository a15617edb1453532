from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance.null import DRAWS, BlockDraws, Blocks, null_parts


@pytest.fixture
def rows(make_study):
    """Return 60 rows of films that have 1 to 4 rows each."""
    study = make_study(60, (3, 10), seed=2)
    film = torch.from_numpy(np.repeat(np.arange(24), np.resize([1, 2, 3, 4], 24)))
    return replace(study.rows, film=film)


def test_blocks_add_up_the_rows_of_a_film(rows):
    index, row = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([1, 2, 0, 3, 9])
    blocks = Blocks.of(rows, index, row, torch.tensor([1.0, 2, 4, 8, 16], dtype=torch.float64))
    assert blocks.index.tolist() == [0, 0, 1, 1]
    assert blocks.size.tolist() == [1, 2, 1, 1]
    assert blocks.total.tolist() == [4, 3, 8, 16]


def test_random_blocks_are_different_rows_of_a_film_that_has_as_many(rows):
    draws = BlockDraws.of(rows, torch.tensor([], dtype=torch.int64), [1, 3], seed=4)
    chosen = draws.rows[draws.draws[3]]
    assert chosen.shape == (DRAWS, 3)
    film = rows.film[chosen]
    assert (film == film[:, :1]).all()
    assert (chosen.sort(1).values.diff(dim=1) > 0).all()
    counts = torch.bincount(rows.film)
    assert set(film[:, 0].tolist()) == set(torch.nonzero(counts >= 3)[:, 0].tolist())
    assert len(torch.unique(rows.film[draws.rows[draws.draws[1]]])) == 24
    assert torch.equal(draws.slot[draws.rows], torch.arange(len(draws.rows)))


def test_parts_hold_the_sums_of_random_blocks_and_own_ones(rows):
    draws = BlockDraws.of(rows, torch.tensor([], dtype=torch.int64), [1, 2], seed=4)
    effects = torch.randn(3, len(draws.rows), generator=torch.Generator().manual_seed(0))
    blocks = Blocks(torch.tensor([0, 0, 2, 2]), torch.tensor([1, 2, 2, 2]), torch.tensor([5.0, 6, 7, 8]).double())
    singles, pairs = null_parts(effects, blocks, draws, torch.tensor([True, True, False, True]))
    assert (singles.columns.tolist(), pairs.columns.tolist()) == ([0], [0, 2])
    assert pairs.times.tolist() == [1, 2]
    assert torch.allclose(pairs.values[1], effects[2][draws.draws[2]].sum(1))
    assert pairs.n_values.tolist() == [DRAWS + 1] * 2
    values = [np.append(effects[column][draws.draws[2]].sum(1), extra) for column, extra in ((0, 6), (2, 8))]
    assert pairs.mean.tolist() == pytest.approx([part.mean() for part in values], abs=1e-5)
    assert pairs.variance.tolist() == pytest.approx([part.var() for part in values], rel=1e-5)
    low, high = pairs.ends()
    assert low.tolist() == pytest.approx([(part - part.mean()).min() for part in values], abs=1e-5)
    assert high.tolist() == pytest.approx([(part - part.mean()).max() for part in values], abs=1e-5)
    only = pairs.only(torch.tensor([False, True, True]))
    assert (only.columns.tolist(), only.extra_index.tolist(), only.extra_value.tolist()) == ([1], [0], [8])
