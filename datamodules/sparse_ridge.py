"""Ridge regression on a sparse matrix, for several penalties."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, cg

MOST_STEPS = 5000  # for each penalty; tens to hundreds do


def sparse_ridge(
    matrix: csr_array,
    target: np.ndarray,
    penalties: Sequence[float],
    weights: np.ndarray | None = None,
    tolerance: float = 1e-8,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients b, (n_penalties, n_columns) float64, and intercepts a, (n_penalties,).

    They minimise Σ weights·(target − a − matrix·b)² + penalty·|b|², by conjugate gradients on the normal equations
    (Hestenes and Stiefel 1952, doi:10.6028/jres.049.044), scaled by their diagonal. The largest penalty comes first;
    each solution is where the next one starts. Columns are centred without being written out.

    Args:
        matrix: (n_rows, n_columns).
        target: (n_rows,).
        penalties: above 0, in any order.
        weights: (n_rows,), 0 or more; all 1 by default.
        tolerance: the residual that is left, as a share of the right-hand side's length.
        progress: is called with the number of penalties that are solved, and of all.
    """
    matrix = matrix.astype(np.float64)
    transposed = matrix.T.tocsr()
    weights = np.ones(len(target)) if weights is None else weights
    total = weights.sum()
    means, target_mean = transposed @ weights / total, float(weights @ target / total)
    right_side = transposed @ (weights * (target - target_mean))
    squares = np.maximum(transposed.power(2) @ weights - total * means**2, 0)

    def solve(penalty: float, start: np.ndarray) -> np.ndarray:
        def normal(solution: np.ndarray) -> np.ndarray:
            return transposed @ (weights * (matrix @ solution - means @ solution)) + penalty * solution

        size = (len(means), len(means))
        equations = LinearOperator(size, matvec=normal, dtype=np.float64)
        scaling = diags_array(1 / (squares + penalty))
        return cg(equations, right_side, start, rtol=tolerance, maxiter=MOST_STEPS, M=scaling)[0]

    coefficients = np.zeros((len(penalties), len(means)))
    solution = coefficients[0]
    for done, index in enumerate(np.argsort(-np.asarray(penalties)), start=1):
        solution = coefficients[index] = solve(penalties[index], solution)
        progress(done, len(penalties))
    return coefficients, target_mean - coefficients @ means
