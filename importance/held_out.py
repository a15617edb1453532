"""The rows that importance is measured on, and the labels in them column by column."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from greenlight_films.importance.streams import sort_values


@dataclass(frozen=True)
class HeldOut:
    """Encoded films that the model was not trained on.

    Attributes:
        dense: (n_rows, n_dense) float32.
        labels: (n_entries,) label columns, row after row, each once in a row.
        offsets: (n_rows + 1,), row i has labels[offsets[i]:offsets[i + 1]].
        weights: (n_entries,) float32, not 0.
        actual: (n_rows,) float64, the target.
        film: (n_rows,) int64, codes from 0 of the film that a row belongs to; rows of one film are one observation.
    """

    dense: Tensor
    labels: Tensor
    offsets: Tensor
    weights: Tensor
    actual: Tensor
    film: Tensor

    @property
    def n_rows(self) -> int:
        return len(self.actual)

    @property
    def n_films(self) -> int:
        return int(self.film.max()) + 1

    def to(self, device: torch.device) -> "HeldOut":
        """Return the rows on a device."""
        parts = (self.dense, self.labels, self.offsets, self.weights, self.actual, self.film)
        return HeldOut(*(part.to(device) for part in parts))

    def rows_of_entries(self) -> Tensor:
        """Return the row that each label stands in, (n_entries,) int64."""
        return torch.repeat_interleave(torch.arange(self.n_rows, device=self.labels.device), self.offsets.diff().long())

    def by_film(self, values: Tensor) -> Tensor:
        """Sum (n_rows,) or (n_rows, n) float64 over the rows of each film."""
        summed = torch.zeros(self.n_films, *values.shape[1:], dtype=values.dtype, device=values.device)
        return summed.index_add_(0, self.film, values)


@dataclass(frozen=True)
class Entries:
    """Labels of some columns, column after column and by row in each: n_columns columns with at least one.

    Attributes:
        columns: (n_columns,) int64, the label columns, ascending.
        starts: (n_columns + 1,) int64.
        row: (n_entries,) int64.
        weight: (n_entries,) float32.
        place: (n_entries,) int64, which of `columns` an entry belongs to.
    """

    columns: Tensor
    starts: Tensor
    row: Tensor
    weight: Tensor
    place: Tensor

    @classmethod
    def of(cls, rows: HeldOut) -> "Entries":
        """Sort the labels of held-out rows by column."""
        positions = torch.arange(len(rows.labels), device=rows.labels.device)
        position_bits = len(positions).bit_length()
        order = sort_values(rows.labels.long() << position_bits | positions) & (2**position_bits - 1)
        columns, place, counts = torch.unique_consecutive(
            at(rows.labels, order).long(), return_inverse=True, return_counts=True
        )
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return cls(columns, starts, at(rows.rows_of_entries(), order), at(rows.weights, order), place)

    @property
    def counts(self) -> Tensor:
        """Return how many rows carry each column, (n_columns,) int64."""
        return self.starts.diff()

    @property
    def column(self) -> Tensor:
        """Return the label column of each entry, (n_entries,) int64."""
        return at(self.columns, self.place)

    def find(self, place: Tensor, row: Tensor, n_rows: int) -> tuple[Tensor, Tensor]:
        """Return the entry that a row has in a column, and whether it has one at all; all (n,)."""
        bits = n_rows.bit_length()
        keys, wanted = self.place << bits | self.row, place << bits | row
        entry = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        return entry, at(keys, entry) == wanted

    def distinct(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the different weights of each column: the column's place, the weight, how many entries have it.

        And, (n_entries,), which of them an entry has.
        """
        # Positive floats are in the order of their bits; negative ones only need to be told apart.
        keys = self.place << 32 | (self.weight.view(torch.int32).long() & 0xFFFFFFFF)
        keys, which, counts = torch.unique(keys, return_inverse=True, return_counts=True)
        return keys >> 32, (keys & 0xFFFFFFFF).to(torch.int32).view(torch.float32), counts, which

    @cached_property
    def even(self) -> Tensor:
        """Tell where all entries of a column have the same weight, (n_columns,) bool."""
        first = at(at(self.weight, self.starts[:-1]), self.place)
        return self.sums((self.weight != first).double()) == 0

    def part(self, first: int, behind: int) -> "Entries":
        """Return the columns from the place `first` to before `behind`."""
        start, end = int(self.starts[first]), int(self.starts[behind])
        return Entries(
            self.columns[first:behind],
            self.starts[first : behind + 1] - start,
            self.row[start:end],
            self.weight[start:end],
            self.place[start:end] - first,
        )

    def only(self, kept: Tensor) -> "Entries":
        """Return the columns where `kept`, (n_columns,) bool, is true."""
        if bool(kept.all()):
            return self
        there = kept[self.place]
        counts = self.counts[kept]
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        place = (kept.cumsum(0) - 1)[self.place[there]]
        return Entries(self.columns[kept], starts, self.row[there], self.weight[there], place)

    def sums(self, values: Tensor) -> Tensor:
        """Sum (n_entries,) values over each column, in float64."""
        return sum_by(self.place, values, len(self.columns))

    def films(self, rows: HeldOut) -> Tensor:
        """Count the films that carry each column, (n_columns,) int64."""
        if rows.n_films == rows.n_rows:
            return self.counts
        pairs = sort_values(self.place * rows.n_films + rows.film[self.row])
        first = torch.cat([pairs.new_ones(min(len(pairs), 1), dtype=torch.bool), pairs[1:] != pairs[:-1]])
        return torch.bincount(pairs[first] // rows.n_films, minlength=len(self.columns))


def at(values: Tensor, places: Tensor) -> Tensor:
    """Return values[places], places of one dimension, in a third of the time."""
    return values.index_select(0, places)


def sum_by(group: Tensor, values: Tensor, n_groups: int) -> Tensor:
    """Sum values, (n,), over groups, (n,) int64, in float64: (n_groups,)."""
    summed = torch.zeros(n_groups, dtype=torch.float64, device=values.device)
    return summed.index_add_(0, group, values.double())
