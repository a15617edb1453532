"""Which labels have a row of weights, as runs of labels with and without one."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def runs_of(has_row: np.ndarray) -> list[int] | None:
    """Return how many labels have a row, how many next to them have none, and so on; None where all have.

    >>> runs_of(np.array([True, True, False, True, False, False]))
    [2, 1, 1, 2]
    """
    ends = np.flatnonzero(np.diff(has_row, prepend=True, append=not has_row[-1:].all()))
    return None if has_row.all() else np.diff(ends, prepend=0).tolist()


def rows_of_labels(runs: Sequence[int]) -> Tensor:
    """Return the row of each label, (n_labels,) int32, the last one for those without; see `AdditiveLayer`.

    >>> rows_of_labels([2, 1, 1, 2]).tolist()
    [0, 1, 3, 2, 3, 3]
    """
    has_row = torch.arange(len(runs)).remainder(2).eq(0).repeat_interleave(torch.tensor(runs, dtype=torch.int64))
    return torch.where(has_row, has_row.cumsum(0) - 1, has_row.sum()).int()
