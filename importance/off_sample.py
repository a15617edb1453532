"""`OffSample`: a few rows on which the effect of a label is measured exactly, from those without it or from all."""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.effects import OffRows
from greenlight_films.importance.held_out import Entries, at, index_of
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, sort_values, uniform
from greenlight_films.importance.tangent import Tangent

FEW_SAMPLED = 8  # rows: fewer can't tell their own variance


@dataclass(frozen=True)
class OffSample:
    """Rows with the exact effect of a column on their loss; all (n,), by column.

    Attributes:
        index: which of the columns, ascending.
        weight: with which it enters a row that doesn't carry it.
        change: float64, the loss with the column less that without it.
        is_distinct: whether a row is there once only.
        is_of_all: whether they are drawn from all rows; else from those that don't carry a column.
    """

    index: Tensor
    row: Tensor
    weight: Tensor
    change: Tensor
    is_distinct: bool = True
    is_of_all: bool = False

    @classmethod
    def of_parts(cls, parts: "list[OffSample]") -> "OffSample":
        """Return the rows of all parts, in which they need not be sorted and may be several times."""
        index, row, weight, change = (
            torch.cat([getattr(part, name) for part in parts]) for name in ("index", "row", "weight", "change")
        )
        if not bool((index.diff() < 0).any()):
            return cls(index, row, weight, change, is_distinct=False)
        order = torch.argsort(index, stable=True)
        return cls(at(index, order), at(row, order), at(weight, order), at(change, order), is_distinct=False)

    def moments(self, entries: Entries) -> OffRows:
        """Return the sums from which standard errors are computed."""
        slope = self.change if entries.held_out.entering is not None else self.change / self.weight
        return OffRows.of(entries, self.index, self.row, slope)

    def missed(self, reference: Reference, tangent: Tangent, entries: Entries) -> Tensor:
        """Return the exact effects less the second-order ones, (n,) float64."""
        return self.change - tangent.effects(reference, self.row, at(entries.columns, self.index), self.weight)

    def part(self, first: int, stop: int) -> "OffSample":
        """Return the rows of columns[first:stop]."""
        ends = torch.searchsorted(self.index, torch.tensor([first, stop], device=self.index.device)).tolist()
        some = slice(*ends)
        parts = self.index[some] - first, self.row[some], self.weight[some], self.change[some]
        return OffSample(*parts, self.is_distinct, self.is_of_all)

    def only(self, kept: Tensor) -> "OffSample":
        """Return the rows of columns where `kept`, (n_columns,) bool, is true."""
        stays = at(kept, self.index)
        index = at(kept.cumsum(0) - 1, self.index[stays])
        parts = index, self.row[stays], self.weight[stays], self.change[stays]
        return OffSample(*parts, self.is_distinct, self.is_of_all)


def sample_of(reference: Reference, tangent: Tangent, entries: Entries, size: Tensor) -> OffSample:
    """Measure the first rows, in the tangent's order, that don't carry each column, so many of them, (n_columns,).

    All columns share the order, so that nearly all have the same rows.
    """
    index, position = slots(size)
    row = _rows_without(tangent.order, entries, index, position)
    weight = entries.entering(index, row)
    return OffSample(index, row, weight, reference.changes(row, at(entries.columns, index), weight))


def sample_of_all(reference: Reference, entries: Entries, size: Tensor) -> OffSample:
    """Measure random rows of all, drawn with replacement, so many of each column, (n_columns,), by its own stream.

    A row that carries the column has the effect of taking it out, with its sign turned.
    """
    n_rows = reference.rows.n_rows
    index, slot = slots(size)
    row = (uniform(child(at(child(entries.streams, 2), index), slot)) * n_rows).long()
    weight = entries.entering(index, row)
    entry, carries = entries.find(index, row)
    added = torch.where(carries, -at(entries.weight, entry), weight)
    change = reference.changes(row, at(entries.columns, index), added)
    return OffSample(index, row, weight, torch.where(carries, -change, change), is_distinct=False, is_of_all=True)


def slots(size: Tensor) -> tuple[Tensor, Tensor]:
    """Return the column and the number within it, from 0, of so many rows a column, (n_columns,)."""
    index = torch.repeat_interleave(torch.arange(len(size), device=size.device), size)
    return index, torch.arange(len(index), device=index.device) - at(size.cumsum(0) - size, index)


def _rows_without(order: Tensor, entries: Entries, index: Tensor, position: Tensor) -> Tensor:
    """Return the row at a position among the rows that don't carry a column, in an order."""
    n_rows = len(order)
    bits, rank = n_rows.bit_length(), index_of(order, n_rows)
    carriers = sort_values(entries.index << bits | rank[entries.row])
    slot = torch.arange(len(carriers), device=carriers.device) - entries.starts[entries.index]
    before = torch.searchsorted(carriers - slot, index << bits | position, right=True) - at(entries.starts, index)
    return at(order, position + before)
