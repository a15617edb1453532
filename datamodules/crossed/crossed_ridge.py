"""A ridge regression beside records of labels: what numbers, words and frequent labels say of the target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.sparse_ridge import sparse_ridge

TOLERANCE = 1e-3  # a smaller one changes no third digit of the error


@dataclass(frozen=True)
class CrossedRidge:
    """A ridge regression on blocks of columns, and each training row's prediction by a fit without its fold.

    Attributes:
        coefficients: of each block, (n_columns,) float64, of the fit on all rows.
        intercept: of that fit.
        crossed: (n_rows, n_blocks) float64, what each block adds to a training row's prediction.
        intercepts: (n_rows,) float64, what is added besides.
    """

    coefficients: list[np.ndarray]
    intercept: float
    crossed: np.ndarray
    intercepts: np.ndarray

    def of_others(self, blocks: Sequence[csr_array]) -> np.ndarray:
        """Return what each block adds to the predictions of other rows, (n_rows, n_blocks) float64."""
        return np.stack([block @ own for block, own in zip(blocks, self.coefficients, strict=True)], axis=1)

    def residual(self, target: np.ndarray) -> np.ndarray:
        """Return the training rows' target less their predictions, (n_rows,) float64."""
        return np.asarray(target - self.crossed.sum(axis=1) - self.intercepts)


def crossed_ridge(blocks: Sequence[csr_array], target: np.ndarray, fold: np.ndarray, penalty: float) -> CrossedRidge:
    """Fit a ridge regression on all rows, and one on the rows outside each fold.

    Args:
        blocks: (n_rows, n_columns) each.
        target: (n_rows,) float64.
        fold: (n_rows,) integers from 0.
        penalty: of the squared coefficients, above 0.
    """
    mask = fold[:, None] != np.arange(-1, fold.max() + 1)  # first that of all rows
    matrix = hstack(blocks, format="csr")
    weights = mask.astype(np.float64)
    coefficients, intercepts = sparse_ridge(matrix, target, np.full(mask.shape[1], penalty), weights, TOLERANCE)
    parts = np.split(coefficients, np.cumsum([block.shape[1] for block in blocks])[:-1], axis=1)
    rows = np.arange(len(fold))
    crossed = [(block @ own[1:].T)[rows, fold] for block, own in zip(blocks, parts, strict=True)]
    return CrossedRidge(
        [own[0] for own in parts], float(intercepts[0]), np.stack(crossed, axis=1), intercepts[1:][fold]
    )


def ridge_beside_records(
    blocks: Sequence[csr_array],
    target: np.ndarray,
    fold: np.ndarray,
    penalty: float,
    record: Callable[[np.ndarray], np.ndarray],
) -> CrossedRidge:
    """Return a ridge regression that leaves to a label's record what is the label's.

    A first regression explains a part of it where the label's films are alike. So a record is made of what that leaves,
    and the regression is done again on the target less this record. The final record is made of the `residual` of it.

    Args:
        blocks: (n_rows, n_columns) each, without the record's labels.
        target: (n_rows,) float64.
        fold: (n_rows,) integers from 0. With all rows of a label in one fold, a row's target reaches its own record by
            the first records of other labels alone.
        penalty: of the squared coefficients, above 0.
        record: from a residual to each row's record without its own film, both (n_rows,).
    """
    first = record(crossed_ridge(blocks, target, fold, penalty).residual(target))
    return crossed_ridge(blocks, target - first, fold, penalty)
