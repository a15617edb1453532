"""Cross-fitted ridge regressions: a training row's prediction comes from a fit without its fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.sparse_ridge import sparse_ridge

TOLERANCE = 1e-3  # a smaller one changes no third digit of the error


@dataclass(frozen=True)
class CrossedRidge:
    """A ridge regression on blocks of columns, and each training row's prediction by fits without its fold.

    Attributes:
        coefficients: of each block, (n_columns,) float64, of the fit on all rows.
        intercept: of that fit.
        crossed: (n_drawings, n_rows, n_blocks) float64, what each block adds to a training row's prediction.
        intercepts: (n_drawings, n_rows) float64, what is added besides.
    """

    coefficients: list[np.ndarray]
    intercept: float
    crossed: np.ndarray
    intercepts: np.ndarray

    def of_others(self, blocks: Sequence[csr_array]) -> np.ndarray:
        """Return what each block adds to the predictions of other rows, (n_rows, n_blocks) float64."""
        return np.stack([block @ own for block, own in zip(blocks, self.coefficients, strict=True)], axis=1)

    def residual(self, target: np.ndarray) -> np.ndarray:
        """Return the training rows' target less their predictions by the first drawing, (n_rows,) float64."""
        return np.asarray(target - self.crossed[0].sum(axis=1) - self.intercepts[0])


def crossed_ridge(
    blocks: Sequence[csr_array],
    target: np.ndarray,
    drawings: Drawings,
    penalty: float,
    tolerance: float | None = None,
    kept: list[np.ndarray] | None = None,
) -> CrossedRidge:
    """Fit a ridge regression on all rows, and one for each fold of each drawing without it.

    Args:
        blocks: (n_rows, n_columns) each.
        target: (n_rows,) float64.
        penalty: of the squared coefficients, above 0.
        tolerance: of the fits; by default `TOLERANCE`.
        kept: see `Cells`.
    """
    masks = [np.ones((len(target), 1)), *map(drawings.fitted_on, range(len(drawings.fold)))]
    mask = np.concatenate(masks, axis=1).astype(np.float64)
    matrix, penalties = hstack(blocks, format="csr", dtype=np.float64), np.full(mask.shape[1], penalty)
    solved, intercepts = sparse_ridge(matrix, target, penalties, mask, TOLERANCE if tolerance is None else tolerance)
    parts = np.split(solved.T, np.cumsum([block.shape[1] for block in blocks])[:-1])
    crossed, of_blocks = np.empty((*drawings.fold.shape, len(blocks))), [Cells.of(block, kept) for block in blocks]
    for drawing, fold in enumerate(drawings.fold.astype(np.int64)):
        fit = 1 + drawing * drawings.n_folds + fold
        for index, (cells, own) in enumerate(zip(of_blocks, parts, strict=True)):
            crossed[drawing, :, index] = cells.summed(own[cells.codes, fit[cells.rows()]][:, None])[:, 0]
    first_fits = 1 + drawings.n_folds * np.arange(len(drawings.fold))[:, None]
    return CrossedRidge(
        [own[:, 0] for own in parts], float(intercepts[0]), crossed, intercepts[first_fits + drawings.fold]
    )


def ridge_beside_records(
    blocks: Sequence[csr_array],
    target: np.ndarray,
    drawings: Drawings,
    penalty: float,
    record: Callable[[np.ndarray], np.ndarray],
) -> CrossedRidge:
    """Return a ridge regression that leaves to a label's record what is the label's.

    A first regression explains a part of it where the label's films are alike. So a record is made of what that leaves,
    and the regression is done again on the target less this record. The final record is made of the `residual` of it.

    Args:
        blocks: (n_rows, n_columns) each, without the record's labels.
        target: (n_rows,) float64.
        drawings: with all rows of a label in one fold, a row's target reaches its own record by the first records of
            other labels alone.
        penalty: of the squared coefficients, above 0.
        record: from a residual to each row's record without its own film, both (n_rows,).
    """
    first = record(crossed_ridge(blocks, target, drawings, penalty).residual(target))
    return crossed_ridge(blocks, target - first, drawings, penalty)
