"""KMeans: groups of similar films, on all chosen columns and on their first three principal components."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from greenlight_films.baselines.baseline import Baseline, Tables
from greenlight_films.baselines.clusters import Clusters, silhouette_rows, silhouettes
from greenlight_films.baselines.columns import StandardColumns
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.profiles import label_profiles, number_profiles, target_by_cluster
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError

CLUSTERS = 4


class KMeans(Baseline):
    """KMeans on standardised numbers and labels. It describes films; it does not predict the target.

    With more than 50 labels it works on the components of `PCA`. It is compared with the clusters on the first three
    components.

    Args:
        clusters: how many of them are described, beside three.
        columns: patterns of the table's columns; by default its numbers if there are three, or else all.
    """

    name = "kmeans"
    most_rows = 200_000
    stored = ("k", "centres")
    parts: ClassVar = {"pca": PCA}

    def __init__(self, clusters: int = CLUSTERS, columns: Sequence[str] | None = None) -> None:
        if clusters < 2:
            raise InputError(f"compare.clusters must be 2 or more, got {clusters}")
        self.k = clusters
        self.columns = columns

    def check(self, training: Sample) -> None:
        self._n_different(StandardColumns().fit(training, self.columns), training)

    def _n_different(self, columns: StandardColumns, training: Sample) -> int:
        """Count the films that differ, with many labels all films; refuse fewer than clusters."""
        different = training.n_rows if columns.is_wide else len(np.unique(columns.matrix(training.films), axis=0))
        if different < self.k:
            raise InputError(
                f"compare.clusters must be at most the {different:,} training films that differ, got {self.k}; "
                "give fewer, or take kmeans out of compare.models"
            )
        return different

    def fit(self, training: Sample) -> Self:
        self.pca = PCA(self.columns).fit(training)
        different = self._n_different(self.pca.described, training)
        matrix = self._matrix(training.films)
        self.by_k = {k: Clusters.fit(matrix, k) for k in sorted({*range(2, 11), self.k}) if k <= different}
        self.centres = self.by_k[self.k].centres
        return self

    def assign(self, films: EncodedFilms) -> np.ndarray:
        """Return the cluster of each row, (n_rows,) from 0."""
        distance = (self.centres**2).sum(1) - 2 * self._matrix(films) @ self.centres.T
        return np.asarray(distance.argmin(1))

    def _matrix(self, films: EncodedFilms) -> np.ndarray:
        described = self.pca.described
        return self.pca.transform(films) if described.is_wide else np.asarray(described.matrix(films))

    def in_a_line(self) -> str:
        sizes = ", ".join(f"{size:,}" for size in self.by_k[self.k].sizes())
        return f"{self.k} clusters of {sizes} training rows"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return the sweep, clusters and their profiles, and the comparison with clusters on three components."""
        matrix = self._matrix(training.films)
        described = [self.by_k[k] for k in sorted({3, self.k}) if k in self.by_k]
        sweep = self._sweep(matrix)
        silhouette = float(sweep.set_index("k")["silhouette"][self.k])
        return {
            "sweep.csv": sweep,
            "films.csv": pd.DataFrame({"row": training.number, "cluster": self.by_k[self.k].labels}),
            "profiles.csv": pd.concat([number_profiles(training, each) for each in described], ignore_index=True),
            "labels.csv": label_profiles(training, self.by_k[self.k]),
            "target.csv": pd.concat([target_by_cluster(training, each) for each in described], ignore_index=True),
            **self._on_components(training, matrix, silhouette),
        }

    def _sweep(self, matrix: np.ndarray) -> pd.DataFrame:
        tried = self.by_k.values()
        return pd.DataFrame(
            {
                "k": self.by_k.keys(),
                "inertia": [clusters.inertia for clusters in tried],
                "silhouette": silhouettes(matrix, [clusters.labels for clusters in tried]),
                "silhouette_rows": len(silhouette_rows(len(matrix))),
            }
        )

    def _on_components(self, training: Sample, matrix: np.ndarray, silhouette: float) -> Tables:
        """Compare with clusters on three components, after matching the two runs' cluster numbers."""
        whole, scores = self.by_k[self.k], self.pca.transform(training.films, 3)
        few = Clusters.fit(scores, self.k).matched(whole)
        counts = confusion_matrix(whole.labels, few.labels, labels=range(self.k))
        values = {
            "silhouette": silhouette,
            "silhouette_on_components": silhouettes(scores, [few.labels])[0],
            "share_that_changes_cluster": np.mean(whole.labels != few.labels),
            "adjusted_rand_index": adjusted_rand_score(whole.labels, few.labels),
        }
        return {
            "on_components.csv": pd.DataFrame({"name": values.keys(), "value": values.values()}),
            "cross_table.csv": pd.DataFrame(counts).add_prefix("on_components_").rename_axis("cluster").reset_index(),
            "centres.csv": self._centres(matrix, whole, few),
        }

    def _centres(self, matrix: np.ndarray, whole: Clusters, few: Clusters) -> pd.DataFrame:
        """Return the means of both runs' clusters, side by side, in standard deviations; or by component."""
        components = [f"pc{number}" for number in range(1, matrix.shape[1] + 1)]
        names = components if self.pca.described.is_wide else self.pca.described.names
        parts = []
        for cluster in range(self.k):
            centre, on_components = (matrix[labels == cluster].mean(0) for labels in (whole.labels, few.labels))
            means = {"centre": centre, "centre_on_components": on_components}
            parts.append(pd.DataFrame({"cluster": cluster, "feature": names, **means}))
        return pd.concat(parts, ignore_index=True)
