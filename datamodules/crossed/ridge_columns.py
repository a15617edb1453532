"""The linear effect of every label, rare ones too, by column: one ridge regression on all columns together."""

import numpy as np
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.crossed.crossed_ridge import CrossedRidge, crossed_ridge
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.sparse_ridge import sparse_ridge

PENALTIES = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 40.0, 60.0)
TOLERANCE, ROUGH = 3e-4, 1e-2  # of a fit, and of those that choose the penalty


def ridge_effects(
    labels: list[csr_array],
    numbers: csr_array,
    residual: np.ndarray,
    train: np.ndarray,
    val: np.ndarray,
    drawings: Drawings,
    penalty: float | None = None,
    kept: list[np.ndarray] | None = None,
) -> tuple[CrossedRidge, float]:
    """Fit ridge regressions on the labels of several columns and on numbers; return them and their penalty.

    The blocks of the regressions are the labels, column by column, and at last the numbers.

    Args:
        labels: of each column, (n_rows, n) with the labels' weights.
        numbers: (n_rows, k); they are fitted along.
        residual: (n_rows,) float64, the target less the training mean.
        train: indices of the rows that are fitted on.
        val: indices of the rows that choose the penalty.
        penalty: where it is chosen already.
        kept: see `Cells`.
    """
    target = residual[train]
    if penalty is None:
        matrix = hstack([*labels, numbers], format="csr", dtype=np.float64)
        coefficients, intercepts = sparse_ridge(matrix[train], target, PENALTIES, tolerance=ROUGH)
        errors = matrix[val] @ coefficients.T + intercepts - residual[val, None]
        penalty = PENALTIES[int(np.argmin((errors**2).mean(axis=0)))]
    blocks = [*(part[train] for part in labels), numbers[train]]
    return crossed_ridge(blocks, target, drawings, penalty, TOLERANCE, kept), penalty
