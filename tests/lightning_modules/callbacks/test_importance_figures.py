from dataclasses import replace
from io import BytesIO

import pytest
import torch
from matplotlib.figure import Figure

from greenlight_films.datamodules import Block, FeatureSpace
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.importance import Estimates
from greenlight_films.importance.result import ImportanceResult
from greenlight_films.lightning_modules.callbacks.importance_figures import columns_chart, values_chart

SUMMARY = {"r2": 0.4, "loss": "mse", "unit": "points", "films": 1234, "split": "test", "leak": False}


def study_of(values: list[str], **summary) -> ImportanceResult:
    """Return a study of a genre's values, each less important than the one before, and the last in no film."""
    space = FeatureSpace([{"column": "Genre"}], [[Block("Genre", "genre", "label", values)]])
    mean = torch.arange(len(values), 0, -1).double()
    mean[-1] = torch.nan
    found = Estimates(mean, mean, 0.3 + 0 * mean, 0.4 + 0 * mean, torch.full((len(values),), 9))
    joint = Estimates(*(field[:2] for field in found.fields()))
    return ImportanceResult(space, found, feature_sets(space, {}), joint, {**SUMMARY, **summary}, 0, 0)


def labels_of(figure: Figure) -> list[str]:
    """Return the names beside the bars from above to below."""
    (axes,) = figure.axes
    assert axes.yaxis_inverted()
    return [label.get_text() for label in axes.get_yticklabels()]


def drawn(figure: Figure) -> BytesIO:
    picture = BytesIO()
    figure.savefig(picture, format="png")
    return picture


def test_the_most_important_features_are_drawn_the_first_above():
    figure = values_chart(study_of([f"G{place:02}" for place in range(40)]))
    assert labels_of(figure) == [f"Genre=G{place:02}" for place in range(25)]
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [40 - place for place in range(25)]


def test_lines_are_95_percent_intervals():
    (axes,) = values_chart(study_of(["Drama", "War", "Noir"])).axes
    (lines,) = [line for line in axes.collections if len(line.get_segments()) == 2]
    (low, high), _ = (segment[:, 0] for segment in lines.get_segments())
    assert (low, high) == pytest.approx((3 - 1.96 * 0.5, 3 + 1.96 * 0.5))


def test_what_no_film_carries_is_not_drawn():
    assert labels_of(values_chart(study_of(["Drama", "War", "Noir"]))) == ["Genre=Drama", "Genre=War"]


def test_columns_are_drawn_as_a_whole():
    study = study_of(["Drama", "War", "Noir"])
    assert labels_of(columns_chart(study)) == ["Genre"]
    assert columns_chart(study).axes[0].patches[0].get_width() == study.aggregated["importance"][0] == 3


@pytest.mark.parametrize("chart", [values_chart, columns_chart])
def test_a_chart_says_what_it_measures_and_on_which_films(chart):
    (axes,) = chart(study_of(["Drama", "War", "Noir"], split="val")).axes
    assert axes.get_xlabel() == "increase of the squared error when shuffled, (points)²"
    assert "1,234 validation films" in axes.get_title(loc="left")
    assert "mean nothing" not in axes.get_title(loc="left")


@pytest.mark.parametrize("chart", [values_chart, columns_chart])
def test_a_chart_that_means_nothing_says_so(chart):
    (axes,) = chart(study_of(["Drama", "War", "Noir"], r2=-0.1)).axes
    assert "R² is not above 0" in axes.get_title(loc="left")


@pytest.mark.parametrize("chart", [values_chart, columns_chart])
def test_a_chart_of_films_on_both_sides_says_so(chart):
    (axes,) = chart(study_of(["Drama", "War", "Noir"], leak=True)).axes
    assert "same films in training" in axes.get_title(loc="left")


def test_names_are_no_formulas_and_long_ones_are_cut():
    figure = values_chart(study_of(["A$AP and $B_2$", r"\frac{1}{2", "x" * 300, "Noir"]))
    drawn(figure)
    formula, _, long = labels_of(figure)
    assert formula.replace(r"\$", "$") == "Genre=A$AP and $B_2$"
    assert len(long) < 70


def test_a_chart_of_nothing_can_be_drawn():
    study = study_of(["Drama", "War", "Noir"])
    nothing = Estimates.unknown(torch.zeros(3, dtype=torch.int64))
    for chart in (values_chart, columns_chart):
        stopped = replace(study, values=nothing, joint=Estimates.unknown(torch.zeros(2, dtype=torch.int64)))
        assert labels_of(chart(stopped)) == []
        assert drawn(chart(stopped)).getvalue()
