"""Bar charts of importances, for TensorBoard, the run's folder and the README."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from greenlight_films.lightning_modules.callbacks.importance_study import ImportanceStudy, margins

TOP, LONGEST = 25, 60
COLOUR, ERROR = "#2a7f4f", "#333333"


def values_chart(study: ImportanceStudy) -> Figure:
    """Draw the most important features."""
    top = study.features[study.features["importance"].notna()].head(TOP)
    return _bars(top["feature"], top, f"The {len(top)} most important of {len(study.features):,} features", study)


def columns_chart(study: ImportanceStudy) -> Figure:
    """Draw the source columns, each shuffled as a whole."""
    columns = study.aggregated.query("level == 'column' and importance.notna()")
    return _bars(columns["name"], columns, "Columns, each shuffled as a whole", study)


def _bars(names: pd.Series, table: pd.DataFrame, title: str, study: ImportanceStudy) -> Figure:
    figure = Figure(figsize=(8, 1.4 + 0.25 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(table))
    axes.barh(places, table["importance"], xerr=margins(table), color=COLOUR, ecolor=ERROR, error_kw={"linewidth": 1})
    # Names are data: a dollar sign is no formula.
    shown = [name if len(name) <= LONGEST else f"{name[:LONGEST]}…" for name in names]
    axes.set_yticks(places, [name.replace("$", r"\$") for name in shown])
    axes.invert_yaxis()
    axes.axvline(0, color=ERROR, linewidth=0.8)
    axes.set_xlabel(study.measure)
    warning = f" ({study.in_short})" if study.warnings else ""
    axes.set_title(f"{title}{warning}\n{study.films}, lines are 95 % intervals", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.01)
    return figure
