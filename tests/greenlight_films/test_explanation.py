"""`Explanation`: what each value moves a prediction by, as a frame, a figure and text."""

import numpy as np
import pytest

from tests.conftest import awkward_films

FRAME = awkward_films()


@pytest.fixture(scope="module")
def explanation(fitted):
    return fitted.explain(FRAME.head(7).drop(columns="rating"))


def test_a_frame_has_a_line_for_each_number_and_label_of_a_film(explanation):
    table = explanation.to_frame()
    assert list(table) == ["row", "feature", "column", "value", "role", "contribution"]
    assert sorted(table["row"].unique()) == list(range(7))
    third = table[table["row"] == 3]
    assert set(third["column"]) == {"year", "runtime", "genre", "cast", "company"}
    assert third.loc[third["column"] == "cast", "value"].tolist() == ["Ann Ames"]
    assert set(third.loc[third["column"] == "cast", "role"]) == {"actor"}


def test_the_largest_contribution_of_a_film_comes_first_whatever_its_sign(explanation):
    for _, film in explanation.to_frame().groupby("row"):
        assert film["contribution"].abs().is_monotonic_decreasing
    assert explanation.to_frame()["contribution"].lt(0).any()


def test_a_contribution_is_the_prediction_less_that_without_the_value(fitted, explanation):
    assert explanation.predicted == pytest.approx(fitted.predict(FRAME.head(7)), abs=1e-5)
    without = fitted.predict(FRAME.head(7).assign(company=None))
    table = explanation.to_frame().query("column == 'company'").set_index("row")["contribution"]
    assert table.abs().max() > 0.001
    assert table.to_numpy() == pytest.approx((explanation.predicted - without)[table.index], abs=1e-5)


def test_the_average_is_that_of_the_training_films(fitted, explanation):
    encoded = fitted.fitted_.encoder.encode(FRAME[FRAME["rating"].notna()])
    train = np.flatnonzero(fitted.fitted_.sides == 0)
    assert explanation.average_prediction == pytest.approx(fitted.network_.predict(encoded.take(train)).mean())


def test_the_text_shows_five_films_and_counts_the_others(explanation):
    lines = repr(explanation).splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("average prediction ")
    assert lines[0].endswith(" points")
    top = explanation.to_frame().iloc[0]
    assert f"film 0: {explanation.predicted[0]:,.4g}; {top['feature']} {top['contribution']:+,.3g}, " in lines[1]
    assert lines[-1] == "and 2 more films"


def test_a_figure_has_a_films_largest_contributions_the_first_on_top(explanation):
    figure = explanation.plot(row=2, top=3)
    table = explanation.to_frame().query("row == 2").head(3)
    assert list(figure.data[0].y) == table["feature"].tolist()[::-1]
    assert list(figure.data[0].x) == pytest.approx(table["contribution"].tolist()[::-1])
    assert f"Film 2: predicted {explanation.predicted[2]:,.4g} points" in figure.layout.title.text
    assert figure.layout.xaxis.title.text == "moves the prediction by (points)"
