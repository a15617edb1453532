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
        given: (n_present,) weights of the labels present; None for 1 / sqrt(n), n being the labels in the cell.
        kept: where `summed` leaves what it sums up, call by call; None where that isn't wanted.
    """

    offsets: np.ndarray
    codes: np.ndarray
    n_labels: int
    given: np.ndarray | None = None
    kept: list[np.ndarray] | None = None

    @classmethod
    def of(cls, labels: csr_array, kept: list[np.ndarray] | None = None) -> "Cells":
        """Take encoded labels, (n, n_labels) with the weights of those present."""
        offsets, weights = labels.indptr.astype(np.int64), labels.data.astype(np.float64)
        return cls(offsets, labels.indices, labels.shape[1], weights, kept)

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    def counts(self) -> np.ndarray:
        """Return the number of labels of each row, (n,) int64."""
        return np.diff(self.offsets)

    def weights(self) -> np.ndarray:
        """Return the weight of each label present, (n_present,) float64."""
        if self.given is not None:
            return self.given
        counts = self.counts()
        return np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)

    def rows(self) -> np.ndarray:
        """Return the row of each label present, (n_present,) int64."""
        return np.repeat(np.arange(self.n_rows), self.counts())

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted sum over each cell of a value a label present: (n_present, k) to (n, k), float64."""
        if self.kept is not None:
            self.kept.append(values)
        present = np.arange(len(self.codes))
        sums = csr_array((self.weights(), present, self.offsets), shape=(self.n_rows, len(present))) @ values
        return np.asarray(sums)
