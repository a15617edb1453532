"""Figures of clusters: how many, where they lie, what their films are like, how well these do."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.bars import height, hover_lines, names_axis
from greenlight_films.reports.figures.components import MOST_IN_SPACE, component_axis, space
from greenlight_films.reports.figures.style import (
    BLUE,
    NEUTRAL,
    OKABE_ITO,
    ORANGE,
    amount,
    axis,
    axis_title,
    figure,
    heading,
    note,
    plain_number,
    rounded,
    sampled,
)
from greenlight_films.reports.figures.tiles import tiles


def number_of_clusters(sweep: pd.DataFrame, chosen: int | None = None) -> go.Figure:
    """Draw inertia and silhouette by the number of clusters, each with its own axis.

    Args:
        sweep: of `baselines/kmeans/sweep.csv`.
        chosen: how many clusters are described, marked by a line.
    """
    k = sweep["k"].tolist()
    inertia = go.Scatter(
        x=k,
        y=rounded(sweep["inertia"]),
        name="inertia",
        mode="lines+markers",
        line={"color": BLUE},
        hovertemplate="k = %{x}<br>inertia %{y:,.4~r}<extra></extra>",
    )
    silhouette = go.Scatter(
        x=k,
        y=rounded(sweep["silhouette"], 3),
        name="silhouette",
        yaxis="y2",
        mode="lines+markers",
        line={"color": ORANGE, "dash": "dash"},
        marker={"symbol": "square"},
        hovertemplate="k = %{x}<br>silhouette %{y:.3f}<extra></extra>",
    )
    said = ""
    if sweep["silhouette"].notna().any():
        best = sweep.loc[sweep["silhouette"].idxmax()]
        said = f": the silhouette is highest, {best['silhouette']:.3f}, with {int(best['k'])}"
    line = {"type": "line", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1, "yref": "paper"}
    shapes = [{**line, "line": {"color": NEUTRAL, "dash": "dot", "width": 1.5}}] if chosen else []
    return figure(
        [inertia, silhouette],
        f"Inertia and silhouette for {min(k)} to {max(k)} clusters{said}.",
        shapes=shapes,
        annotations=note(f"dotted: the {chosen} clusters described" if chosen else ""),
        xaxis={**axis("clusters, k"), "dtick": 1, "showgrid": False},
        yaxis={**axis("inertia", "squared distances"), "rangemode": "tozero"},
        yaxis2={
            **axis("silhouette (-1 to 1)"),
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "tickmode": "auto",
        },
    )


def films_on_components(films: pd.DataFrame, ratio: pd.Series | None = None) -> go.Figure:
    """Draw films on the first two components, coloured by cluster.

    Args:
        films: columns pc1, pc2, cluster; title or film where known.
        ratio: the components' share of the variance, for the axes' titles.
    """
    shown, of_how_many = sampled(films)
    traces = [
        go.Scatter(
            x=rounded(mine["pc1"], 3),
            y=rounded(mine["pc2"], 3),
            marker={"size": 5, "opacity": 0.6, "color": colour},
            **_look(mine, cluster),
        )
        for cluster, colour, mine in _by_cluster(shown)
    ]
    return figure(
        traces,
        _said(films, 2),
        500,
        annotations=note(of_how_many),
        legend={"itemsizing": "constant"},
        xaxis=component_axis(1, ratio),
        yaxis=component_axis(2, ratio),
    )


def films_in_space(films: pd.DataFrame, ratio: pd.Series | None = None) -> go.Figure:
    """Draw films on the first three components, coloured by cluster.

    Args:
        films: columns pc1, pc2, pc3, cluster; title or film where known.
        ratio: the components' share of the variance, for the axes' titles.
    """
    shown, of_how_many = sampled(films, MOST_IN_SPACE)
    traces = [
        go.Scatter3d(
            x=rounded(mine["pc1"], 3),
            y=rounded(mine["pc2"], 3),
            z=rounded(mine["pc3"], 3),
            marker={"size": 2.5, "color": colour},
            **_look(mine, cluster),
        )
        for cluster, colour, mine in _by_cluster(shown)
    ]
    look = {"itemsizing": "constant"}
    return figure(traces, _said(films, 3), 560, annotations=note(of_how_many), legend=look, scene=space(ratio))


def _by_cluster(shown: pd.DataFrame) -> list[tuple[int, str, pd.DataFrame]]:
    return [(int(one), OKABE_ITO[int(one) % len(OKABE_ITO)], mine) for one, mine in shown.groupby("cluster")]


def _look(mine: pd.DataFrame, cluster: int) -> dict[str, object]:
    names = heading(mine)
    line = f"cluster {cluster}<extra></extra>"
    return {
        "name": f"cluster {cluster}",
        "mode": "markers",
        "hovertext": names or None,
        "hovertemplate": f"<b>%{{hovertext}}</b><br>{line}" if names else line,
    }


def _said(films: pd.DataFrame, n: int) -> str:
    sizes = ", ".join(f"{size:,}" for size in films["cluster"].value_counts().sort_index())
    many = films["cluster"].nunique()
    return f"{len(films):,} films in {many} clusters of {sizes}, on the first {n} components."


def profiles(table: pd.DataFrame, k: int) -> go.Figure:
    """Draw each number's mean by cluster, in its own unit, coloured by how far it is from the mean of all films.

    Args:
        table: of `baselines/kmeans/profiles.csv`.
        k: which of the clusterings in it.
    """
    mine = table[table["k"] == k]
    columns = list(dict.fromkeys(mine["column"]))
    means = mine.set_index(["column", "cluster"])["mean"].unstack().loc[columns]  # noqa: PD010
    of_all = mine.drop_duplicates("column").set_index("column")["mean_of_all"]
    off = means.sub(of_all, axis=0)
    largest = off.abs().max(axis=1)
    share = off.div(largest.where(largest > 0), axis=0).fillna(0.0)
    sizes = mine.drop_duplicates("cluster").set_index("cluster")["n_rows"]
    extreme = off.abs().idxmax(axis=1)
    said = "; ".join(
        f"{name} is {plain_number(means.loc[name, extreme[name]])} in cluster {extreme[name]}, "
        f"{plain_number(of_all[name])} in all"
        for name in columns[:3]
    )
    cells = [[plain_number(one) for one in row] for row in means.to_numpy()]
    return tiles(
        share.to_numpy(dtype=float),
        columns,
        [f"{one} ({sizes[one]:,})" for one in means.columns],
        f"Means of {len(columns)} numbers in {k} clusters: {said}.",
        ("cluster (films)", "column, in its own unit", "off the mean of all"),
        ends=(-1.0, 1.0),
        said=cells,
    )


def labels_of_cluster(table: pd.DataFrame, cluster: int) -> go.Figure:
    """Draw the labels by which a cluster differs most from all films: the share of films that have them.

    Args:
        table: of `baselines/kmeans/labels.csv`.
    """
    mine = table[table["cluster"] == cluster]
    names, places = mine["label"].tolist(), list(range(len(mine)))
    traces = [
        go.Bar(
            x=rounded(mine[column], 3),
            y=places,
            orientation="h",
            name=name,
            marker={"color": colour},
            hovertext=hover_lines(names),
            hovertemplate=f"%{{hovertext}}<br>%{{x:.1%}} of {name}<extra></extra>",
        )
        for column, name, colour in (("share", f"cluster {cluster}", BLUE), ("share_of_all", "all films", NEUTRAL))
    ]
    first = mine.head(1)
    said = "".join(
        f": {label} has {share:.0%} here and {of_all:.0%} in all"
        for label, share, of_all in zip(first["label"], first["share"], first["share_of_all"], strict=True)
    )
    return figure(
        traces,
        f"Share of films with a label in cluster {cluster} and in all, the {len(mine)} that differ most{said}.",
        height(len(mine)),
        barmode="group",
        xaxis={**axis("share of films", "%"), "tickformat": ".0%"},
        yaxis={**names_axis(names), "title": {"text": axis_title("label")}},
    )


def target_by_cluster(table: pd.DataFrame, k: int, target: str, unit: str) -> go.Figure:
    """Draw the target's quartiles by cluster as boxes, with whiskers of up to 1.5 times their length, and means.

    Args:
        table: of `baselines/kmeans/target.csv`.
        k: which of the clusterings in it.
    """
    mine = table[table["k"] == k]
    reach = 1.5 * (mine["q75"] - mine["q25"])
    names = [f"{cluster}: {n:,} films" for cluster, n in zip(mine["cluster"], mine["n_rows"], strict=True)]
    boxes = go.Box(
        x=names,
        q1=rounded(mine["q25"]),
        median=rounded(mine["median"]),
        q3=rounded(mine["q75"]),
        mean=rounded(mine["mean"]),
        lowerfence=rounded(np.maximum(mine["min"], mine["q25"] - reach)),
        upperfence=rounded(np.minimum(mine["max"], mine["q75"] + reach)),
        marker={"color": BLUE},
    )
    said = ", ".join(
        f"{amount(median, unit)} in {cluster}" for cluster, median in zip(mine["cluster"], mine["median"], strict=True)
    )
    return figure(
        [boxes],
        f"{target} by cluster, quartiles and means: the median is {said}.",
        showlegend=False,
        xaxis={**axis("cluster"), "type": "category", "showgrid": False},
        yaxis=axis(target, unit),
    )
