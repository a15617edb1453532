"""How training rows are cut up to choose a setting among them."""

import numpy as np
from sklearn.model_selection import GroupKFold

from greenlight_films.datamodules import InputError

N_FOLDS = 5


def folds(film: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows to fit and the rows to score, five times (fewer with fewer films); each row is scored once.

    Args:
        film: (n_rows,) int64; the rows of a film stay together.

    Raises:
        InputError: there is a single film.
    """
    n_films = len(np.unique(film))
    if n_films < 2:
        raise InputError("its settings are chosen among 2 training films or more, got 1")
    cut = GroupKFold(min(N_FOLDS, n_films), shuffle=True, random_state=0)
    return list(cut.split(np.empty(len(film)), groups=film))
