"""Bar charts of importances, for TensorBoard, the run's folder and the README."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from greenlight_films.importance.result import ImportanceResult, intervals

TOP, LONGEST = 25, 60
COLOUR, ERROR = "#2a7f4f", "#333333"


def values_chart(result: ImportanceResult) -> Figure:
    """Draw the most important features."""
    top = result.features[result.features["importance"].notna()].head(TOP)
    return _bars(top["feature"], top, f"The {len(top)} most important of {len(result.features):,} features", result)


def columns_chart(result: ImportanceResult) -> Figure:
    """Draw the source columns, each shuffled as a whole."""
    columns = result.aggregated.query("level == 'column' and importance.notna()")
    return _bars(columns["name"], columns, "Columns, each with all its values shuffled together", result)


def _bars(names: pd.Series, table: pd.DataFrame, title: str, result: ImportanceResult) -> Figure:
    figure = Figure(figsize=(8, 1.4 + 0.25 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    positions = np.arange(len(table))
    low, high = intervals(table)
    errors = np.stack([table["importance"] - low, high - table["importance"]]).clip(min=0)
    lines = {"xerr": np.nan_to_num(errors), "ecolor": ERROR, "error_kw": {"linewidth": 1}}
    axes.barh(positions, table["importance"], color=COLOUR, **lines)
    # Names are data: a dollar sign is no formula.
    shown = [name if len(name) <= LONGEST else f"{name[:LONGEST]}…" for name in names]
    axes.set_yticks(positions, [name.replace("$", r"\$") for name in shown])
    axes.invert_yaxis()
    axes.axvline(0, color=ERROR, linewidth=0.8)
    axes.set_xlabel(result.measure)
    warning = f" ({result.in_short})" if result.warnings else ""
    axes.set_title(f"{title}{warning}\n{result.films}, lines are 95 % intervals", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.01)
    return figure
