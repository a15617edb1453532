"""What kind of films a label's other films are."""

import numpy as np

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells


def profiles(cells: Cells, train: np.ndarray, traits: np.ndarray, drawings: Drawings) -> tuple[np.ndarray, np.ndarray]:
    """Return each label's profile, (n_labels, k), and those of the training rows' cells, (n_drawings, n_train, k).

    Args:
        traits: (n_train, k) float64 of the training films, less their means.
    """
    own = cells.take(train)
    rows, codes = own.rows(), own.codes
    n_labels, n_folds, k = cells.n_labels, drawings.n_folds, traits.shape[1]
    counts = np.bincount(codes, minlength=n_labels).astype(np.float64)
    sums = np.stack([np.bincount(codes, traits[rows, j], n_labels) for j in range(k)], axis=1)
    crossed = np.empty((len(drawings.fold), len(train), k))
    for drawing, fold in enumerate(drawings.fold):
        key = codes.astype(np.int64) * n_folds + fold[rows]
        kinds, inverse = np.unique(key, return_inverse=True)
        left_out = np.bincount(inverse)
        for j in range(k):
            out = sums[codes, j] - np.bincount(inverse, traits[rows, j])[inverse]
            crossed[drawing][:, j : j + 1] = own.summed((out / (counts[codes] - left_out[inverse] + 2))[:, None])
    return sums / (counts + 2)[:, None], crossed
