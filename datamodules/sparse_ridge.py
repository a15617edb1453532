"""Ridge regression on dense and sparse columns side by side, for several penalties at once."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_array

TOLERANCE = 1e-8
MOST_STEPS = 2000


def sparse_ridge(
    dense: np.ndarray,
    sparse: csr_array,
    target: np.ndarray,
    penalties: Sequence[float],
    weights: np.ndarray | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients, (n_dense + n_sparse, n_penalties) float64, and intercepts, (n_penalties,).

    Each column of coefficients b, with its intercept a, minimises Σ weights·(target − a − X·b)² + penalty·|b|², where X
    are the dense and sparse columns. All penalties are solved together by conjugate gradients on the normal equations,
    preconditioned by their diagonal: a step reads the matrix once for all of them (Hestenes and Stiefel 1952,
    doi:10.6028/jres.049.044). The columns of X are centred without being written out.

    Args:
        dense: (n_rows, n_dense).
        sparse: (n_rows, n_sparse).
        target: (n_rows,).
        penalties: above 0.
        weights: (n_rows,), 0 or more; all 1 by default.
        progress: is called with the number of penalties that are solved, and of all.
    """
    matrix = _Centred(dense, sparse, np.ones(len(target)) if weights is None else weights)
    mean = matrix.mean_of(target)
    wanted = matrix.transposed(np.repeat((target - mean)[:, None], len(penalties), axis=1))
    penalty = np.asarray(penalties, dtype=np.float64)
    diagonal = matrix.squares()[:, None] + penalty
    solution, left = np.zeros_like(wanted), wanted
    direction = left / diagonal
    product = (left * direction).sum(0)
    enough = (TOLERANCE**2) * product
    for _ in range(MOST_STEPS):
        active = np.flatnonzero(product > enough)
        progress(len(penalty) - len(active), len(penalty))
        if not len(active):
            break
        going = direction[:, active]
        image = matrix.transposed(matrix.times(going)) + penalty[active] * going
        step = product[active] / (going * image).sum(0)
        solution[:, active] += step * going
        left[:, active] -= step * image
        scaled = left[:, active] / diagonal[:, active]
        before, product[active] = product[active], (left[:, active] * scaled).sum(0)
        direction[:, active] = scaled + product[active] / before * going
    return solution, mean - matrix.means @ solution


class _Centred:
    """Dense and sparse columns minus their weighted means."""

    def __init__(self, dense: np.ndarray, sparse: csr_array, weights: np.ndarray) -> None:
        self.dense, self.sparse = dense.astype(np.float64), sparse.astype(np.float64)
        self.weights = weights / weights.sum()
        self.given = weights
        self.n_dense = dense.shape[1]
        self.means = np.concatenate([self.weights @ self.dense, self.sparse.T @ self.weights])

    def mean_of(self, values: np.ndarray) -> float:
        return float(self.weights @ values)

    def times(self, columns: np.ndarray) -> np.ndarray:
        """Return the product with (n_columns, n) columns, (n_rows, n)."""
        return self.dense @ columns[: self.n_dense] + self.sparse @ columns[self.n_dense :] - self.means @ columns

    def transposed(self, rows: np.ndarray) -> np.ndarray:
        """Return the transposed, weighted matrix's product with centred (n_rows, n) rows, (n_columns, n)."""
        weighted = self.given[:, None] * rows
        return np.concatenate([self.dense.T @ weighted, self.sparse.T @ weighted])

    def squares(self) -> np.ndarray:
        """Return the weighted sum of each column's squares."""
        of_means = self.given.sum() * self.means**2
        return np.concatenate([self.given @ self.dense**2, self.sparse.power(2).T @ self.given]) - of_means
