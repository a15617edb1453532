"""The linear effect of every label, rare ones too, by column: one ridge regression on all columns together."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.crossed.crossed_ridge import crossed_ridge
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.sparse_ridge import sparse_ridge

PENALTIES = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 40.0, 60.0)
TOLERANCE, ROUGH = 3e-4, 1e-2  # of a fit, and of those that choose the penalty


@dataclass(frozen=True)
class RidgeEffects:
    """What labels add to the prediction of a ridge regression.

    Attributes:
        coefficients: (n_labels,) float64, fitted on all training rows.
        crossed: (n_drawings, n_train, n_columns) float64, the sums over the training rows' cells, by column, from fits
            without the row's fold.
        penalty: of the squares of the coefficients.
    """

    coefficients: np.ndarray
    crossed: np.ndarray
    penalty: float


def ridge_effects(
    labels: list[csr_array],
    numbers: csr_array,
    residual: np.ndarray,
    train: np.ndarray,
    val: np.ndarray,
    drawings: Drawings,
    penalty: float | None = None,
    kept: list[np.ndarray] | None = None,
) -> RidgeEffects:
    """Fit ridge regressions on the labels of several columns and on numbers; return what the labels add.

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
    fit = crossed_ridge(blocks, target, drawings, penalty, TOLERANCE, kept)
    return RidgeEffects(np.concatenate(fit.coefficients[:-1]), fit.crossed[..., :-1], penalty)
