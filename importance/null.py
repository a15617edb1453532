"""What a label's effects would be if the films that carry it were drawn at random: the null distribution of its test.

A label's carriers fall into blocks, one a film (or cluster), of a row or more. Under the null hypothesis a block of m
rows is a random draw of m rows from a random cluster that has as many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from greenlight_films.importance.held_out import Entries, HeldOut, at, index_of, sum_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.tangent import Tangent

DRAWS = 512  # random blocks of each size, where films have several rows


@dataclass(frozen=True)
class Blocks:
    """Rows of a cluster that carry a column, added up; all (n,).

    Attributes:
        index: which of the columns.
        size: how many rows.
        total: float64, the sum of the column's effects on them.
    """

    index: Tensor
    size: Tensor
    total: Tensor

    @classmethod
    def of(cls, rows: HeldOut, index: Tensor, row: Tensor, effect: Tensor) -> "Blocks":
        """Add up the effects of columns on rows, all (n,), over clusters."""
        if rows.is_row_wise:
            return cls(index, torch.ones_like(index), effect)
        key, group, size = torch.unique(
            index * rows.n_clusters + rows.cluster[row], return_inverse=True, return_counts=True
        )
        return cls(key // rows.n_clusters, size, sum_by(group, effect, len(key)))

    def only(self, chosen: Tensor) -> "Blocks":
        """Return the blocks where `chosen`, (n,) bool, is true."""
        return Blocks(self.index[chosen], self.size[chosen], self.total[chosen])

    def and_those(self, others: "Blocks") -> "Blocks":
        """Return these blocks, and after them others."""
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return Blocks(*(torch.cat(pair) for pair in pairs))


def block_sizes(rows: HeldOut, index: Tensor, row: Tensor) -> set[int]:
    """Return the sizes of the blocks of rows that carry columns; `index` and `row` are as of `Blocks.of`."""
    return set(torch.unique(Blocks.of(rows, index, row, row.double()).size).tolist())


@dataclass(frozen=True)
class BlockDraws:
    """Random blocks of each size, the same for all columns.

    Attributes:
        rows: (n,) int64, ascending: the rows that any draw has.
        slot: (n_rows,) int64, where a row stands among `rows`; -1 where it doesn't.
        draws: by size, (n_draws, size) int64, indices among `rows`.
    """

    rows: Tensor
    slot: Tensor
    draws: dict[int, Tensor]

    @classmethod
    def of(cls, held_out: HeldOut, singles: Tensor, sizes: Iterable[int], seed: int) -> "BlockDraws":
        """Draw blocks of some sizes; where each row is drawn alone, the blocks are `singles`.

        Args:
            singles: (n,) int64, rows that are among `rows` whatever is drawn.
        """
        rows = singles.sort().values
        drawn = {1: rows[:, None]}
        if not held_out.is_row_wise:
            film = held_out.cluster.cpu().numpy()
            drawn = {size: torch.from_numpy(random_blocks(film, size, seed)).to(rows.device) for size in sizes}
            rows = torch.unique(torch.cat([rows, *(blocks.flatten() for blocks in drawn.values())]))
        slot = index_of(rows, held_out.n_rows)
        return cls(rows, slot, {size: slot[blocks] for size, blocks in drawn.items()})

    def lack(self, held_out: HeldOut, blocks: Blocks, row: Tensor) -> Tensor:
        """Return which blocks of some rows, (n,) int64, are not among these, (n_blocks,) bool.

        Where films or clusters have several rows, none is taken to be among them.
        """
        return at(self.slot, row) < 0 if held_out.is_row_wise else torch.ones_like(blocks.index).bool()


def random_blocks(film: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Return random rows of random films that have as many, (DRAWS, size) int64."""
    random = np.random.default_rng((seed, size))
    order, counts = np.argsort(film, kind="stable"), np.bincount(film)
    starts = np.cumsum(counts) - counts
    chosen = random.choice(np.flatnonzero(counts >= size), DRAWS)
    ticket = random.random((DRAWS, int(counts[chosen].max())))
    ticket[np.arange(ticket.shape[1]) >= counts[chosen][:, None]] = 2  # beyond the film's rows
    slots = np.argpartition(ticket, size - 1, axis=1)[:, :size]
    return order[starts[chosen][:, None] + slots]


@dataclass(frozen=True)
class NullPart:
    """The effects of random blocks of one size on some columns.

    Attributes:
        columns: (n,) int64, the columns that have blocks of this size.
        values: (n, n_draws), the sum of a column's effects on each random block.
        times: (n,) int64, how many of its blocks have this size.
        extra_index: (e,) int64, which of `columns` has a block more: one of its own that no draw has.
        extra_value: (e,) float64.
        size: rows a block.
    """

    columns: Tensor
    values: Tensor
    times: Tensor
    extra_index: Tensor
    extra_value: Tensor
    size: int

    @property
    def n_values(self) -> Tensor:
        """Return how many values each column has, (n,)."""
        return self.values.shape[1] + torch.bincount(self.extra_index, minlength=len(self.columns))

    @cached_property
    def mean(self) -> Tensor:
        """Return the mean of each column's values, (n,) float64."""
        extra = sum_by(self.extra_index, self.extra_value, len(self.columns))
        return (self.values.sum(1, dtype=torch.float64) + extra) / self.n_values

    @cached_property
    def deviations(self) -> Tensor:
        """Return the values of draws less their mean, (n, n_draws)."""
        return self.values - self.mean[:, None].to(self.values.dtype)

    @cached_property
    def extra_deviations(self) -> Tensor:
        """Return the extra values less their mean, (e,) float64."""
        return self.extra_value - at(self.mean, self.extra_index)

    @cached_property
    def variance(self) -> Tensor:
        """Return the variance of each column's values, (n,) float64."""
        extra = sum_by(self.extra_index, self.extra_deviations**2, len(self.columns))
        return (torch.linalg.vector_norm(self.deviations, dim=1).double() ** 2 + extra) / self.n_values

    def ends(self) -> tuple[Tensor, Tensor]:
        """Return each column's smallest and largest deviation, (n,) float64."""
        low, high = (end.double() for end in self.deviations.aminmax(dim=1))
        low.scatter_reduce_(0, self.extra_index, self.extra_deviations, "amin")
        high.scatter_reduce_(0, self.extra_index, self.extra_deviations, "amax")
        return low, high

    def only(self, chosen: Tensor) -> "NullPart":
        """Return the columns where `chosen`, (n_columns,) bool, is true; they are counted from 0 among these."""
        if bool(chosen.all()):
            return self
        kept = at(chosen, self.columns)
        extra = at(kept, self.extra_index)
        columns, which = (at(mask.cumsum(0) - 1, of) for mask, of in ((chosen, self.columns), (kept, self.extra_index)))
        return NullPart(
            columns[kept], self.values[kept], self.times[kept], which[extra], self.extra_value[extra], self.size
        )


def null_parts(effects: Tensor, blocks: Blocks, draws: BlockDraws, extra: Tensor) -> list[NullPart]:
    """Return the null distributions of columns by block size.

    Args:
        effects: (n_columns, n), of each column on `draws.rows`.
        blocks: of the rows that are taken for a random draw.
        extra: of `blocks`, (n,) bool, which belong to the values although no draw has them.
    """
    parts, n_columns = [], len(effects)
    for size in torch.unique(blocks.size).tolist():
        chosen = blocks.size == size
        times = torch.bincount(blocks.index[chosen], minlength=n_columns)
        columns = torch.nonzero(times).squeeze(1)
        own = effects if len(columns) == n_columns else effects[columns]
        if size > 1 or len(draws.draws[1]) < effects.shape[1]:
            drawn = draws.draws[size]
            own = own[:, drawn.flatten()].view(len(own), *drawn.shape).sum(2)
        more = chosen & extra
        which = index_of(columns, n_columns)[blocks.index[more]]
        parts.append(NullPart(columns, own, times[columns], which, blocks.total[more], size))
    return parts


def effects_on(
    reference: Reference,
    tangent: Tangent,
    entries: Entries,
    draws: BlockDraws,
    known: tuple[Tensor, Tensor, Tensor],
) -> Tensor:
    """Return the effect of each column on `draws.rows`, (n_columns, n): exact where known, else to first order.

    Args:
        known: column index, row and effect, each (n,).
    """
    effects = tangent.table(reference, entries, draws.rows)
    index, row, effect = known
    slot = at(draws.slot, row)
    kept = slot >= 0
    effects[index[kept], slot[kept]] = effect[kept].to(effects.dtype)
    return effects
