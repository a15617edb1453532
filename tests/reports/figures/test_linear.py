import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.figures import linear
from tests.reports.figures.samples import OLS


@pytest.mark.parametrize(
    ("standardised", "values", "margins"),
    [(None, (1.0, -1.0), (0.6, 2.0)), ([np.nan, 0.1, -0.5, np.nan], (-0.5, 0.1), (1.0, 0.06))],
)
def test_coefficients_take_hc3_errors_where_known_and_hollow_dots_include_zero(standardised, values, margins):
    table = OLS if standardised is None else OLS.assign(standardised=standardised)
    drawn = linear.coefficients(table, "points")
    assert "coefficients of 2 columns" in drawn.layout.meta["alt"]  # neither the constant nor what was left out
    dots = drawn.data[0]
    assert dots.x == values
    assert dots.error_x.array == pytest.approx(margins)
    assert dict(zip(dots.x, dots.marker.symbol, strict=True)) == {max(values): "circle", min(values): "circle-open"}


def test_labels_logarithms_and_flags_are_of_the_column_that_they_are_read_from():
    named = {"log1p(Budget)": 0.4, "Budget is missing": 0.3, "number": -0.2, "Cast=Ann": 3.0, "Cast=Bo": -4.0}
    named |= {"Cast of old=Ann": 1.0, "log1p(number of names in Cast)": 0.0, "Released year": -1.0, "sole": 2.0}
    sizes = linear.by_column(pd.Series(named), ["Cast", "Budget", "number", "Cast of old", "Released"])
    assert sizes.to_dict() == pytest.approx(
        {"Budget": 0.5, "number": 0.2, "Cast": 5.0, "Cast of old": 1.0, "Released": 1.0, "sole": 2.0}
    )
