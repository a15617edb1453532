"""Profiles of labels: the mean traits of their other training films."""

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells

NO_NEWS = 2.0
"""Films of the mean kind that each label's are mixed with."""


def profiles(cells: Cells, traits: np.ndarray, drawings: Drawings) -> tuple[np.ndarray, np.ndarray]:
    """Return each label's profile, (n_labels, k), and those of the training rows' cells, (n_drawings, n_rows, k).

    A profile is the mean of the films' traits; a training row's are of the training films outside its own fold.

    Args:
        cells: of the training rows.
        traits: (n_rows, k) float64, less their means.
    """
    rows, codes, n_traits = cells.rows(), cells.codes, traits.shape[1]

    def summed(key: np.ndarray, size: int) -> np.ndarray:
        ones = csr_array((np.ones(len(key)), (key, rows)), shape=(size, cells.n_rows))
        return np.asarray(ones @ np.column_stack([traits, np.ones(cells.n_rows)]))

    total = summed(codes, cells.n_labels)
    crossed = np.empty((len(drawings.fold), cells.n_rows, n_traits))
    for drawing, fold in enumerate(drawings.fold):
        pairs, key = np.unique(codes.astype(np.int64) * drawings.n_folds + fold[rows], return_inverse=True)
        rest = total[codes] - summed(key, len(pairs))[key]
        crossed[drawing] = cells.summed(rest[:, :-1] / (rest[:, -1:] + NO_NEWS))
    return total[:, :-1] / (total[:, -1:] + NO_NEWS), crossed
