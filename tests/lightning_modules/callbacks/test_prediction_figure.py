"""The picture of predictions against the truth."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import r2_score

from greenlight_films.datamodules import Target, TargetScale
from greenlight_films.lightning_modules.callbacks.prediction_figure import held_out_chart, prediction_chart


def chart(actual: list[float], predicted: list[float], name: str = "rating", shift: float | None = None) -> Figure:
    """Draw predictions, in logarithms where there is a shift."""
    scale = TargetScale("none" if shift is None else "log1p", shift or 0.0, mean=2.0, std=3.0)
    figure = prediction_chart(np.array(actual, dtype=float), np.array(predicted, dtype=float), scale, name, "a title")
    figure.savefig(BytesIO(), format="png")
    return figure


def test_each_test_film_is_a_dot_at_its_target_and_prediction_and_a_name_no_formula():
    (axes,) = chart([1, 2, 4], [1.5, 2, 3], "gross $ in $, US$").axes
    (dots,) = axes.collections
    assert dots.get_offsets().tolist() == [[1, 1.5], [2, 2], [4, 3]]
    assert axes.get_xlim() == axes.get_ylim() == pytest.approx((1 - 0.09, 4 + 0.09))
    assert axes.get_xlabel() == r"actual gross \$ in \$, US\$"


def test_what_is_learnt_in_logarithms_is_drawn_in_them():
    (axes,) = chart([0, 9, 99, 999_999], [1, 20, 50, 400_000], shift=0).axes
    along = axes.transScale.transform([(value, value) for value in (0, 9, 99, 999_999)])[:, 0]
    assert along == pytest.approx(np.log([1, 10, 100, 1_000_000]))
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["0", "10", "100", "1000", "10K", "100K", "1M"]
    (axes,) = chart([-1, 0, 3, 438], [-0.5, 0.2, 2, 9], shift=1).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["-1", "0", "10", "100"]


def test_the_title_says_how_many_films_were_tested_how_well_and_that_they_leak(film_data, films_frame):
    twice = pd.concat([films_frame] * 2, ignore_index=True)
    data = film_data(frame=twice, allow_split_films=True, target=Target("rating", "log1p"))
    data.setup("fit")
    rows = data.films.rows.test
    actual = data.films.actual[rows]
    predicted = actual + 0.5 * np.sin(np.arange(len(actual)))
    r2 = (r2_score(actual, predicted), r2_score(np.log1p(actual), np.log1p(predicted)))
    assert f"{r2[0]:.3f}" != f"{r2[1]:.3f}"
    (axes,) = held_out_chart(data, predicted, data.fitted.scale.scores(actual, predicted)).axes
    (dots,) = axes.collections
    assert dots.get_offsets().tolist() == np.stack([actual, predicted], axis=1).tolist()
    tested = f"{data.films.ids['film'][rows].nunique()} test films in {len(rows)} rows"
    title, warning = axes.get_title(loc="left").split("\n")
    assert title == f"{tested}, R² {r2[0]:.3f}, R² of log1p {r2[1]:.3f}"
    assert warning == "same films in training: says nothing of new films"


@pytest.mark.parametrize(
    ("actual", "predicted"), [([3.0], [3.0]), ([3.0, 3.0], [3.0, 3.0]), ([1, 2, 3], [1, np.inf, 2])]
)
def test_what_has_no_range_or_no_end_is_drawn_too(actual, predicted):
    (axes,) = chart(actual, predicted).axes
    low, high = axes.get_xlim()
    assert low < min(actual)
    assert max(actual) < high < 10
