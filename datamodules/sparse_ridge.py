"""Ridge regressions on a sparse matrix: several penalties, or several parts of the rows, at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np
from scipy.sparse import csr_array

MOST_STEPS = 5000  # tens to hundreds do
AT_ONCE = 12  # fits side by side in a thread: more gain nothing, and cores have little left to share


def sparse_ridge(
    matrix: csr_array,
    target: np.ndarray,
    penalties: Sequence[float] | np.ndarray,
    weights: np.ndarray | None = None,
    tolerance: float = 1e-8,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients b, (n_fits, n_columns) float64, and intercepts a, (n_fits,), a fit for each penalty.

    They minimise Σ weights·(target − a − matrix·b)² + penalty·|b|², by conjugate gradients on the normal equations
    (Hestenes and Stiefel 1952, doi:10.6028/jres.049.044), scaled by their diagonal: of several fits side by side, each
    with steps of its own, and such groups in threads. Columns are centred without being written out.

    Args:
        matrix: (n_rows, n_columns).
        target: (n_rows,).
        penalties: (n_fits,), above 0.
        weights: (n_rows,), 0 or more, or (n_rows, n_fits), of each fit its own; all 1 by default.
        tolerance: the residual that is left, as a share of the right-hand side's length.
        progress: is called with the number of fits that are done, and of all.
    """
    matrix = matrix.astype(np.float64)
    penalty = np.asarray(penalties, dtype=np.float64)
    shape = (len(target), len(penalty))
    weight = np.broadcast_to(np.ones(1) if weights is None else weights.reshape(len(target), -1), shape)
    # A column with a single entry, as most names are, fits a share of what is left of its row.
    several = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 1
    shared, single = matrix[:, several], matrix[:, ~several]
    loaded = penalty + weight * single.power(2).sum(axis=1)[:, None]
    solved = np.zeros((matrix.shape[1], len(penalty)))
    groups = np.array_split(np.arange(len(penalty)), -(-len(penalty) // AT_ONCE))
    shared_weight, transposed, n_done = weight * penalty / loaded, shared.T.tocsr(), np.zeros(len(groups), dtype=int)

    def solve(index: int) -> tuple[np.ndarray, np.ndarray]:
        def report(done: int) -> None:
            n_done[index] = done
            progress(int(n_done.sum()), len(penalty))

        own = groups[index]
        return _solve(shared, transposed, target, penalty[own], shared_weight[:, own], tolerance, report)

    with ThreadPoolExecutor(cpu_count()) as pool:  # products of sparse matrices hold no lock
        parts = list(pool.map(solve, range(len(groups))))
    solved[several], intercepts = (np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    left = weight * (target[:, None] - shared @ solved[several] - intercepts) / loaded
    solved[~several] = single.T @ left
    return solved.T, intercepts


def _solve(
    matrix: csr_array,
    transposed: csr_array,
    target: np.ndarray,
    penalty: np.ndarray,
    weight: np.ndarray,
    tolerance: float,
    progress: Callable[[int], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients, (n_columns, n_fits), and intercepts, (n_fits,), with weights of (n_rows, n_fits)."""
    n_fits = len(penalty)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    means, target_means = transposed @ weight / total, target @ weight / total
    left = transposed @ (weight * (target[:, None] - target_means))
    scaling = np.maximum(transposed.power(2) @ weight - total * means**2, 0) + penalty
    solved, solution = np.zeros((matrix.shape[1], n_fits)), np.zeros_like(left)
    least = tolerance**2 * (left**2).sum(axis=0)
    fits, centre = np.arange(n_fits), means
    direction = left / scaling
    product = (left * direction).sum(axis=0)
    for _ in range(MOST_STEPS):
        is_done = (left**2).sum(axis=0) <= least
        if is_done.any():
            solved[:, fits[is_done]] = solution[:, is_done]
            progress(n_fits - len(fits) + int(is_done.sum()))
            going = ~is_done
            fits, least, penalty, product = fits[going], least[going], penalty[going], product[going]
            parts = (weight, centre, left, scaling, solution, direction)
            weight, centre, left, scaling, solution, direction = (part[:, going] for part in parts)
        if not len(fits):
            break
        moved = transposed @ (weight * (matrix @ direction - (centre * direction).sum(axis=0))) + penalty * direction
        step = product / (direction * moved).sum(axis=0)
        solution += step * direction
        left -= step * moved
        scaled = left / scaling
        before, product = product, (left * scaled).sum(axis=0)
        direction *= product / before
        direction += scaled
    solved[:, fits] = solution
    return solved, target_means - (solved * means).sum(axis=0)
