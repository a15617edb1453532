"""What clusters and components are made of: standardised numbers, and labels."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.sparse import csr_array, hstack
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.baseline import Stored
from greenlight_films.baselines.columns import matching
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError

MOST_DENSE, FEWEST_NUMBERS = 50, 3


class Described(Stored):
    """Some columns of the table; numbers have mean 0 and standard deviation 1 on the training rows.

    Columns that never vary there are left out, and so are the signs of a missing number.

    Attributes:
        names: of the columns, numbers first.
        dense: places among the columns of numbers.
        labels: places among the label columns.
        mean: (n_numbers,), in the numbers' own units.
        std: likewise.
    """

    stored = ("names", "dense", "labels", "mean", "std")

    def fit(self, training: Sample, patterns: Sequence[str] | None) -> Self:
        """Choose columns of the table by patterns; by default its numbers if there are three, or else all."""
        space, films = training.space, training.films
        chosen = matching(space, patterns, "compare.describe")
        is_number = np.array([block.kind == "number" for block in space.dense], dtype=bool)
        numbers = chosen.dense[is_number[chosen.dense] & (np.ptp(films.unscaled[:, chosen.dense], axis=0) > 0)]
        by_default = patterns is None and len(numbers) >= FEWEST_NUMBERS
        carried = np.diff(films.labels[:, chosen.labels].tocsc().indptr)
        told_apart = (carried > 0) & (carried < training.n_rows)
        self.dense = numbers
        self.labels = chosen.labels[told_apart & (not by_default)]
        if len(self.dense) + len(self.labels) < 2:
            raise InputError(
                f"compare.describe must leave 2 columns or more that vary, got {len(self.dense) + len(self.labels)}; "
                "name others, or take kmeans and pca out of compare.models"
            )
        scaler = StandardScaler().fit(films.unscaled[:, self.dense]) if len(self.dense) else None
        self.mean: np.ndarray = scaler.mean_ if scaler else np.zeros(0)
        self.std: np.ndarray = scaler.scale_ if scaler else np.ones(0)
        named = np.array(space.names(), dtype=object)
        self.names = list(named[np.concatenate([self.dense, space.n_dense + self.labels])])
        return self

    @property
    def is_wide(self) -> bool:
        """Tell whether there are too many labels for a dense matrix."""
        return len(self.labels) > MOST_DENSE

    def matrix(self, films: EncodedFilms) -> np.ndarray | csr_array:
        """Return (n_rows, n_columns) float64: dense with up to 50 labels, CSR above."""
        numbers = (films.unscaled[:, self.dense] - self.mean) / self.std
        labels = films.labels[:, self.labels]
        if self.is_wide:
            return hstack([csr_array(numbers), labels], format="csr", dtype=np.float64)
        return np.hstack([numbers, labels.toarray()], dtype=np.float64)
