"""Labels in few dimensions, where distances mean something."""

from typing import Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD

from greenlight_films.baselines.baseline import Stored

N_DIRECTIONS, SMALLEST_VARIANCE = 50, 1e-12


class LabelDirections(Stored):
    """Labels as they are where there are 50 or fewer, or else their first 50 singular directions.

    In thousands of dimensions all films are about equally far away.

    Attributes:
        labels: (n_kept,) places of the label columns that tell training films apart.
        components: (n_directions, n_kept), what each label adds.
    """

    stored = ("labels", "components")

    def fit(self, labels: csr_array) -> Self:
        """Learn from the training rows' labels, (n_rows, n_labels)."""
        labels = labels.astype(np.float64)
        mean, mean_square = labels.mean(axis=0), labels.power(2).mean(axis=0)
        self.labels = np.flatnonzero(mean_square - mean**2 > SMALLEST_VARIANCE)
        if len(self.labels) > N_DIRECTIONS:
            self.components = TruncatedSVD(N_DIRECTIONS, random_state=0).fit(labels[:, self.labels]).components_
        else:
            self.components = np.eye(len(self.labels))
        return self

    @property
    def are_labels(self) -> bool:
        """Tell whether each direction is a label."""
        return self.components.shape[0] == self.components.shape[1]

    def transform(self, labels: csr_array, among: np.ndarray | None = None) -> np.ndarray:
        """Return what labels add up to, (n_rows, n_directions) float64.

        Args:
            among: the places of the label columns to look at; all by default.
        """
        kept = slice(None) if among is None else np.isin(self.labels, among)
        return np.asarray(labels[:, self.labels[kept]] @ self.components[:, kept].T, dtype=np.float64)
