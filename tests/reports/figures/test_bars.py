from greenlight_films.reports.figures.bars import by_sign, interval, names_axis, with_margin
from greenlight_films.reports.figures.style import BLUE, ORANGE


def test_names_that_look_alike_stay_apart():
    axis = names_axis(["1994", "1994", "<b>"], "year")
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 1, 2], ["1994", "1994", "&lt;b&gt;"])


def test_unknown_margins_have_no_interval():
    assert interval([0.5, float("nan")])["array"] == [0.5, 0.0]
    assert with_margin([1.23456, 2.0], [0.0456, float("nan")]) == ["1.23 ± 0.046", "2"]


def test_zero_has_the_colour_of_positive_values():
    assert by_sign([0.0, -0.1]) == [BLUE, ORANGE]
