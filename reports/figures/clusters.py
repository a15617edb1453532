"""Figures of clusters: how many, films as points on components, profiles, and the target by cluster."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import compact, counted
from greenlight_films.reports.figures.axes import amount, axis, hover, note, rounded, sampled
from greenlight_films.reports.figures.components import MOST_FILMS, on_components, points
from greenlight_films.reports.figures.curves import curve, guide
from greenlight_films.reports.figures.style import BLUE, OKABE_ITO, ORANGE, figure
from greenlight_films.reports.figures.tiles import tiles


def number_of_clusters(sweep: pd.DataFrame, chosen: int | None = None) -> go.Figure:
    """Draw inertia and silhouette by the number of clusters, of `baselines/kmeans/sweep.csv`, each with its own axis.

    A line marks the number of the clusters that are described.
    """
    k = sweep["k"]
    hovers = ("k = %{x}<br>inertia %{y:,.4~r}<extra></extra>", "k = %{x}<br>silhouette %{y:.3f}<extra></extra>")
    inertia = curve(k, sweep["inertia"], BLUE, hovers[0], name="inertia")
    look = {"yaxis": "y2", "marker": {"symbol": "square"}}
    silhouette = curve(k, sweep["silhouette"], ORANGE, hovers[1], "dash", name="silhouette", **look)
    highest = ""
    if sweep["silhouette"].notna().any():
        best = sweep.loc[sweep["silhouette"].idxmax()]
        highest = f": the silhouette is highest, {best['silhouette']:.3f}, with {int(best['k'])}"
    second = {"overlaying": "y", "side": "right", "showgrid": False, "tickmode": "auto"}
    return figure(
        [inertia, silhouette],
        f"Inertia and silhouette for {min(k)} to {max(k)} clusters{highest}.",
        shapes=[guide(x=chosen, dash="dot")] if chosen else [],
        annotations=note(f"dotted: the {chosen} clusters described" if chosen else ""),
        xaxis={**axis("clusters, k"), "dtick": 1, "showgrid": False},
        yaxis={**axis("inertia", "squared distances"), "rangemode": "tozero"},
        yaxis2={**axis("silhouette (-1 to 1)"), **second},
    )


def films_on_components(films: pd.DataFrame, ratio: pd.Series | None = None, n: int = 2) -> go.Figure:
    """Draw films, with columns pc1, pc2, ... and cluster, on the first two or three components, coloured by cluster."""
    shown, sample_note = sampled(films, MOST_FILMS[n])
    traces = []
    for cluster, members in shown.groupby("cluster"):
        name = f"cluster {int(cluster)}"
        colour = {"color": OKABE_ITO[int(cluster) % len(OKABE_ITO)]}
        traces.append(points(members, n, 0.6, colour, {"name": name, **hover(members, name)}))
    sizes = films["cluster"].value_counts().sort_index()
    listed = ", ".join(f"{size:,}" for size in sizes)
    alt = f"{len(films):,} films in {len(sizes)} clusters of {listed}, on the first {n} components."
    return on_components(traces, alt, n, ratio, sample_note, legend={"itemsizing": "constant"})


def profiles(table: pd.DataFrame, k: int) -> go.Figure:
    """Draw the means of k clusters, of `baselines/kmeans/profiles.csv`, coloured by distance from the mean of all."""
    rows = table[table["k"] == k]
    columns = list(dict.fromkeys(rows["column"]))
    means = rows.set_index(["column", "cluster"])["mean"].unstack().loc[columns]  # noqa: PD010
    of_all = rows.drop_duplicates("column").set_index("column")["mean_of_all"]
    sizes = rows.drop_duplicates("cluster").set_index("cluster")["n_rows"]
    distance = means.sub(of_all, axis=0)
    largest, extreme = distance.abs().max(axis=1), distance.abs().idxmax(axis=1)
    share = distance.div(largest.where(largest > 0), axis=0).fillna(0.0)
    examples = "; ".join(
        f"{name} is {compact(means.loc[name, cluster])} in cluster {cluster}, {compact(of_all[name])} in all"
        for name, cluster in extreme.head(3).items()
    )
    drawn = tiles(
        share.to_numpy(dtype=float),
        columns,
        [f"{cluster} ({sizes[cluster]:,})" for cluster in means.columns],
        f"Means of {len(columns)} numbers in {k} clusters: {examples}.",
        ("cluster (films)", "column, in its own unit", "off the mean of all"),
        ends=(-1.0, 1.0),
        cells=[[compact(mean) for mean in row] for row in means.to_numpy()],
    )
    below = [f"{cluster}<br>({sizes[cluster]:,})" for cluster in means.columns]  # tiles are narrow beside long names
    return drawn.update_xaxes(ticktext=below)


def target_by_cluster(table: pd.DataFrame, k: int, target: str, unit: str) -> go.Figure:
    """Draw the target's quartiles and mean in k clusters as boxes, of `baselines/kmeans/target.csv`.

    Whiskers are up to 1.5 times as long as the box.
    """
    rows = table[table["k"] == k]
    reach = 1.5 * (rows["q75"] - rows["q25"])
    boxes = go.Box(
        x=[f"{cluster}: {counted(n, 'film')}" for cluster, n in zip(rows["cluster"], rows["n_rows"], strict=True)],
        q1=rounded(rows["q25"]),
        median=rounded(rows["median"]),
        q3=rounded(rows["q75"]),
        mean=rounded(rows["mean"]),
        lowerfence=rounded(np.maximum(rows["min"], rows["q25"] - reach)),
        upperfence=rounded(np.minimum(rows["max"], rows["q75"] + reach)),
        marker={"color": BLUE},
    )
    medians = ", ".join(
        f"{amount(median, unit)} in {cluster}" for cluster, median in zip(rows["cluster"], rows["median"], strict=True)
    )
    return figure(
        [boxes],
        f"{target} by cluster, quartiles and means: the median is {medians}.",
        showlegend=False,
        xaxis={**axis("cluster"), "type": "category", "showgrid": False},
        yaxis=axis(target, unit),
    )
