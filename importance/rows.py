"""Rows of X as a frame, an array or a sparse matrix: `exchanged` and `carried` for each of them."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse


def exchanged(rows: Any, columns: np.ndarray, order: np.ndarray) -> Any:
    """Return a copy in which row i has the columns of row order[i]; a sparse matrix stays sparse.

    >>> exchanged(np.array([[1, 2], [3, 4]]), np.array([1]), np.array([1, 0])).tolist()
    [[1, 4], [3, 2]]
    """
    if sparse.issparse(rows):
        moved = np.isin(np.arange(rows.shape[1]), columns)
        stay, move = (sparse.diags_array(part.astype(rows.dtype)) for part in (~moved, moved))
        return sparse.csr_array(rows @ stay + rows[order] @ move)
    copy = rows.copy()
    if isinstance(rows, pd.DataFrame):
        for column in columns:
            copy.isetitem(column, rows.iloc[order, column].array)
    else:
        copy[:, columns] = rows[np.ix_(order, columns)]
    return copy


def carried(rows: Any, columns: np.ndarray) -> int:
    """Return how many rows have anything but 0 in the columns; of a frame, all."""
    if isinstance(rows, pd.DataFrame):
        return len(rows)
    return len(np.unique((rows[:, columns] != 0).nonzero()[0]))
