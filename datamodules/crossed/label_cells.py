"""`Cells`: the labels in a column's cells, those without a column of their own too."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Cells:
    """The labels of n rows, by code.

    Attributes:
        offsets: (n + 1,) int64.
        codes: (n_present,) int32, each once in a row.
        n_labels: number of codes.
    """

    offsets: np.ndarray
    codes: np.ndarray
    n_labels: int

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    def counts(self) -> np.ndarray:
        """Return the number of labels of each row, (n,) int64."""
        return np.diff(self.offsets)

    def weights(self) -> np.ndarray:
        """Return 1 / sqrt(n) of each label present, n being the labels in its cell; (n_present,) float64."""
        counts = self.counts()
        return np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)

    def rows(self) -> np.ndarray:
        """Return the row of each label present, (n_present,) int64."""
        return np.repeat(np.arange(self.n_rows), self.counts())

    def take(self, rows: np.ndarray) -> "Cells":
        """Return these rows, by index."""
        counts = self.counts()[rows]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        positions = np.repeat(self.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
        return Cells(offsets, self.codes[positions], self.n_labels)

    def matrix(self) -> csr_array:
        """Return (n, n_labels) float64, `weights` where a label is present."""
        return csr_array((self.weights(), self.codes, self.offsets), shape=(self.n_rows, self.n_labels))

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted sum over each cell of a value a label present: (n_present, k) to (n, k), float64."""
        weighted = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values * self.weights()[:, None], axis=0)))
        return weighted[self.offsets[1:]] - weighted[self.offsets[:-1]]
