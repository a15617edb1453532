"""Figures of nearest neighbours: error by their number, correlations with their predictions, and importances."""

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import intervals
from greenlight_films.reports.figures.axes import amount, axis, hover_format, rounded, text
from greenlight_films.reports.figures.bars import bars, by_sign, hover_lines, ranking, with_interval
from greenlight_films.reports.figures.curves import curve, mark
from greenlight_films.reports.figures.style import BLUE, GREEN, NEUTRAL, ORANGE, VERMILION, figure


def error_by_k(sweep: pd.DataFrame, unit: str, grid: pd.DataFrame | None = None) -> go.Figure:
    """Draw RMSE by the number of neighbours, with the best k of the plain setting and of the grid marked.

    Of `baselines/knn/sweep.csv`, and `grid.csv` where the grid was searched; the unit is that of the fitted target.
    """
    score = "val_rmse" if "val_rmse" in sweep else "cv_rmse"  # older runs chose by folds of the training films
    plain = sweep.loc[sweep[score].idxmin()]
    best = [("plain", plain, GREEN, "diamond")]
    curves = [
        (sweep["k"], sweep["train_rmse"], "the training films themselves", NEUTRAL, "dot"),
        (sweep["k"], sweep[score], "validation films" if score == "val_rmse" else "cross-validated", BLUE, "solid"),
    ]
    if grid is not None and len(grid):
        tuned = grid.loc[grid[score].idxmin()]
        same = grid[(grid["weights"] == tuned["weights"]) & (grid["metric"] == tuned["metric"])].sort_values("k")
        name = f"tuned: {tuned['weights']} weights, {tuned['metric']} distances"
        curves.append((same["k"], same[score], name, ORANGE, "solid"))
        best.append(("tuned", tuned, VERMILION, "star"))
    hover = f"k = %{{x}}<br>RMSE %{{y:{hover_format(unit)}}}"
    traces = [
        curve(k, rmse, colour, hover, dash, mode="lines", name=text(name)) for k, rmse, name, colour, dash in curves
    ]
    results = []
    for name, row, colour, symbol in best:
        k, rmse = int(row["k"]), row[score]
        traces.append(mark([k], [rmse], hover, colour, symbol, name=f"best {name}: k = {k}"))
        results.append(f"{name}, k = {k} does best with {amount(rmse, unit)}")
    return figure(
        traces,
        f"RMSE by the number of neighbours from {sweep['k'].min()} to {sweep['k'].max()}: {'; '.join(results)}.",
        xaxis=axis("neighbours, k"),
        # With a film itself as the only neighbour there is nearly no error: that end may be cut.
        yaxis={**axis("RMSE", unit), "range": rounded([0.9 * plain[score], 1.02 * sweep[score].max()])},
    )


def correlations(table: pd.DataFrame, most: int = 25) -> go.Figure:
    """Draw the strongest correlations of features with the predictions, of `baselines/knn/correlations.csv`."""
    rows = table.dropna(subset=["correlation"]).sort_values("correlation", key=abs, ascending=False, kind="stable")
    rows = rows.head(most)
    values, names = rows["correlation"], rows["feature"].tolist()
    films = [f"of {counted(n, 'film')}" for n in rows["n_rows"]]
    hover = hover_lines(names, [f"correlation {value:+.2f}" for value in values], films)
    leader = f": {names[0]} has {values.iloc[0]:+.2f}" if names else ""
    alt = f"The {len(rows)} strongest of {len(table):,} correlations between features and predictions{leader}."
    xaxis = {**axis("correlation with predictions"), "zeroline": True}
    return ranking([bars(values, None, hover, by_sign(values))], names, "feature", alt, xaxis)


def importance(table: pd.DataFrame) -> go.Figure:
    """Draw the R² lost when a column is shuffled, with 95 % intervals, of `baselines/knn/importance.csv`."""
    rows = table.dropna(subset=["importance"]).sort_values("importance", ascending=False, kind="stable")
    values, ends, names = rows["importance"], intervals(rows), rows["column"].tolist()
    hover = hover_lines(names, [f"loss of R² {label}" for label in with_interval(values, *ends, rows["n_films"])])
    leader = f": {names[0]} leads with {values.iloc[0]:.3g}" if names else ""
    alt = f"Loss of R² of nearest neighbours when each of {len(rows)} columns is shuffled, with 95 % intervals{leader}."
    return ranking([bars(values, ends, hover)], names, "column", alt, axis("loss of R² when shuffled"))
