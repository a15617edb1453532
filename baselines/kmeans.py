"""Groups of films that are alike."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from greenlight_films.baselines.baseline import Baseline, Tables
from greenlight_films.baselines.clusters import (
    Clusters,
    agreement,
    cross_table,
    match,
    silhouette_rows,
    silhouettes,
    sweep,
)
from greenlight_films.baselines.described import Described
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.profiles import label_profiles, number_profiles, target_by_cluster
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError

SWEEP, BASELINE_K, CLUSTERS, N_COMPONENTS = range(2, 11), 3, 4, 3


class KMeans(Baseline):
    """KMeans on standardised numbers and labels. It describes films; it does not predict the target.

    With more than 50 labels it works on the components that `PCA` finds. The same clusters are looked for on the first
    three components as well, and the two are compared.

    Args:
        clusters: how many of them are described, beside three.
        columns: patterns of the table's columns; by default its numbers if there are three, or else all.

    Attributes:
        tried: the clusters of the training rows, by their number.
        centres: (clusters, n_columns).
    """

    stored = ("k", "centres")
    parts: ClassVar = {"pca": PCA}

    def __init__(self, clusters: int = CLUSTERS, columns: Sequence[str] | None = None) -> None:
        if clusters < 2:
            raise InputError(f"compare.clusters must be 2 or more, got {clusters}")
        self.name = "kmeans"
        self.k = clusters
        self.columns = columns

    def check(self, training: Sample) -> None:
        self._different(Described().fit(training, self.columns), training)

    def _different(self, described: Described, training: Sample) -> int:
        """Count the films that differ, with many labels near enough all; refuse too few."""
        different = training.n_rows if described.is_wide else len(np.unique(described.matrix(training.films), axis=0))
        if different < self.k:
            raise InputError(
                f"compare.clusters must be at most the {different:,} training films that differ, got {self.k}; "
                "give fewer, or take kmeans out of compare.models"
            )
        return different

    def fit(self, training: Sample) -> Self:
        self.pca = PCA(self.columns).fit(training)
        different = self._different(self.pca.described, training)
        ks = {k for k in SWEEP if k <= different} | {self.k}
        self.tried = sweep(self._matrix(self.pca, training.films), sorted(ks))
        self.centres = self.tried[self.k].centres
        return self

    def assign(self, films: EncodedFilms) -> np.ndarray:
        """Return the cluster of each row, (n_rows,) from 0."""
        matrix = self._matrix(self.pca, films)
        distance = (self.centres**2).sum(1) - 2 * matrix @ self.centres.T
        return np.asarray(distance.argmin(1))

    @staticmethod
    def _matrix(pca: PCA, films: EncodedFilms) -> np.ndarray:
        return pca.transform(films) if pca.described.is_wide else np.asarray(pca.described.matrix(films))

    def in_a_line(self) -> str:
        sizes = ", ".join(f"{size:,}" for size in self.tried[self.k].sizes())
        return f"{self.k} clusters of {sizes} training rows"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return the sweep, clusters and their profiles, and the comparison with clusters on three components."""
        matrix = self._matrix(self.pca, training.films)
        described = [self.tried[k] for k in sorted({BASELINE_K, self.k}) if k in self.tried]
        swept = self._sweep(matrix)
        silhouette = float(swept.set_index("k")["silhouette"][self.k])
        return {
            "sweep.csv": swept,
            "films.csv": pd.DataFrame({"row": training.number, "cluster": self.tried[self.k].labels}),
            "profiles.csv": pd.concat([number_profiles(training, one) for one in described], ignore_index=True),
            "labels.csv": label_profiles(training, self.tried[self.k]),
            "target.csv": pd.concat([target_by_cluster(training, one) for one in described], ignore_index=True),
            **self._on_components(training, matrix, silhouette),
        }

    def _sweep(self, matrix: np.ndarray) -> pd.DataFrame:
        found = {
            "k": self.tried.keys(),
            "inertia": [one.inertia for one in self.tried.values()],
            "silhouette": silhouettes(matrix, [one.labels for one in self.tried.values()]),
            "silhouette_rows": len(silhouette_rows(len(matrix))),
        }
        return pd.DataFrame(found)

    def _on_components(self, training: Sample, matrix: np.ndarray, silhouette: float) -> Tables:
        """Compare with clusters on three components, once each is called what the most alike of the others is."""
        whole, places = self.tried[self.k], self.pca.transform(training.films, N_COMPONENTS)
        few = Clusters.fit(places, self.k)
        few = few.relabelled(match(whole.labels, few.labels, self.k))
        counts = pd.DataFrame(cross_table(whole.labels, few.labels, self.k))
        counts.columns = [f"on_components_{place}" for place in range(self.k)]
        found = {
            "silhouette": silhouette,
            "silhouette_on_components": silhouettes(places, [few.labels])[0],
            **agreement(whole.labels, few.labels),
        }
        return {
            "on_components.csv": pd.DataFrame({"name": found.keys(), "value": found.values()}),
            "cross_table.csv": counts.rename_axis("cluster").reset_index(),
            "centres.csv": self._centres(matrix, whole, few),
        }

    def _centres(self, matrix: np.ndarray, whole: Clusters, few: Clusters) -> pd.DataFrame:
        """Return the means of both runs' clusters, side by side, in standard deviations; or by component."""
        names = [f"pc{place + 1}" for place in range(matrix.shape[1])]
        names = names if self.pca.described.is_wide else self.pca.described.names
        parts = []
        for cluster in range(self.k):
            means = (matrix[one.labels == cluster].mean(0) for one in (whole, few))
            of_both = dict(zip(("centre", "centre_on_components"), means, strict=True))
            parts.append(pd.DataFrame({"cluster": cluster, "feature": names, **of_both}))
        return pd.concat(parts, ignore_index=True)
