"""The linear effect of every label, rare ones too, by column: one ridge regression on all columns together."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
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
    matrix = hstack([*labels, numbers], format="csr", dtype=np.float64)
    fitted, target = matrix[train], residual[train]
    if penalty is None:
        coefficients, intercepts = sparse_ridge(fitted, target, PENALTIES, tolerance=ROUGH)
        errors = matrix[val] @ coefficients.T + intercepts - residual[val, None]
        penalty = PENALTIES[int(np.argmin((errors**2).mean(axis=0)))]
    masks = [np.ones((len(train), 1)), *map(drawings.fitted_on, range(len(drawings.fold)))]
    mask = np.concatenate(masks, axis=1).astype(np.float64)
    solved = sparse_ridge(fitted, target, np.full(mask.shape[1], penalty), mask, TOLERANCE)[0].T
    ends = np.cumsum([part.shape[1] for part in labels])
    parts = [Cells.of(part[train], kept) for part in labels]
    crossed = np.empty((len(drawings.fold), len(train), len(labels)))
    for drawing, fold in enumerate(drawings.fold):
        of_folds = solved[:, 1 + drawing * drawings.n_folds :]
        for column, (cells, end) in enumerate(zip(parts, ends, strict=True)):
            effects = of_folds[end - cells.n_labels + cells.codes, fold[cells.rows()]]
            crossed[drawing, :, column] = cells.summed(effects[:, None])[:, 0]
    return RidgeEffects(solved[: ends[-1], 0], crossed, penalty)
