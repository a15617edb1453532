"""How importances are estimated, and how the work is cut into pieces that fit into memory."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from importance.held_out import Entries
from importance.streams import child

BYTES_AN_UPDATE = 128
"""Of the row, column, weight, loss and random numbers that belong to one row update."""


@dataclass(frozen=True)
class Estimator:
    """How importances are estimated.

    Attributes:
        kind: `expected`: the mean over all shuffles, in closed form. `shuffle`: over some shuffles.
        n_repeats: shuffles of each feature; with `expected`, of those that have no closed form.
        off_rows: for `expected`, how many of the rows without a label are looked at, or all; twice as many as carry the
            label where that is more.
        seed: of the shuffles and of the sample.
        byte_budget: working memory for the row updates that are listed at once.
    """

    kind: Literal["expected", "shuffle"] = "expected"
    n_repeats: int = 2
    off_rows: int | Literal["all"] = 64
    seed: int = 0
    byte_budget: int = 64 * 2**20

    def streams(self, keys: Tensor) -> Tensor:
        """Return the random streams of features from their keys, both int64 of any shape."""
        return child(child(torch.tensor(self.seed, device=keys.device), 0), keys)


@dataclass(frozen=True)
class Piece:
    """Label columns whose importances are found together.

    Attributes:
        first: place in `Entries.columns`.
        behind: place behind the last one.
        updates: about how many row updates they need.
    """

    first: int
    behind: int
    updates: int


def pieces_of(entries: Entries, n_rows: int, estimator: Estimator) -> list[Piece]:
    """Cut columns into pieces that keep to the byte budget; the same ones on every device.

    A column that needs more than the budget alone is a piece of its own.
    """
    updates = _updates(entries, n_rows, estimator)
    at_once = max(1, estimator.byte_budget // BYTES_AN_UPDATE)
    _, sizes = torch.unique_consecutive((updates.cumsum(0) - 1) // at_once, return_counts=True)
    pieces, first = [], 0
    for size in sizes.tolist():
        pieces.append(Piece(first, first + size, int(updates[first : first + size].sum())))
        first += size
    return pieces


def _updates(entries: Entries, n_rows: int, estimator: Estimator) -> Tensor:
    counts = entries.counts
    if estimator.kind == "shuffle":
        return counts * (1 + estimator.n_repeats)
    if estimator.off_rows == "all":
        return torch.bincount(entries.distinct()[0], minlength=len(counts)) * n_rows
    return 3 * counts + torch.clamp(2 * counts, min=estimator.off_rows).minimum(2 * (n_rows - counts))
