import pytest

from greenlight_films.datamodules.number_format import compact


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-1, "-1"),
        (0.25, "0.25"),
        (6.0224, "6.022"),
        (1994, "1994"),
        (9999, "9999"),
        (12_500, "12.5K"),
        (-12_500, "-12.5K"),
        (139e6, "139M"),
        (2.3456e9, "2.346B"),
        (5e13, "50T"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_has_four_digits_at_most(value, text):
    assert compact(value) == text
