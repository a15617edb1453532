"""`LabelTable`: weights of labels that aren't in memory whole; `LabelBlock`: those of some labels, which are."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from greenlight_films.importance.streams import sort_values

EVERY = torch.arange(2**12)


class LabelTable(Protocol):
    """Weights of labels, (n_labels, width), that are fetched from elsewhere."""

    def __len__(self) -> int:
        """Return n_labels."""

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Return the weights of label columns, (n,), in a new tensor, (n, width); `dim` is 0."""

    def summed(self, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted sums of rows' labels, (n_rows, width); see `HeldOut` for the arguments."""


@dataclass(frozen=True)
class LabelBlock:
    """A `LabelTable` with the weights of some label columns in memory, the only ones that can be selected.

    Attributes:
        columns: (n,) int64, ascending.
        weights: (n, width), theirs.
    """

    table: LabelTable
    columns: Tensor
    weights: Tensor

    @classmethod
    def of(cls, table: LabelTable, columns: Tensor) -> "LabelBlock":
        """Fetch the weights of label columns, (n,) int64, each once."""
        columns = sort_values(columns)
        return cls(table, columns, table.index_select(0, columns))

    def __len__(self) -> int:
        return len(self.table)

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        return self.weights.index_select(dim, torch.searchsorted(self.columns, index))

    def summed(self, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        return self.table.summed(labels, offsets, weights)


def at_rows(matrix: Tensor | LabelTable, rows: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return matrix[rows], (n, width), a new tensor; with `weights`, (n,), each row times its weight."""
    if isinstance(matrix, Tensor) and matrix.dtype == torch.float32 and not matrix.is_cuda:
        # Sums of one row each: memory is fetched before it is needed, which takes three quarters of the time.
        offsets = EVERY[: len(rows) + 1] if len(rows) < len(EVERY) else torch.arange(len(rows) + 1)
        return F.embedding_bag(rows, matrix, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True)
    selected = matrix.index_select(0, rows)
    return selected if weights is None else selected.mul_(weights[:, None])
