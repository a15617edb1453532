"""Predictions of the test films against the truth, as a picture for TensorBoard."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite, nan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from greenlight_films.datamodules import FilmDataModule, Scores, TargetScale
from greenlight_films.datamodules.number_format import compact
from greenlight_films.importance.result import BOTH_SIDES, SHORT
from greenlight_films.lightning_modules.callbacks.data_summary import count
from greenlight_films.lightning_modules.callbacks.importance_figures import COLOUR, ERROR

HEADINGS = {"r2": "R²", "r2_log1p": "R² of log1p"}


def held_out_chart(data: FilmDataModule, predicted: np.ndarray, scores: Scores) -> Figure:
    """Draw predictions of the test rows, (n_test,) in the target's unit and the table's order, against the truth."""
    rows, target = data.films.rows, data.declared.target
    assert rows is not None
    facts = [count(data.films.film_codes()[rows.test], "test")]
    facts += [f"{heading} {scores[key]:.3f}" for key, heading in HEADINGS.items() if isfinite(scores.get(key, nan))]
    warning = f"\n{SHORT[BOTH_SIDES]}" if data.fitted.leak else ""
    name = f"{target.name}, {target.unit}" if target.unit else target.name
    actual = data.films.actual[rows.test]
    return prediction_chart(actual, predicted, data.fitted.scale, name, f"{', '.join(facts)}{warning}")


def prediction_chart(actual: np.ndarray, predicted: np.ndarray, scale: TargetScale, name: str, title: str) -> Figure:
    """Draw a dot for each row, on a diagonal where the prediction is right.

    Args:
        actual, predicted: (n,) in the target's unit.
        scale: what the axes are like: in logarithms where the network learns them.
        name: of the target, with its unit.
    """
    figure = Figure(figsize=(6.4, 6.6), layout="constrained")
    axes = figure.subplots()
    room = 1 / np.sqrt(len(actual))  # crowded dots are small and pale
    size, alpha = np.clip(600 * room, 4, 30), np.clip(18 * room, 0.05, 0.8)
    axes.scatter(actual, predicted, s=size, alpha=alpha, color=COLOUR, linewidths=0)
    values = np.concatenate([actual, predicted])
    _same_axes(axes, values[np.isfinite(values)], scale)
    shown = name.replace("$", r"\$")  # names are data: a dollar sign is no formula
    axes.set_xlabel(f"actual {shown}")
    axes.set_ylabel(f"predicted {shown}")
    axes.set_title(title, loc="left", fontsize=10)
    return figure


def _same_axes(axes: Axes, values: np.ndarray, scale: TargetScale) -> None:
    """Give both axes the same range and ticks, on the scale that the network learns, and draw the diagonal."""
    learnt = replace(scale, mean=0.0, std=1.0)
    ends = learnt.forward(np.array([values.min(), values.max()]))
    margin = 0.03 * np.ptp(ends) or 1.0
    limits = learnt.inverse(ends + margin * np.array([-1, 1]))
    even = MaxNLocator(8, steps=[1, 2, 5, 10])
    ticks = even.tick_values(*limits) if scale.transform == "none" else _decades(learnt.forward, limits)
    ticks = ticks[(ticks >= limits[0]) & (ticks <= limits[1])]
    functions = (learnt.forward, learnt.inverse)
    axes.set_xscale("function", functions=functions)
    axes.set_yscale("function", functions=functions)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    axes.plot(limits, limits, color=ERROR, linewidth=0.8, label="predicted = actual")
    axes.legend(loc="upper left", frameon=False)
    axes.set(xlim=limits, ylim=limits)
    axes.set_box_aspect(1)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _decades(forward: Callable[[np.ndarray], np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Return 0 and powers of ten between the limits, a tenth of the axis apart; 0 goes first, then the largest."""
    decades = 10.0 ** np.arange(16)
    powers = np.concatenate([[0.0], decades[::-1], -decades])
    powers = powers[(powers >= limits[0]) & (powers <= limits[1])]
    positions = forward(powers) / np.ptp(forward(limits))
    kept: list[int] = []
    for index, position in enumerate(positions):
        if (np.abs(positions[kept] - position) >= 0.1).all():
            kept.append(index)
    return np.sort(powers[kept])
