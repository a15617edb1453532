"""Profiles of clusters in the table's own units: numbers, labels and the target by cluster."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from greenlight_films.baselines.clusters import Clusters
from greenlight_films.baselines.sample import Sample


def number_profiles(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return mean and median of each number by cluster, log1p undone, beside those of all films."""
    columns = ["k", "cluster", "n_rows", "column", "mean", "median", "mean_of_all", "median_of_all"]
    parts = []
    numbers = zip(sample.space.dense_names(), sample.space.in_logarithms(), sample.films.unscaled.T, strict=True)
    for name, is_log, values in numbers:
        values = np.expm1(values) if is_log else values
        by_cluster = pd.Series(values).groupby(clusters.labels)
        profile = by_cluster.agg(["mean", "median"]).reset_index(names="cluster")
        of_all = {"mean_of_all": values.mean(), "median_of_all": np.median(values)}
        parts.append(profile.assign(k=clusters.k, column=name, n_rows=by_cluster.size().to_numpy(), **of_all))
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns].sort_values("cluster", kind="stable")


def label_profiles(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return the ten labels by which each cluster differs most from all films, by the share of films that have them."""
    has = sample.films.labels.astype(bool).astype(np.float64)
    n_rows = len(clusters.labels)
    member = csr_array((np.ones(n_rows), (clusters.labels, np.arange(n_rows))), shape=(clusters.k, n_rows))
    share = (member @ has).toarray() / clusters.sizes()[:, None]
    of_all = np.asarray(has.mean(axis=0))
    names = np.array(sample.space.label_names(), dtype=object)
    parts = []
    for cluster, own in enumerate(share):
        most = np.argsort(-np.abs(own - of_all), kind="stable")[:10]
        shares = {"share": own[most], "share_of_all": of_all[most]}
        parts.append(pd.DataFrame({"k": clusters.k, "cluster": cluster, "label": names[most], **shares}))
    return pd.concat(parts, ignore_index=True)


def target_by_cluster(sample: Sample, clusters: Clusters) -> pd.DataFrame:
    """Return the target's distribution in each cluster, in its own unit: mean, std, min, quartiles, max."""
    names = {"count": "n_rows", "25%": "q25", "50%": "median", "75%": "q75"}
    table = pd.Series(sample.actual).groupby(clusters.labels).describe().rename(columns=names)
    table = table.astype({"n_rows": int}).reset_index(names="cluster")
    table.insert(0, "k", clusters.k)
    return table
