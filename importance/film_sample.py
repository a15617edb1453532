"""`FilmSample`: held-out rows on which exact effects are computed; `CarrierEffects`: tests of what some rows carry."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.held_out import HeldOut, index_of, sum_by
from greenlight_films.importance.intervals import interval_ends
from greenlight_films.importance.null import BlockDraws, Blocks, NullPart, null_parts
from greenlight_films.importance.randomisation import convolved_p
from greenlight_films.importance.streams import permutation
from greenlight_films.importance.tangent import stream_of_order

MOST_ROWS = 1024


@dataclass(frozen=True)
class FilmSample:
    """Rows that stand for all held-out rows.

    Attributes:
        rank: (n_rows,) int64, the position of each row in a random order.
        uniform: (n,) bool, which of `rows` are drawn from all rows alike: the first in the random order.
        draws: random blocks of the rows, by size.
    """

    rank: Tensor
    uniform: Tensor
    draws: BlockDraws

    @property
    def rows(self) -> Tensor:
        """Return all rows that are looked at, (n,) int64, ascending."""
        return self.draws.rows

    @classmethod
    def of(cls, held_out: HeldOut, seed: int, sizes: Iterable[int] = (1,), most_rows: int = MOST_ROWS) -> "FilmSample":
        """Draw rows; where a film or cluster has several, blocks of some sizes besides."""
        order = permutation(stream_of_order(seed, held_out.cluster.device), held_out.n_rows)
        rank, draws = index_of(order, len(order)), BlockDraws.of(held_out, order[:most_rows], sizes, seed)
        return cls(rank, rank[draws.rows] < most_rows, draws)

    def most_carriers(self) -> int:
        """Return how many rows that carry something are looked at: half of all, so that others are left to compare."""
        return min(MOST_ROWS, len(self.rank) // 2)


@dataclass(frozen=True)
class CarrierEffects:
    """Mean effects of n things on the rows that carry them, compared with random draws of rows; all (n,) float64.

    Attributes:
        mean: on the carriers.
        p: of the randomisation test; NaN with fewer than three independent carriers.
        below: how far the true mean may lie below, at 95 %.
        above: how far above.
    """

    mean: Tensor
    p: Tensor
    below: Tensor
    above: Tensor

    @classmethod
    def of(
        cls, held_out: HeldOut, parts: list[NullPart], own: Blocks, seed: int, shrink: Tensor | None = None
    ) -> "CarrierEffects":
        """Test by null distributions, in `parts`, of the blocks of rows that carry each thing.

        Where rows are drawn singly, those of a null distribution and the carriers are a finite population, of which the
        carriers are a random part, and the mean is that of this population. Blocks are drawn with replacement, and
        their mean is known so well as the draws know it.

        Args:
            shrink: (n,), what the deviation of a sum is multiplied by, for draws without replacement: 0 where nothing
                is drawn. By default that of draws of equal rows.
        """
        n = int(own.index.max()) + 1
        n_blocks, counts = torch.bincount(own.index, minlength=n), sum_by(own.index, own.size, n)
        deviation, variance = sum_by(own.index, own.total, n), torch.zeros_like(counts)
        if shrink is None:
            n_rows = torch.full_like(counts, held_out.n_rows)
            if held_out.is_row_wise:
                n_rows[parts[0].columns] = parts[0].n_values.double()
            shrink = ((n_rows - counts) / (n_rows - 1).clamp(min=1)).sqrt()
        for part in parts:
            deviation[part.columns] -= part.times * part.mean
            factor = shrink[part.columns] ** 2
            if not held_out.is_row_wise:
                n_draws = part.values.shape[1]
                factor = (factor + part.times / n_draws) * (n_draws / part.n_values) ** 2
            variance[part.columns] += part.times * part.variance * factor
        error = torch.where(variance > 0, variance, 1.0).sqrt()
        p = convolved_p(parts, deviation, n_blocks, torch.zeros_like(error), error)
        # `interval_ends` gives the margins of an importance, which falls as the mean on the carriers rises.
        above, below = interval_ends(parts, own, counts, torch.ones_like(n_blocks).bool(), seed)
        mean = sum_by(own.index, own.total, n) / counts
        return cls(mean, torch.where(below.isnan() | (shrink == 0), torch.nan, p), below, above)


def carrier_effects(
    held_out: HeldOut, sample: FilmSample, index: Tensor, row: Tensor, effect: Tensor, effects: Tensor, seed: int
) -> CarrierEffects:
    """Test effects of things on the rows that carry them.

    Args:
        index: (n_carriers,) int64, from 0, which thing a row carries.
        row: (n_carriers,) int64.
        effect: (n_carriers,) float64, of the thing on the row.
        effects: (n, len(sample.rows)), of each thing on each row of the sample.
    """
    own = Blocks.of(held_out, index, row, effect)
    parts = null_parts(effects, own, sample.draws, sample.draws.lack(held_out, own, row))
    return CarrierEffects.of(held_out, parts, own, seed)
