"""`permutation_importance` beside scikit-learn's function of that name, on an MLPRegressor with 11,000 one-hot columns.

    python -m benchmarks.permutation_importance

Prints one JSON line. Ours measures all columns; scikit-learn's loop is run on a sample of columns, with X as a dense
matrix, and its time is scaled to all of them. `largest_difference` is in standard errors of scikit-learn's mean.
"""

import json
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.inspection import permutation_importance as loop_over_columns
from sklearn.neural_network import MLPRegressor

from greenlight_films.importance import permutation_importance

HIDDEN = (64, 32)


def films(n_rows: int, n_columns: int, in_row: int = 16) -> tuple[sparse.csr_array, np.ndarray]:
    """Return rows with so many random ones each, some columns far more frequent than others, and a target."""
    random = np.random.default_rng(0)
    columns = (n_columns * random.random((n_rows, in_row)) ** 3).astype(np.int64)
    one_hot = sparse.coo_array((np.ones(columns.size), (np.arange(n_rows).repeat(in_row), columns.ravel())))
    one_hot = sparse.csr_array(one_hot, shape=(n_rows, n_columns))
    one_hot.data[:] = 1
    return one_hot, one_hot @ random.normal(size=n_columns) + random.normal(size=n_rows)


def measure(n_rows: int = 4000, n_columns: int = 11_000, sample: int = 20, n_repeats: int = 20) -> dict[str, Any]:
    """Compare on the last half of the rows; the sample has the most frequent columns."""
    one_hot, target = films(n_rows, n_columns)
    half = n_rows // 2
    model = MLPRegressor(hidden_layer_sizes=HIDDEN, max_iter=5, random_state=0).fit(one_hot[:half], target[:half])
    rows, actual = one_hot[half:], target[half:]
    start = perf_counter()
    ours = permutation_importance(model, rows, actual, random_state=0)
    seconds = perf_counter() - start
    assert ours.columns is not None

    columns = np.argsort(-rows.sum(0), kind="stable")[:sample]
    matrix = rows.toarray()
    before = -((model.predict(matrix) - actual) ** 2).mean()
    part = matrix[:, columns]

    def score(estimator: Any, shuffled: np.ndarray, targets: np.ndarray) -> float:
        matrix[:, columns] = shuffled
        return -float(((estimator.predict(matrix) - targets) ** 2).mean())

    start = perf_counter()
    theirs = loop_over_columns(model, part, actual, scoring=score, n_repeats=n_repeats, random_state=0)
    of_column = (perf_counter() - start) / (sample * n_repeats + 1)
    error = np.hypot(theirs.importances_std / n_repeats**0.5, ours.columns.se_shuffle.numpy()[columns]) + 1e-12
    difference = np.abs(ours.importances_mean[columns] - theirs.importances_mean) / error
    loop_seconds = of_column * 5 * n_columns  # with scikit-learn's default of five repeats
    return {
        "rows": half,
        "columns": n_columns,
        "method": ours.method,
        "loss": -before,
        "ours_seconds": round(seconds, 3),
        "sklearn_seconds": round(loop_seconds, 1),
        "sklearn_measured_columns": sample,
        "ratio": round(loop_seconds / seconds),
        "largest_difference": round(float(difference.max()), 2),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
