"""What numbers, words and frequent labels leave of the target: what a record of rare labels is made of."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.datamodules.sparse_ridge import sparse_ridge

TOLERANCE = 1e-3  # a smaller one changes no third digit of the error


def crossed_prediction(matrix: csr_array, target: np.ndarray, fold: np.ndarray, penalty: float) -> np.ndarray:
    """Return each row's prediction by a ridge regression on the rows of the other folds, (n_rows,) float64.

    Args:
        matrix: (n_rows, n_columns).
        target: (n_rows,) float64.
        fold: (n_rows,) integers from 0.
        penalty: of the squared coefficients, above 0.
    """
    mask = fold[:, None] != np.arange(fold.max() + 1)
    penalties = np.full(mask.shape[1], penalty)
    coefficients, intercepts = sparse_ridge(matrix, target, penalties, mask.astype(np.float64), TOLERANCE)
    prediction = matrix @ coefficients.T + intercepts
    return np.asarray(prediction[np.arange(len(fold)), fold])


def ridge_residual(
    matrix: csr_array,
    target: np.ndarray,
    fold: np.ndarray,
    penalty: float,
    record: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return the target less a prediction that leaves the record's share to the record, (n_rows,) float64.

    A first ridge regression would explain a part of what a label is behind, where its films are alike. So a record is
    made of what it leaves, and the regression is done again on the target without that record.

    Args:
        matrix: (n_rows, n_columns), without the record's labels.
        target: (n_rows,) float64.
        fold: (n_rows,) integers from 0. All rows of a label must be in one fold, or a row's target reaches its record
            by the predictions for the label's other rows.
        penalty: of the squared coefficients, above 0.
        record: from a residual to each row's record without its own film, both (n_rows,).
    """
    first = record(target - crossed_prediction(matrix, target, fold, penalty))
    return np.asarray(target - crossed_prediction(matrix, target - first, fold, penalty))
