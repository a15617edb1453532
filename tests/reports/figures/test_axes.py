import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.figures import axes


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "US dollars", "$0"),
        (12.5, "$", "$12.5"),
        (123_456_789, "USD", "$123M"),
        (-999_999, "dollars", "-$1M"),
        (304_500_000, "USD", "$305M"),
        (2.784e9, "US dollars", "$2.78B"),
        (float("nan"), "US dollars", "–"),
        (6.12345, "points", "6.12 points"),
        (-12345.6, "", "-12,346"),
        (float("inf"), "points", "–"),
    ],
)
def test_amounts_have_three_digits_and_their_unit(value, unit, text):
    assert axes.amount(value, unit) == text


def test_text_of_data_is_shown_as_it_is_and_cut_before_it_is_escaped():
    assert axes.text("<b>&%{x}$") == "&lt;b&gt;&amp;%&#123;x}&#36;"
    assert axes.short("<" * 50, 5) == "&lt;" * 4 + "…"
    assert axes.short("abc", 3) == "abc"


def test_axes_have_units_and_long_titles_take_lines():
    assert axes.axis_title("RMSE", "points of 10") == "RMSE, points of 10"
    assert axes.axis_title("mean absolute error", "points", 12) == "mean<br>absolute<br>error,<br>points"
    assert axes.axis("budget", "US dollars")["tickprefix"] == "$"
    assert "tickprefix" not in axes.axis("Rating", "points of 10")


def test_logarithmic_axes_have_powers_of_ten_or_steps_between_them():
    wide = axes.axis("revenue", "US dollars", log=True, values=[2e3, 5e8])
    assert wide["ticktext"] == ["$1000", "$10K", "$100K", "$1M", "$10M", "$100M", "$1B"]
    assert axes.axis("n", "", log=True, values=[1, 4])["ticktext"] == ["1", "2", "5", "10", "20", "50"]


def test_numbers_keep_four_digits_and_those_that_are_not_finite_are_null():
    assert axes.rounded([123456.0, -0.00123456, 0.0, np.nan, np.inf]) == [123500.0, -0.001235, 0.0, None, None]


def test_samples_are_seeded_and_small_tables_whole():
    table = pd.DataFrame({"a": range(10)})
    assert axes.sampled(table, 10)[0] is table
    sample, note = axes.sampled(table, 4)
    assert note == "a sample of 4 of 10 films"
    assert sample["a"].is_monotonic_increasing
    assert sample.equals(axes.sampled(table, 4)[0])


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([-12e6, 49e6], ["$0", "$40M"]),
        ([-49e6, 49e6, np.nan], ["-$40M", "$0", "$40M"]),
        ([-3e5], ["-$300K", "$0"]),
        ([0.3], ["$0", "$0.3"]),
        ([], ["$0"]),
    ],
)
def test_a_narrow_axis_has_zero_and_round_numbers_that_data_reach_and_that_stand_apart(values, ticks):
    axis = axes.few_ticks(values, "USD")
    assert axis["ticktext"] == ticks
    assert [axes.amount(tick, "USD") for tick in axis["tickvals"]] == ticks
    known = [value for value in values if np.isfinite(value)]
    assert all(min([0, *known]) <= tick <= max([0, *known]) for tick in axis["tickvals"])


def test_notes_have_the_ink_of_the_page():
    (note,) = axes.note("dashed: all films")
    assert "color" not in note["font"]
