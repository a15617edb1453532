"""Bar charts of importances, for TensorBoard, the run's folder and the README."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from greenlight_films.importance.contributions import Contributions, part_name
from greenlight_films.importance.result import ImportanceResult, intervals
from greenlight_films.importance.waterfall import Waterfall

TOP, LONGEST = 25, 60
COLOUR, FALLING, ERROR = "#2a7f4f", "#b03a2e", "#333333"


def values_chart(result: ImportanceResult) -> Figure:
    """Draw the most important features."""
    top = result.features[result.features["importance"].notna()].head(TOP)
    return _bars(top["feature"], top, f"The {len(top)} most important of {len(result.features):,} features", result)


def columns_chart(result: ImportanceResult) -> Figure:
    """Draw the source columns, each shuffled as a whole."""
    columns = result.aggregated.query("level == 'column' and importance.notna()")
    return _bars(columns["name"], columns, "Columns, each with all its values shuffled together", result)


def contributions_chart(contributions: Contributions, step: float, unit: str) -> Figure:
    """Draw what adds up to three predictions: the lowest, the middle and the highest of the films explained.

    Args:
        step: that numbers are rounded to, on the scale that was learnt.
        unit: of that scale.
    """
    order, table = np.argsort(contributions.predicted, kind="stable"), contributions.table
    rows = np.unique(table["row"])
    chosen = dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])])
    figure = Figure(figsize=(8, 0.6 + 3.4 * len(chosen)), layout="constrained")
    for axes, index in zip(figure.subplots(len(chosen), squeeze=False).ravel(), chosen, strict=True):
        mine = table[table["row"] == rows[index]]
        names = [part_name(*pair) for pair in zip(mine["column"], mine["value"], strict=True)]
        parts = (names, mine["contribution"].to_numpy(), contributions.average_prediction)
        steps = Waterfall.of(*parts, float(contributions.predicted[index]), step, 8)
        _steps(axes, steps)
        axes.set_title(
            f"Row {rows[index]}: {steps.text(steps.predicted, signed=False)} {unit}", loc="left", fontsize=10
        )
    return figure


def _steps(axes: Axes, steps: Waterfall) -> None:
    """Draw a prediction as bars from the average on, each beginning where the last one ends."""
    changes = np.array(steps.changes, dtype=np.int64)
    starts = (steps.average + np.concatenate([[0], changes.cumsum()[:-1]])) * steps.step
    positions = np.arange(len(changes))
    axes.barh(positions, changes * steps.step, left=starts, color=np.where(changes < 0, FALLING, COLOUR).tolist())
    labels = [f"{_shown(name)}  {steps.text(change)}" for name, change in zip(steps.names, steps.changes, strict=True)]
    axes.set_yticks(positions, labels)
    axes.invert_yaxis()
    axes.axvline(steps.average * steps.step, color=ERROR, linewidth=0.8)
    axes.set_xlabel(f"from the average prediction, {steps.text(steps.average, signed=False)}")
    axes.spines[["top", "right"]].set_visible(False)


def _shown(name: str) -> str:
    """Return a name, cut where it is long; names are data: a dollar sign is no formula."""
    return (name if len(name) <= LONGEST else f"{name[:LONGEST]}…").replace("$", r"\$")


def _bars(names: pd.Series, table: pd.DataFrame, title: str, result: ImportanceResult) -> Figure:
    figure = Figure(figsize=(8, 1.4 + 0.25 * max(len(table), 1)), layout="constrained")
    axes = figure.subplots()
    positions = np.arange(len(table))
    low, high = intervals(table)
    errors = np.stack([table["importance"] - low, high - table["importance"]]).clip(min=0)
    lines = {"xerr": np.nan_to_num(errors, posinf=0).tolist(), "ecolor": ERROR, "error_kw": {"linewidth": 1}}
    axes.barh(positions, table["importance"], color=COLOUR, **lines)
    axes.set_yticks(positions, [_shown(name) for name in names])
    axes.invert_yaxis()
    axes.axvline(0, color=ERROR, linewidth=0.8)
    axes.set_xlabel(result.measure)
    warning = f" ({result.in_short})" if result.warnings else ""
    axes.set_title(f"{title}{warning}\n{result.films}, lines are 95 % intervals", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.01)
    return figure
