"""The order in which an epoch takes rows, which depends on seed and epoch alone."""

import numpy as np
import torch
from torch import Tensor

BLOCK = 64
"""Neighbouring rows that are read together."""

WINDOW = 256
"""Blocks whose rows are shuffled among each other: 16,384 rows, of a few MB."""


def shuffled_rows(n_rows: int, *seed: int) -> Tensor:
    """Return all rows shuffled by these numbers, (n_rows,) int64; a list of 100 million would take 4 GB."""
    return torch.randperm(n_rows, generator=_generator(*seed))


class BlockOrder:
    """Rows in shuffled blocks of 64 neighbours: blocks are shuffled, and the rows of each 256 blocks in turn.

    Neighbours are read from a file at once, and a batch still holds rows from all over the table. A part of the order
    is known without the parts before it.
    """

    def __init__(self, n_rows: int, *seed: int) -> None:
        self.n_rows, self.seed = n_rows, seed
        self.blocks = torch.randperm(n_rows // BLOCK, generator=_generator(*seed))
        self.n_windows = max(-(-len(self.blocks) // WINDOW), 1)
        self.window = (-1, torch.zeros(0, dtype=torch.int64))

    def __getitem__(self, part: slice) -> Tensor:
        """Return the rows at the positions from `part.start` to before `part.stop`, int64."""
        parts, size, start, stop = [], BLOCK * WINDOW, part.start, min(part.stop, self.n_rows)
        while start < stop:
            number = min(start // size, self.n_windows - 1)
            window = self._window(number)
            parts.append(window[start - number * size : stop - number * size])
            start += len(parts[-1])
        return torch.cat(parts)

    def _window(self, number: int) -> Tensor:
        if self.window[0] != number:
            first = self.blocks[number * WINDOW : (number + 1) * WINDOW, None] * BLOCK
            rows = (first + torch.arange(BLOCK)).flatten()
            if number == self.n_windows - 1:  # which takes the rows that fill no block, too
                rows = torch.cat([rows, torch.arange(self.n_rows // BLOCK * BLOCK, self.n_rows)])
            generator = _generator(*self.seed, number + 1)  # a 0 at the end would give that of the blocks
            self.window = (number, rows[torch.randperm(len(rows), generator=generator)])
        return self.window[1]


def _generator(*seed: int) -> torch.Generator:
    # The numbers are mixed, so that epoch 1 of seed 0 is not epoch 0 of seed 1.
    mixed = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed >> np.uint64(1)))
