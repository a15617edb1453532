"""`LabelInputs`: what is known of each label beside its name, as the first layer takes it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LabelInputs:
    """Constants of labels, learnt from the training films.

    Attributes:
        values: (n_labels, n_inputs) float32, in standard deviations of the training rows' sums.
        centre: (n_inputs,) float32, the mean of these sums, in the same unit.
        columns: (n_inputs,) the table's column that each belongs to.
        names: (n_inputs,) such as `record` or `films`.
    """

    values: np.ndarray
    centre: np.ndarray
    columns: list[str]
    names: list[str]
