"""The figure of coverage: a dot a group and level, beside what the intervals are made for."""

from greenlight_films.reports.figures.coverage import coverage_by_group
from tests.reports.figures.samples import COVERAGE


def test_groups_have_a_dot_for_each_level_and_the_levels_are_marked():
    drawn = coverage_by_group(COVERAGE, ["1990", "1991 to 1999"], "year", "points")
    assert [list(trace.x) for trace in drawn.data] == [[0.81, 0.7], [0.96, 0.9]]
    assert list(drawn.data[0].error_x.arrayminus) == [0.09, 0.22]
    assert [shape.x0 for shape in drawn.layout.shapes] == [0.8, 0.95]
    assert list(drawn.layout.yaxis.ticktext) == ["1990", "1991 to 1999"]
    label = "<b>1991 to 1999</b><br>70.0% of 20 films<br>80 % intervals, half of them narrower than 2 points"
    assert drawn.data[0].hovertext[1] == label
    assert drawn.layout.meta["alt"].endswith("by year: 80 % ones 70% to 81% and 95 % ones 90% to 96%.")
