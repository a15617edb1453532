"""`HeldOut`: the encoded rows that importance is measured on; `Entries`: their labels sorted by column."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import torch
from scipy import sparse
from torch import Tensor

from greenlight_films.importance.streams import child, sort_values, uniform


@dataclass(frozen=True)
class Entering:
    """The weight with which a label would enter a row that doesn't carry it, as the encoder would give it.

    Attributes:
        cell: (n_labels,) int64, the cell of a row that a label column belongs to.
        weight: (n_rows, n_cells) floats; with 1 / sqrt(names in the cell), that of a name more.
    """

    cell: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> "Entering":
        """Return the weights on a device."""
        return Entering(self.cell.to(device), self.weight.to(device))

    def after(self, row: Tensor, cell: Tensor, leaving: Tensor, joining: Tensor) -> Tensor:
        """Return the weight of a label in rows' cells that so many labels have left, and so many have joined, (n,)."""
        shared = (self.weight != 1).any(0)[cell]
        names = (1 / self.weight[row, cell] ** 2 - 1).round() - leaving + joining
        return torch.where(shared, names.rsqrt(), 1.0)


@dataclass(frozen=True)
class HeldOut:
    """Encoded films that the model was not trained on.

    Attributes:
        dense: (n_rows, n_dense) float32.
        labels: (n_entries,) label columns, row after row, each once in a row.
        offsets: (n_rows + 1,), row i has labels[offsets[i]:offsets[i + 1]].
        weights: (n_entries,) floats, not 0.
        actual: (n_rows,) float64, the target.
        film: (n_rows,) int64, codes from 0 of the film that a row belongs to; rows of one film are one observation.
        has: (n_rows, n_dense) bool, whether a row has a number: of one that is 0 or 1, the rows with 1. None: all have.
        entering: None where a label that enters a row has a weight that another row has.
        drawn_with: (n_rows,) int64, codes from 0 of clusters whose films are not independent, such as a director's;
            None: films are.
        counts: (n_rows,) float64 with mean 1, how much each row's loss counts; None: all count alike.
    """

    dense: Tensor
    labels: Tensor
    offsets: Tensor
    weights: Tensor
    actual: Tensor
    film: Tensor
    has: Tensor | None = None
    entering: Entering | None = None
    drawn_with: Tensor | None = None
    counts: Tensor | None = None

    @property
    def n_rows(self) -> int:
        return len(self.actual)

    @cached_property
    def n_films(self) -> int:
        return int(self.film.max()) + 1

    @property
    def cluster(self) -> Tensor:
        """Return codes of what is drawn as a whole, (n_rows,) int64: clusters where they are given, else films."""
        return self.film if self.drawn_with is None else self.drawn_with

    @cached_property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1

    @property
    def is_row_wise(self) -> bool:
        """Return whether each row is drawn alone: no film or cluster has several."""
        return self.n_clusters == self.n_rows

    def to(self, device: torch.device) -> "HeldOut":
        """Return the rows on a device."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return HeldOut(**{name: part.to(device) for name, part in parts.items() if part is not None})

    def cells(self, columns: Tensor) -> Tensor:
        """Return the cell of label columns, (n,) int64; 0 where cells are not known."""
        return torch.zeros_like(columns) if self.entering is None else at(self.entering.cell, columns)

    def rows_with(self, dense: Tensor) -> Tensor:
        """Return whether each row has any of some numbers, (n_rows,) bool."""
        if self.has is not None and len(dense):
            return self.has[:, dense].any(1)
        return torch.full((self.n_rows,), len(dense) > 0, device=self.film.device)

    def rows_of_entries(self) -> Tensor:
        """Return the row that each label stands in, (n_entries,) int64."""
        return torch.repeat_interleave(torch.arange(self.n_rows, device=self.labels.device), self.offsets.diff().long())

    def by_film(self, values: Tensor) -> Tensor:
        """Sum (n_rows,) or (n_rows, n) over the rows of each film."""
        summed = torch.zeros(self.n_films, *values.shape[1:], dtype=values.dtype, device=values.device)
        return summed.index_add_(0, self.film, values)

    def count_films(self, index: Tensor, row: Tensor, n: int) -> Tensor:
        """Count the films that have any of the rows of each of n things, (n,) int64; `index` and `row` are int64."""
        pairs = sort_values(index * self.n_films + self.film[row])
        first = torch.cat([pairs.new_ones(min(len(pairs), 1), dtype=torch.bool), pairs[1:] != pairs[:-1]])
        return torch.bincount(pairs[first] // self.n_films, minlength=n)


@dataclass(frozen=True)
class Entries:
    """Labels of some columns, column after column and by row in each: n_columns columns with at least one.

    Attributes:
        held_out: the rows that have the labels, and others.
        columns: (n_columns,) int64, the label columns, ascending or by how many rows carry them.
        starts: (n_columns + 1,) int64.
        row: (n_entries,) int64.
        weight: (n_entries,) floats.
        streams: (n_columns,) int64, of each column's random numbers; at first the column itself.
        shift: (n_entries,) floats, by how much a label of weight 1 moves the straight tail's output of its row, where
            carriers may be sampled, else anything; None where it isn't known.
    """

    held_out: HeldOut
    columns: Tensor
    starts: Tensor
    row: Tensor
    weight: Tensor
    streams: Tensor
    shift: Tensor | None = None

    @classmethod
    def of(cls, rows: HeldOut, *, by_count: bool = False) -> "Entries":
        """Sort the labels of held-out rows by column, or first by how many rows carry the column."""
        labels, carried = rows.labels, torch.bincount(rows.labels)
        columns = carried.argsort(stable=True) if by_count else torch.arange(len(carried), device=carried.device)
        columns = columns[at(carried, columns) > 0]
        if by_count:
            labels, carried = at(index_of(columns, len(carried)).to(labels.dtype), labels), at(carried, columns)
        row, weight = _by_column(rows, labels, len(carried))
        counts = carried[carried > 0]
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return cls(rows, columns, starts, row, weight, streams=columns)

    @cached_property
    def index(self) -> Tensor:
        """Return which of `columns` each entry belongs to, (n_entries,) int64."""
        return torch.repeat_interleave(torch.arange(len(self.columns), device=self.columns.device), self.counts)

    @property
    def counts(self) -> Tensor:
        """Return how many rows carry each column."""
        return self.starts.diff()

    @property
    def column(self) -> Tensor:
        """Return the label column of each entry, (n_entries,) int64."""
        return at(self.columns, self.index)

    def find(self, index: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        """Return the entry that a row has in a column, and whether it has one at all; all (n,)."""
        bits = self.held_out.n_rows.bit_length()
        keys, wanted = self.index << bits | self.row, index << bits | row
        entry = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        return entry, at(keys, entry) == wanted

    @cached_property
    def even(self) -> Tensor:
        """Return whether all entries of a column have the same weight, (n_columns,) bool."""
        if bool((self.weight == self.weight[:1]).all()):
            return torch.ones_like(self.columns, dtype=torch.bool)
        first = at(at(self.weight, self.starts[:-1]), self.index)
        return self.sums((self.weight != first).double()) == 0

    @cached_property
    def sums_of_weights(self) -> tuple[Tensor, Tensor]:
        """Return the sums of each column's weights and of their squares, (n_columns,) float64."""
        if bool(self.even.all()):
            first = at(self.weight, self.starts[:-1]).double()
            return self.counts * first, self.counts * first**2
        return self.sums(self.weight), self.sums(self.weight.double() ** 2)

    def entering(self, index: Tensor, row: Tensor) -> Tensor:
        """Return the weight with which a column would enter a row, (n,): by the rule, or that of a random entry.

        Args:
            index: (n,) int64, which of `columns`.
            row: (n,) int64.
        """
        if (rule := self.held_out.entering) is not None:
            n_cells = rule.weight.shape[1]
            return at(rule.weight.flatten(), row * n_cells + at(self.held_out.cells(self.columns), index))
        entry = at(self.starts, index)
        if not bool(self.even.all()):
            entry = entry + (uniform(child(at(self.streams, index), row)) * at(self.counts, index)).long()
        return at(self.weight, entry)

    def entering_table(self, some: Tensor) -> Tensor:
        """Return those weights of each column in some rows, (n_columns, n) or (n_columns, 1)."""
        if self.held_out.entering is not None:
            return self.held_out.entering.weight[some].T[self.held_out.cells(self.columns)]
        if bool(self.even.all()):
            return at(self.weight, self.starts[:-1])[:, None]
        index = torch.arange(len(self.columns), device=some.device).repeat_interleave(len(some))
        return self.entering(index, some.repeat(len(self.columns))).view(len(self.columns), -1)

    def mean_weights(self) -> tuple[Tensor, Tensor]:
        """Return the mean and the mean square of the weights that entering ones are multiplied by, (n_columns,)."""
        if self.held_out.entering is not None:
            return torch.ones_like(self.counts).double(), torch.ones_like(self.counts).double()
        first, second = self.sums_of_weights
        return first / self.counts, second / self.counts

    def as_exchanged(self) -> "Entries":
        """Return the entries with a weight of 1 where a rule gives weights: rows exchange whether they have a label."""
        return self if self.held_out.entering is None else replace(self, weight=torch.ones_like(self.weight))

    @property
    def exact(self) -> Tensor:
        """Return whether the weight with which a column enters a row is known, not drawn, (n_columns,) bool."""
        return self.even if self.held_out.entering is None else torch.ones_like(self.even)

    def part(self, first: int, stop: int) -> "Entries":
        """Return `columns[first:stop]` with their entries."""
        start, end = int(self.starts[first]), int(self.starts[stop])
        return Entries(
            self.held_out,
            self.columns[first:stop],
            self.starts[first : stop + 1] - start,
            self.row[start:end],
            self.weight[start:end],
            self.streams[first:stop],
            None if self.shift is None else self.shift[start:end],
        )

    def only(self, kept: Tensor) -> "Entries":
        """Return the columns where `kept`, (n_columns,) bool, is true."""
        if bool(kept.all()):
            return self
        counts = self.counts[kept]
        stays = kept.repeat_interleave(self.counts).nonzero().flatten()
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        shift = None if self.shift is None else at(self.shift, stays)
        parts = starts, at(self.row, stays), at(self.weight, stays), self.streams[kept], shift
        return Entries(self.held_out, self.columns[kept], *parts)

    def sums(self, values: Tensor) -> Tensor:
        """Sum (n_entries,) values over each column, in float64."""
        return sum_by(self.index, values, len(self.columns))

    def films(self) -> Tensor:
        """Count the films that carry each column, (n_columns,) int64."""
        if self.held_out.n_films == self.held_out.n_rows:
            return self.counts
        return self.held_out.count_films(self.index, self.row, len(self.columns))


def _by_column(rows: HeldOut, labels: Tensor, n_labels: int) -> tuple[Tensor, Tensor]:
    """Return row, int64, and weight of each of the rows' labels, sorted by label and row; on the CPU by counting."""
    if labels.is_cuda:
        order = labels.argsort(stable=True)
        return at(rows.rows_of_entries(), order), at(rows.weights, order)
    parts = (part.numpy() for part in (rows.weights, labels, rows.offsets))
    by_label = sparse.csr_array(tuple(parts), shape=(rows.n_rows, n_labels)).tocsc()
    return torch.from_numpy(by_label.indices).long(), torch.from_numpy(by_label.data)


def at(values: Tensor, indices: Tensor) -> Tensor:
    """Return values[indices] for one-dimensional indices; `index_select` takes a third of the time."""
    return values.index_select(0, indices)


def index_of(some: Tensor, n: int) -> Tensor:
    """Return where each of n things stands among some of them, (n,) int64; -1 for the others.

    >>> index_of(torch.tensor([3, 0]), 5)
    tensor([ 1, -1, -1,  0, -1])
    """
    index = torch.full((n,), -1, device=some.device)
    index[some] = torch.arange(len(some), device=some.device)
    return index


def sum_by(group: Tensor, values: Tensor, n_groups: int) -> Tensor:
    """Sum values, (n,), over groups, (n,) int64, in float64: (n_groups,)."""
    summed = torch.zeros(n_groups, dtype=torch.float64, device=values.device)
    return summed.index_add_(0, group, values.double())
