import numpy as np
import pytest

from greenlight_films.datamodules.tables.decades import years_of_decades

NAN = np.nan


@pytest.mark.parametrize(
    ("name", "numbers", "beside", "years"),
    [
        ("x", [1980, 1990, 2010], [], [1980, 1990, 2010]),
        ("x", [1980, 1990], [1994], [1980, 1990]),
        ("Era", [80, 0, 20, 30, 1970], [], [1980, 2000, 2020, 1930, 1970]),
        ("decade", [85, *[80] * 9], [], [NAN, *[1980] * 9]),
        ("x", [90, 80], [], None),
        ("decade", [90, 85], [], None),
        ("x", [1980, 1990], [5], None),
        ("x", [1985, 1990], [], None),
        ("runtime", [5400, 6000], [], None),
        ("runtime", [1980, 1990], [], None),
        ("x", [5400, 1990], [], None),
    ],
)
def test_numbers_before_an_s_are_decades_or_seconds(name, numbers, beside, years):
    counts = np.ones(len(numbers))
    found = years_of_decades(name, np.array(numbers, np.float64), counts, np.array(beside, np.float64), 2026)
    assert (None if found is None else found.tolist()) == (
        years if years is None else pytest.approx(years, nan_ok=True)
    )
