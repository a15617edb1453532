import numpy as np
import pytest

from greenlight_films.reports.figures import linear
from tests.reports.figures.samples import OLS


@pytest.mark.parametrize(
    ("standardised", "values", "margins"),
    [(None, (1.0, -1.0), (0.6, 2.0)), ([np.nan, 0.1, -0.5, np.nan], (-0.5, 0.1), (1.0, 0.06))],
)
def test_coefficients_take_hc3_errors_where_known_and_hollow_dots_include_zero(standardised, values, margins):
    table = OLS if standardised is None else OLS.assign(standardised=standardised)
    dots = linear.coefficients(table, "points").data[0]
    assert dots.x == values
    assert dots.error_x.array == pytest.approx(margins)
    assert dict(zip(dots.x, dots.marker.symbol, strict=True)) == {max(values): "circle", min(values): "circle-open"}
