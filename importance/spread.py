"""`spread`: some films that stand for many, over the years and the whole range of predictions."""

import numpy as np

YEAR_GROUPS = 20


def spread(predicted: np.ndarray, years: np.ndarray | None, n: int) -> np.ndarray:
    """Return n rows, (n,) int64 ascending, all of them where there are fewer; nothing is drawn at random.

    Rows are sorted by groups of neighbouring years, of about the same size, and by prediction within each; rows at
    equal distances are taken.

    Args:
        predicted: (n_rows,) floats.
        years: (n_rows,) floats, NaN where not known; None where no row's is.

    >>> spread(np.array([5.0, 1, 2, 4, 3]), None, 2).tolist()
    [2, 3]
    """
    n_rows = len(predicted)
    group = np.zeros(n_rows, np.int64)
    if years is not None:
        rank = np.unique(years, return_inverse=True)[1]  # rows of a year stay together; NaNs come last
        group = np.searchsorted(np.sort(rank), rank) * YEAR_GROUPS // max(n_rows, 1)
    order = np.lexsort((predicted, group))
    n = min(n, n_rows)
    return np.sort(order[((np.arange(n) + 0.5) * n_rows / max(n, 1)).astype(np.int64)])
