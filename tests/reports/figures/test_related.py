import pytest

from greenlight_films.reports.figures import related
from tests.reports.figures.samples import CONDITIONAL, GROUPS, PAIRS


def test_groups_are_shown_beside_the_sum_of_what_each_is_worth_alone():
    drawn = related.groups(GROUPS, "increase")
    together, alone = drawn.data
    assert together.x == (0.3, 0.1)
    assert together.error_x.array == pytest.approx((0.2, 0.1))
    assert alone.x == (0.2, 0.15)
    assert drawn.layout.yaxis.ticktext[1] == "C, D and 1 more (3)"
    assert "together 0.1 (-0.1 to 0.2)<br>sum of each alone 0.15" in together.hovertext[1]


def test_pairs_that_change_each_other_most_surely_come_first_and_those_always_together_last():
    drawn = related.pairs(PAIRS, "increase", "points")
    assert drawn.layout.yaxis.ticktext[0] == "D × E (4)"
    assert drawn.layout.yaxis.ticktext[2] == "C × E (3)"
    joint, first, second, change = drawn.data
    assert joint.x == (0.2, 0.3, 0.1)
    assert (first.x, second.x) == ((0.1, 0.1, 0.0), (0.0, 0.15, 0.1))
    assert change.x == (-2.0, 0.5, None)
    assert "prediction -2 (-3 to -1)" in change.hovertext[0]
    assert "always together" in change.hovertext[2]


def test_a_value_in_two_columns_has_their_names_and_long_names_are_cut_before_the_films():
    table = PAIRS.head(2).assign(
        first=["Director=Woody Allen", "Production=A very long name of a company"],
        second=["Writer=Woody Allen", "Cast=Another name"],
    )
    names = related.pairs(table, "increase").layout.yaxis.ticktext
    assert names == ("Woody Allen as Director × Wri… (9)", "A very long name of a company… (3)")
    table = GROUPS.assign(features=["Director=Bo + Writer=Bo", "Cast=A very long name of a lead + Cast=B + Cast=C"])
    names = related.groups(table, "increase").layout.yaxis.ticktext
    assert names == ("Bo as Director, Writer (9)", "A very long name o… and 1 more (3)")


def test_importance_among_films_alike_stands_beside_that_among_all():
    within, among_all = related.conditional(CONDITIONAL, "increase").data
    assert within.x == (0.1, 0.2)
    assert among_all.x == (0.4, 0.2)
    assert "the others explain 80% of it" in within.hovertext[0]
