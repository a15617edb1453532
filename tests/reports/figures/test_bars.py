from greenlight_films.reports.figures.bars import bars, by_sign, interval, names_axis, ranking, with_margin
from greenlight_films.reports.figures.style import BLUE, ORANGE


def test_names_that_look_alike_stay_apart():
    axis = names_axis(["1994", "1994", "<b>"], "year")
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 1, 2], ["1994", "1994", "&lt;b&gt;"])


def test_unknown_margins_have_no_interval():
    assert interval([0.5, float("nan")])["array"] == [0.5, 0.0]
    assert with_margin([1.23456, 2.0], [0.0456, float("nan")]) == ["1.23 ± 0.046", "2"]


def test_zero_has_the_colour_of_positive_values():
    assert by_sign([0.0, -0.1]) == [BLUE, ORANGE]


def test_titles_of_several_lines_and_a_legend_take_no_room_from_the_bars():
    def height(title: str, **more: str) -> int:
        return ranking(
            [bars([1.0], None, ["a"], **more)], ["a"], "name", "One.", {"title": {"text": title}}
        ).layout.height

    plain = height("increase")
    assert height("increase<br>of the error") == height("increase", name="together") > plain
    assert height("increase<br>of the error", name="together") - plain == 2 * (height("increase", name="a") - plain)
