"""The linear effect of every label, rare ones too, by column: one ridge regression on all columns together."""

import numpy as np
from scipy.sparse import csr_array

PENALTIES = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 40.0, 60.0)


def ridge_duals(
    matrix: csr_array, residual: np.ndarray, penalties: np.ndarray, mask: np.ndarray, tolerance: float = 1e-5
) -> np.ndarray:
    """Return the dual solutions of several ridge regressions at once, (n_rows, k) float64: b = matrix.T @ dual.

    Solution j minimises the sum over the rows of its mask of (residual - matrix b)², plus penalties[j] |b|², by
    conjugate gradients (Hestenes and Stiefel 1952) in which the rows' products are never formed.

    Args:
        matrix: (n_rows, n_columns).
        residual: (n_rows,).
        penalties: (k,).
        mask: (n_rows, k), 1 for the rows that a solution is fitted on, else 0.
        tolerance: of the residual's length, to that of the right-hand side.
    """
    transposed = matrix.T.tocsr()

    def times(vectors: np.ndarray) -> np.ndarray:
        return mask * (matrix @ (transposed @ vectors)) + penalties * vectors

    left = mask * residual[:, None]
    solution, direction = np.zeros_like(left), left.copy()
    squared = (left**2).sum(axis=0)
    least = squared * tolerance**2
    for _ in range(500):
        if (squared <= least).all():
            break
        moved = times(direction)
        step = squared / np.maximum((direction * moved).sum(axis=0), 1e-300)
        solution += step * direction
        left -= step * moved
        before, squared = squared, (left**2).sum(axis=0)
        direction = left + squared / np.maximum(before, 1e-300) * direction
    return solution
