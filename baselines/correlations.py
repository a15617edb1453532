"""How far each feature goes along with a model's predictions."""

import numpy as np
import pandas as pd

from greenlight_films.baselines.sample import Sample


def correlations(sample: Sample, predicted: np.ndarray) -> pd.DataFrame:
    """Return Pearson's correlation of every number and label with the predictions, the strongest first.

    Features that never vary among these rows have none, and are left out.

    Args:
        predicted: (n_rows,).

    Returns:
        Columns feature, correlation, n_rows: those that have the label; all of them for a number.
    """
    dense, labels, n_rows = sample.films.unscaled, sample.films.labels.astype(np.float64), sample.n_rows
    centred = predicted - predicted.mean()
    off_mean = dense - dense.mean(0)
    mean, mean_square = labels.mean(axis=0), labels.power(2).mean(axis=0)
    together = np.concatenate([off_mean.T @ centred, labels.T @ centred]) / n_rows
    variance = np.concatenate([off_mean.var(0), np.maximum(mean_square - mean**2, 0)])
    carried = np.concatenate([np.full(dense.shape[1], n_rows), np.diff(labels.tocsc().indptr)])
    varies = variance > 1e-12 * np.concatenate([(dense**2).mean(0), mean_square])
    names = np.array(sample.space.names(), dtype=object)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = together[varies] / np.sqrt(variance[varies] * predicted.var())
    table = pd.DataFrame({"feature": names[varies], "correlation": correlation, "n_rows": carried[varies]})
    return table.sort_values("correlation", key=abs, ascending=False, kind="stable", ignore_index=True)
