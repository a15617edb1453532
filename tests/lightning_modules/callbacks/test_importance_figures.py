from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from greenlight_films.importance import ColumnSet, Contributions, Estimates, ImportanceResult
from greenlight_films.lightning_modules.callbacks.importance_figures import (
    columns_chart,
    contributions_chart,
    values_chart,
)

SUMMARY = {"r2": 0.4, "learnt": True, "loss": "mse", "unit": "points", "films": 1234, "split": "test", "leak": False}

charts = pytest.mark.parametrize("chart", [values_chart, columns_chart])


def result_of(values: list[str], **summary) -> ImportanceResult:
    """Return importances of a genre's values, each less than the one before, and the last in no film."""
    mean = torch.arange(len(values), 0, -1).double()
    mean[-1] = torch.nan
    errors, n_films = (0.3 + 0 * mean, 0.4 + 0 * mean), torch.full((len(values),), 9)
    estimates = Estimates.untested(mean, mean, *errors, n_films).tested_by_errors()
    described = pd.DataFrame({"feature": [f"Genre={value}" for value in values], "value": values})
    sets = [ColumnSet("Genre", "column", np.array([], np.int64), np.arange(len(values)))]
    described = described.assign(column="Genre", role="genre", level="value")
    return ImportanceResult(described, estimates, sets, estimates.take(torch.tensor([0])), {**SUMMARY, **summary})


def labels_of(figure: Figure) -> list[str]:
    """Return the names beside the bars from above to below."""
    (axes,) = figure.axes
    assert axes.yaxis_inverted()
    return [label.get_text() for label in axes.get_yticklabels()]


def test_the_most_important_features_are_drawn_the_first_above_and_columns_as_a_whole():
    result = result_of([f"G{index:02}" for index in range(40)])
    figure = values_chart(result)
    assert labels_of(figure) == [f"Genre=G{index:02}" for index in range(25)]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [40 - index for index in range(25)]
    figure = columns_chart(result)
    assert labels_of(figure) == ["Genre"]
    assert figure.axes[0].patches[0].get_width() == 40


def test_lines_are_95_percent_intervals_and_what_no_film_carries_is_not_drawn():
    figure = values_chart(result_of(["Drama", "War", "Noir"]))
    assert labels_of(figure) == ["Genre=Drama", "Genre=War"]
    (lines,) = [line for line in figure.axes[0].collections if len(line.get_segments()) == 2]
    (low, high), _ = (segment[:, 0] for segment in lines.get_segments())
    assert (low, high) == pytest.approx((3 - 1.96 * 0.5, 3 + 1.96 * 0.5))


@charts
def test_a_chart_says_what_it_measures_on_which_films_and_what_takes_its_meaning(chart):
    (axes,) = chart(result_of(["Drama", "War", "Noir"], split="val")).axes
    assert axes.get_xlabel() == "increase of the squared error when shuffled, (points)²"
    title = axes.get_title(loc="left")
    assert "1,234 validation films" in title
    assert "means nothing" not in title
    (axes,) = chart(result_of(["Drama", "War", "Noir"], learnt=False, leak=True)).axes
    assert "means nothing" in axes.get_title(loc="left")
    assert "same films in training" in axes.get_title(loc="left")


def test_names_are_no_formulas_and_long_ones_are_cut():
    figure = values_chart(result_of(["A$AP and $B_2$", r"\frac{1}{2", "x" * 300, "Noir"]))
    figure.savefig(BytesIO())
    formula, _, long = labels_of(figure)
    assert formula.replace(r"\$", "$") == "Genre=A$AP and $B_2$"
    assert len(long) < 70


@charts
def test_a_chart_of_nothing_can_be_drawn(chart):
    unknown = Estimates.unknown(torch.zeros(3, dtype=torch.int64))
    stopped = replace(result_of(["Drama", "War", "Noir"]), values=unknown, joint=unknown.take(torch.tensor([0])))
    assert labels_of(chart(stopped)) == []
    chart(stopped).savefig(BytesIO())


def test_three_predictions_are_drawn_as_bars_that_begin_where_the_last_one_ends():
    changes = np.array([[1.5, -0.5, 0.25], [0.1, 0.0, 0.0], [-2.0, 1.0, 0.5], [0.3, 0.1, -0.1]])
    lines = {"row": np.repeat([3, 5, 8, 9], 3), "column": "Cast", "value": ["A$n$", "Bo", None] * 4}
    table = pd.DataFrame({**lines, "role": "actor", "contribution": changes.ravel(), "alone": 0.0})
    predicted = 6 + changes.sum(1)
    figure = contributions_chart(Contributions(table, 6.0, predicted, np.arange(4)), 0.01, "points")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Row 8: 5.50 points", "Row 9: 6.30 points", "Row 3: 7.25 points"]
    bars = figure.axes[2].patches
    assert [bar.get_x() for bar in bars] == pytest.approx([6.0, 7.5, 7.0])
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(7.25)
    labels = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert labels == [r"Cast=A\$n\$  +1.50", "Cast=Bo  -0.50", "Cast: instead of the usual names  +0.25"]
    assert figure.axes[2].get_xlabel() == "from the average prediction, 6.00"
    figure.savefig(BytesIO())


def test_a_single_film_is_drawn_once():
    table = pd.DataFrame({"row": [4], "column": ["Year"], "value": ["1994"], "contribution": [0.5]})
    assert len(contributions_chart(Contributions(table, 6.0, np.array([6.5]), np.arange(4)), 0.01, "").axes) == 1
