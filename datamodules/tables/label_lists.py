"""The labels of a column's cells, as arrays: which labels each row has, in the cell's order."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class LabelLists:
    """The labels of n rows: row i has ``names[codes[offsets[i]:offsets[i + 1]]]``, in the cell's order.

    Attributes:
        offsets: (n + 1,) int64.
        codes: (n_labels,) int32, into names.
        names: the distinct labels: trimmed, in Unicode NFC, none empty.
    """

    offsets: np.ndarray
    codes: np.ndarray
    names: pa.Array

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    def counts(self) -> np.ndarray:
        """Return the number of labels of each row, (n,) int64."""
        return np.diff(self.offsets)

    def keep(self, kept: np.ndarray, codes: np.ndarray) -> "LabelLists":
        """Return the labels where `kept` is true, with these codes instead of their own; both (n_labels,)."""
        if kept.all():
            return LabelLists(self.offsets, codes, self.names)
        return LabelLists(offsets_of(kept)[self.offsets], codes[kept], self.names)

    def at(self, position: int) -> "LabelLists":
        """Return the label at `position` of each row, counted from 0; rows with fewer labels are left empty."""
        present = self.counts() > position
        return LabelLists(offsets_of(present), self.codes[self.offsets[:-1][present] + position], self.names)

    def take(self, rows: np.ndarray) -> "LabelLists":
        """Return the labels of these rows, by index; none for -1."""
        counts = np.append(self.counts(), 0)[rows]
        offsets = offsets_of(counts)
        positions = np.repeat(self.offsets[rows] - offsets[:-1], counts)
        positions += np.arange(offsets[-1])
        return LabelLists(offsets, self.codes[positions], self.names)

    def distinct(self) -> "LabelLists":
        """Return each row's labels once, where they come first."""
        width = max(len(self.names), 1)
        # Half as wide, sorted in half the time.
        key_type = np.dtype(np.int32 if self.n_rows * width < 2**31 else np.int64)
        keys = np.repeat(np.arange(self.n_rows, dtype=key_type) * width, self.counts()) + self.codes
        in_order = np.sort(keys)
        if (in_order[1:] != in_order[:-1]).all():
            return self
        order = np.argsort(keys, kind="stable")
        first = np.empty(len(keys), dtype=bool)
        first[order] = np.diff(keys[order], prepend=-1) > 0
        return self.keep(first, self.codes)


def offsets_of(counts: np.ndarray) -> np.ndarray:
    """Return where each row begins, and the end: (n + 1,) for n counts."""
    return np.concatenate(([0], np.cumsum(counts)))
