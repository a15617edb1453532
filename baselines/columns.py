"""Choose columns of the table by name patterns, and standardise them for kmeans and pca."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Self

import numpy as np
from scipy.sparse import csr_array, hstack
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.baseline import Stored
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, FeatureSet, FeatureSpace, InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.feature_sets import feature_sets

MOST_DENSE = 50


def matching(space: FeatureSpace, patterns: Sequence[str] | None, option: str = "") -> FeatureSet:
    """Return the encoded columns of all columns of the table that match any pattern; of all columns without patterns.

    A pattern, such as `log_*`, that matches none is refused; messages name its `option`.
    """
    columns = [column for column in feature_sets(space, {}) if column.level == "column"]
    names = [column.name for column in columns]
    for pattern in patterns or ():
        if not any(fnmatchcase(name, pattern) for name in names):
            raise InputError(
                f"{option}: '{pattern}' fits no column of data.features{nearest(pattern, names) or '.'} "
                f"There are: {', '.join(names)}"
            )
    if patterns is not None:
        columns = [column for column in columns if any(fnmatchcase(column.name, pattern) for pattern in patterns)]
    dense, labels = (
        np.sort(np.concatenate([np.array([], int), *(getattr(column, side) for column in columns)]))
        for side in ("dense", "labels")
    )
    return FeatureSet(option, "group", dense, labels)


class StandardColumns(Stored):
    """Numbers with mean 0 and standard deviation 1 on the training rows, and labels as they are.

    Columns that never vary in the training rows and the indicators of missing numbers are left out. `dense` and
    `labels` are indices among the encoded columns; `mean` and `std` are of the numbers, in their own units.
    """

    stored = ("names", "dense", "labels", "mean", "std")

    def fit(self, training: Sample, patterns: Sequence[str] | None) -> Self:
        """Choose columns of the table by patterns; by default its numbers if there are three, or else all.

        Patterns are refused if fewer than two columns vary.
        """
        space, films = training.space, training.films
        chosen = matching(space, patterns, "compare.describe")
        is_number = np.array([block.kind == "number" for block in space.dense], dtype=bool)
        self.dense = chosen.dense[is_number[chosen.dense] & (np.ptp(films.unscaled[:, chosen.dense], axis=0) > 0)]
        numbers_alone = patterns is None and len(self.dense) >= 3
        counts = np.diff(films.labels[:, chosen.labels].tocsc().indptr)
        self.labels = chosen.labels[(counts > 0) & (counts < training.n_rows) & (not numbers_alone)]
        if (n_columns := len(self.dense) + len(self.labels)) < 2:
            raise InputError(
                f"compare.describe must leave 2 columns or more that vary, got {n_columns}; "
                "name others, or take kmeans and pca out of compare.models"
            )
        self.mean, self.std = np.zeros(0), np.ones(0)
        if len(self.dense):
            scaler = StandardScaler().fit(films.unscaled[:, self.dense])
            self.mean, self.std = scaler.mean_, scaler.scale_
        names = np.array(space.names(), dtype=object)
        self.names = list(names[np.concatenate([self.dense, space.n_dense + self.labels])])
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
