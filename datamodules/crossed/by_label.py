"""`ByLabel`: the inputs of each single label of a training row, made without the row's own film."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Entries:
    """Some inputs of the labels in training rows: row i has those from offsets[i] to offsets[i + 1].

    Attributes:
        inputs: of all inputs.
        labels: (n_present,) label columns.
        offsets: (n_train + 1,).
        values: (n_present, n) float32, in the unit of `LabelInputs.values`.
    """

    inputs: slice
    labels: np.ndarray
    offsets: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class ByLabel:
    """The first drawing's inputs of training rows by label: the weighted sum, less the centre, is the row's."""

    parts: list[Entries] = field(default_factory=list)

    def add(self, inputs: slice, labels: np.ndarray, offsets: np.ndarray, values: np.ndarray) -> None:
        """Add some inputs of all rows."""
        self.parts.append(Entries(inputs, labels, offsets, values.astype(np.float32)))

    def of_row(self, row: int, n_inputs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels of a training row, (n,) ascending, and what each is, (n, n_inputs) float32."""
        own = [slice(*part.offsets[row : row + 2]) for part in self.parts]
        pairs = list(zip(self.parts, own, strict=True))
        labels = np.unique(np.concatenate([part.labels[some] for part, some in pairs]))
        values = np.zeros((len(labels), n_inputs), np.float32)
        for part, some in pairs:
            values[np.searchsorted(labels, part.labels[some]), part.inputs] = part.values[some]
        return labels, values
