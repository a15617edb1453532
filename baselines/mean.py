"""The mean of the training targets: what every model has to beat."""

import numpy as np


class Mean:
    """Predicts the training rows' mean for every film."""

    def fit(self, target: np.ndarray) -> "Mean":
        """Learn from the training rows' targets, (n,), in the original unit."""
        self.mean = float(np.mean(target, dtype=np.float64))
        return self

    def predict(self, n_rows: int) -> np.ndarray:
        """Return (n_rows,) predictions in the original unit."""
        return np.full(n_rows, self.mean)
