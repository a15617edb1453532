"""Bar charts of importances, for TensorBoard and the README."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

TOP = 25
COLOUR, ERROR = "#2a7f4f", "#333333"
LOST = {
    "mse": "increase of the squared error",
    "mae": "increase of the absolute error",
    "rmse": "increase of the RMSE",
    "r2": "loss of R²",
}


def values_chart(features: pd.DataFrame, summary: dict[str, Any]) -> Figure:
    """Draw the most important features of `ImportanceStudy.features`."""
    top = features[features["importance"].notna()].head(TOP)
    return _bars(top["feature"], top, f"The {len(top)} most important features", summary)


def columns_chart(aggregated: pd.DataFrame, summary: dict[str, Any]) -> Figure:
    """Draw the source columns of `ImportanceStudy.aggregated`, each shuffled as a whole."""
    columns = aggregated[(aggregated["level"] == "column") & aggregated["importance"].notna()]
    return _bars(columns["name"], columns, "Whole columns", summary)


def axis_label(summary: dict[str, Any]) -> str:
    """Say what an importance is, and in which unit."""
    unit = summary["unit"] if summary["loss"] != "r2" else ""
    squared = "²" if summary["loss"] == "mse" else ""
    return f"{LOST[summary['loss']]} when shuffled" + (f", ({unit}){squared}" if unit else "")


def _bars(names: pd.Series, table: pd.DataFrame, title: str, summary: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 1.2 + 0.27 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    error = np.sqrt(table["se_shuffle"].fillna(0) ** 2 + table["se_sample"] ** 2)
    axes.barh(names, table["importance"], xerr=1.96 * error, color=COLOUR, ecolor=ERROR, error_kw={"linewidth": 1})
    axes.invert_yaxis()
    axes.axvline(0, color=ERROR, linewidth=0.8)
    axes.set_xlabel(axis_label(summary))
    side = "test" if summary["split"] == "test" else "validation"
    axes.set_title(f"{title}: {summary['films']:,} {side} films, lines are 95 % intervals", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.01)
    return figure
