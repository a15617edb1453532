import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.figures import predictions
from tests.reports.figures.samples import films


def test_calibration_is_the_means_of_tenths_of_the_films():
    table = films(100).sort_values("predicted", ignore_index=True)
    points = predictions.calibration(table.sample(frac=1, random_state=0), "Rating", "points").data[0]
    tenth = table.iloc[20:30]
    assert points.x[2] == pytest.approx(tenth["predicted"].mean(), rel=1e-3)
    assert points.y[2] == pytest.approx(tenth["actual"].mean(), rel=1e-3)
    assert points.error_y.array[2] == pytest.approx(1.96 * tenth["actual"].std(ddof=1) / 10**0.5, rel=1e-3)
    assert points.customdata == (10,) * 10


def test_errors_by_label_are_means_with_intervals_and_small_groups_are_left_out():
    table = films().assign(genre=["a"] * 40 + ["b"] * 16 + ["c"] * 4)
    drawn = predictions.errors_by_label(table, "genre", "points")
    error = (table["predicted"] - table["actual"]).abs()
    assert drawn.layout.yaxis.ticktext == ("a", "b")
    assert drawn.data[0].x[1] == pytest.approx(error[40:56].mean(), rel=1e-3)
    assert drawn.data[0].error_x.array[1] == pytest.approx(1.96 * error[40:56].std() / 4, rel=1e-3)


def test_rows_of_a_film_count_once_in_the_interval_of_its_error():
    once = films()
    first, second = (predictions.errors_by_label(table, "genre", "").data[0] for table in (once, pd.concat([once] * 3)))
    assert second.x == first.x
    np.testing.assert_allclose(second.error_x.array, first.error_x.array, rtol=1e-3)
    assert first.error_x.array[0] > 0


def test_errors_by_number_are_in_intervals_of_as_many_films():
    drawn = predictions.errors_by_number(films(), "year", "points", groups=4)
    assert drawn.layout.yaxis.ticktext == ("1960 to 1974", "1975 to 1989", "1990 to 2004", "2005 to 2019")


def test_money_is_on_logarithmic_axes_and_its_errors_are_ratios():
    table = pd.DataFrame({"actual": [1e6, 1e8, 1e9] * 10, "predicted": [2e6, 1e8, 5e8] * 10, "title": "a"})
    drawn = predictions.predicted_against_actual(table, "BoxOffice", "US dollars")
    assert drawn.layout.xaxis.type == "log"
    assert "$1M" in drawn.layout.xaxis.ticktext
    assert set(predictions.residuals(table, "BoxOffice", "US dollars").data[0].y) == {2.0, 1.0, 0.5}
    assert predictions.residuals(table, "BoxOffice", "points").data[0].y[0] == 1e6
    table.loc[0, "predicted"] = -1.0
    left_out = predictions.residuals(table, "BoxOffice", "US dollars").layout.annotations[0].text
    assert left_out == "1 at or below &#36;0 left out"
