"""What the films of a cluster are like, in the table's own units."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from greenlight_films.baselines.clusters import Clusters
from greenlight_films.baselines.sample import Sample

MOST_LABELS = 10


def number_profiles(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return mean and median of each number by cluster, log1p undone, beside those of all films.

    Returns:
        Columns k, cluster, n_rows, column, mean, median, mean_of_all, median_of_all.
    """
    parts = []
    names = zip(sample.space.dense_names(), sample.space.in_logarithms(), strict=True)
    for place, (name, is_log) in enumerate(names):
        values = sample.films.unscaled[:, place]
        values = np.expm1(values) if is_log else values
        by_cluster = pd.Series(values).groupby(clusters.labels)
        found = by_cluster.agg(["mean", "median"]).reset_index(names="cluster")
        of_all = {"mean_of_all": values.mean(), "median_of_all": np.median(values)}
        parts.append(found.assign(column=name, n_rows=by_cluster.size().to_numpy(), **of_all))
    columns = ["k", "cluster", "n_rows", "column", "mean", "median", "mean_of_all", "median_of_all"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).assign(k=clusters.k)[columns].sort_values(["cluster"], kind="stable")


def label_profiles(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return the ten labels by which each cluster differs most from all films, by share of films that have them.

    Returns:
        Columns k, cluster, label, share, share_of_all.
    """
    has = sample.films.labels.astype(bool).astype(np.float64)
    n_rows = len(clusters.labels)
    member = csr_array((np.ones(n_rows), (clusters.labels, np.arange(n_rows))), shape=(clusters.k, n_rows))
    share = (member @ has).toarray() / clusters.sizes()[:, None]
    of_all = np.asarray(has.mean(axis=0))
    names = np.array(sample.space.label_names(), dtype=object)
    parts = []
    for cluster, own in enumerate(share):
        most = np.argsort(-np.abs(own - of_all), kind="stable")[:MOST_LABELS]
        shares = {"share": own[most], "share_of_all": of_all[most]}
        parts.append(pd.DataFrame({"k": clusters.k, "cluster": cluster, "label": names[most], **shares}))
    return pd.concat(parts, ignore_index=True)


def target_by_cluster(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return the target's distribution in each cluster, in its own unit.

    Returns:
        Columns k, cluster, n_rows, mean, std, min, q25, median, q75, max.
    """
    found = pd.Series(sample.actual).groupby(clusters.labels).describe().reset_index(names="cluster")
    names = {"count": "n_rows", "25%": "q25", "50%": "median", "75%": "q75"}
    found = found.rename(columns=names).astype({"n_rows": int})
    return found.assign(k=clusters.k)[["k", "cluster", "n_rows", "mean", "std", "min", "q25", "median", "q75", "max"]]
