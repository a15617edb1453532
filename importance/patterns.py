"""`Patterns`: the sets of a group's labels that held-out rows have."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from greenlight_films.importance.film_sample import FilmSample
from greenlight_films.importance.held_out import Entries, HeldOut, at
from greenlight_films.importance.streams import mix


@dataclass(frozen=True)
class Patterns:
    """The sets of a group's labels that rows have. A holder is a row that has labels of a group.

    Attributes:
        held_out: the rows.
        group: (n_patterns,) int64.
        count: (n_patterns,) int64, its holders.
        example: (n_patterns,) int64, a holder.
        row: (n_holders,) int64; holders are sorted by group and row.
        pattern: (n_holders,) int64.
        starts: (n_holders + 1,) int64; holder i has the labels starts[i] to starts[i + 1].
        column: (n_labels,) int64.
        weight: (n_labels,) floats.
        cell: (n_labels,) int64, the label's holder and cell as one number.
    """

    held_out: HeldOut
    group: Tensor
    count: Tensor
    example: Tensor
    row: Tensor
    pattern: Tensor
    starts: Tensor
    column: Tensor
    weight: Tensor
    cell: Tensor

    @classmethod
    def of(cls, entries: Entries, groups: list[np.ndarray]) -> "Patterns":
        """Find the patterns of groups of `entries.columns`, by index; no label is in two groups."""
        rows, device = entries.held_out, entries.row.device
        group = torch.full_like(entries.columns, -1)
        members = torch.from_numpy(np.concatenate(groups)).to(device)
        group[members] = torch.arange(len(groups), device=device).repeat_interleave(
            torch.tensor([len(part) for part in groups], device=device)
        )
        kept = torch.nonzero(at(group, entries.index) >= 0).squeeze(1)
        key = at(group, entries.index[kept]) * rows.n_rows + entries.row[kept]
        key, order = key.sort(stable=True)
        kept = kept[order]
        holders, holder, n_labels = torch.unique_consecutive(key, return_inverse=True, return_counts=True)
        # The labels of a pattern, scrambled to 64 bits and added up, are its name.
        names = torch.zeros_like(holders).index_add_(0, holder, mix(entries.column[kept] + 1))
        names, pattern, count = torch.unique(names, return_inverse=True, return_counts=True)
        example = torch.zeros_like(count)
        example[pattern] = torch.arange(len(pattern), device=device)
        column = entries.column[kept]
        starts = torch.cat([n_labels.new_zeros(1), n_labels.cumsum(0)])
        cell = holder * _n_cells(rows) + rows.cells(column)
        of_pattern = holders[example] // rows.n_rows
        weight = entries.weight[kept]
        row = holders % rows.n_rows
        return cls(rows, of_pattern, count, example, row, pattern, starts, column, weight, cell)

    def labels_of(self, holder: Tensor) -> tuple[Tensor, Tensor]:
        """Return the labels of holders, (n,) int64, one after another: the position in `holder`, and the label."""
        first, count = self.starts[holder], self.starts.diff()[holder]
        position = torch.arange(len(holder), device=holder.device).repeat_interleave(count)
        begin = count.cumsum(0) - count
        return position, torch.arange(len(position), device=holder.device) + at(first - begin, position)

    def holder_of(self, pattern: Tensor, row: Tensor) -> Tensor:
        """Return which holder a row is for the group of a pattern, both (n,); -1 where it has none of its labels."""
        keys = self.group[self.pattern] * self.held_out.n_rows + self.row
        wanted = self.group[pattern] * self.held_out.n_rows + row
        position = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        return torch.where(at(keys, position) == wanted, position, -1)

    def beyond(self, sample: FilmSample) -> tuple[Tensor, Tensor]:
        """Return each pattern with each holder of its group that the sample lacks: pattern and holder, (n,) int64.

        They are in the null distribution besides the sample. None where rows are drawn in blocks.
        """
        outside = torch.nonzero(at(sample.draws.slot, self.row) < 0).squeeze(1)
        if not self.held_out.is_row_wise:
            outside = outside[:0]
        order = torch.argsort(self.group)
        n_each = torch.bincount(self.group)
        group = self.group[self.pattern[outside]]
        holder = outside.repeat_interleave(n_each[group])
        first = (n_each.cumsum(0) - n_each)[group]
        begin = n_each[group].cumsum(0) - n_each[group]
        nth = torch.arange(len(holder), device=holder.device)
        return order[nth + (first - begin).repeat_interleave(n_each[group])], holder

    def entering(self, label: Tensor, row: Tensor, holder: Tensor, mean_weight: Tensor) -> Tensor:
        """Return the weight with which a label of a pattern would be in a row that has the pattern, (n,).

        Args:
            label: (n,) int64.
            holder: (n,) int64, which one the row is; -1 where it is none.
            mean_weight: (n_labels,), where weights follow no rule.
        """
        rows = self.held_out
        if rows.entering is None:
            return at(mean_weight, label)
        cells, count = torch.unique(self.cell, return_counts=True)
        cell = rows.cells(self.column[label])
        own = holder * _n_cells(rows) + cell
        position = torch.searchsorted(cells, own).clamp(max=len(cells) - 1)
        leaving = torch.where((holder >= 0) & (cells[position] == own), count[position], 0)
        joining = count[torch.searchsorted(cells, self.cell[label])]
        return rows.entering.after(row, cell, leaving, joining)


def _n_cells(rows: HeldOut) -> int:
    return 1 if rows.entering is None else rows.entering.weight.shape[1]
