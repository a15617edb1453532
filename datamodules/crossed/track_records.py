"""What the other films of a label did: shrunken means of the target's residuals, and how many films they come from."""

import numpy as np

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells

NAMES = ("record", "record, good", "record, bad", "films", "known")


def shrinkage(cells: Cells, residual: np.ndarray) -> float:
    """Return a: how many films of no news a label's mean is mixed with, from .5 to 50.

    It is the variance within labels by that between them, by moments (Searle, Casella and McCulloch 1992, ch. 3).

    Args:
        residual: (n_rows,) float64.
    """
    counts = np.bincount(cells.codes, minlength=cells.n_labels)
    of_present = residual[cells.rows()]
    means = np.bincount(cells.codes, of_present, cells.n_labels) / np.maximum(counts, 1)
    several = counts > 1
    freedom = float((counts[several] - 1).sum())
    if not freedom:
        return 50.0
    within = float(((of_present - means[cells.codes]) ** 2)[several[cells.codes]].sum()) / freedom
    between = float((means[several] ** 2).mean() - within * (1 / counts[several]).mean())
    return float(np.clip(within / between if between > 0 else np.inf, 0.5, 50))


def track_records(
    cells: Cells, train: np.ndarray, residual: np.ndarray, film: np.ndarray, drawings: Drawings
) -> tuple[np.ndarray, np.ndarray]:
    """Return each label's record, (n_labels, 5), and those of the training rows' cells, (n_drawings, n_train, 5).

    Both are in the order of `NAMES`. A cell's is the sum over its labels by their weights; a training film's is taken
    of the training films outside its own fold.

    Args:
        cells: of all rows.
        train: (n_train,) int64, indices of the training rows.
        residual: (n_train,) float64, the target less its mean.
        film: (n_train,) int64, codes of films from 0; a film with several rows counts as each of its rows.
    """
    own = cells.take(train)
    rows, codes = own.rows(), own.codes
    a = shrinkage(own, residual)
    sums = np.bincount(codes, residual[rows], cells.n_labels)
    counts = np.bincount(codes, minlength=cells.n_labels).astype(np.float64)
    # Films that another film's row would also show: the film's own rows are never among them.
    pairs, inverse = np.unique(film[rows] * np.int64(cells.n_labels) + codes, return_inverse=True)
    others = counts[codes] - np.bincount(inverse, minlength=len(pairs))[inverse]
    crossed = np.empty((len(drawings.fold), len(train), len(NAMES)))
    for drawing, fold in enumerate(drawings.fold):
        key = codes.astype(np.int64) * drawings.n_folds + fold[rows]
        size = cells.n_labels * drawings.n_folds
        out_sum = sums[codes] - np.bincount(key, residual[rows], size)[key]
        out_count = counts[codes] - np.bincount(key, minlength=size)[key]
        crossed[drawing] = own.summed(_inputs(np.where(out_count > 0, out_sum, 0) / (out_count + a), others))
    return _inputs(sums / (counts + a), counts), crossed


def _inputs(record: np.ndarray, films: np.ndarray) -> np.ndarray:
    good, bad = np.maximum(record, 0) ** 2, np.minimum(record, 0) ** 2
    return np.stack([record, good, bad, np.log1p(films), films > 0], axis=1)
