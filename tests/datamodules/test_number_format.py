import pytest

from greenlight_films.datamodules.number_format import compact, fixed, significant

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0, "0"), (-1, "-1"), (0.25, "0.25"), (6.0224, "6.022"), (1994, "1994"), (9999, "9999"), (12_500, "12.5K")),
        *((-12_500, "-12.5K"), (139e6, "139M"), (2.3456e9, "2.346B"), (5e13, "50T"), (NAN, "nan")),
        (float("inf"), "inf"),
    ],
)
def test_a_compact_number_has_four_digits_at_most(value, text):
    assert compact(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        *((0.123456, 4, "0.1235"), (0.123456, 2, "0.12"), (12.0, 4, "12"), (-999.96, 4, "-1000"), (1000, 4, "1,000")),
        *((1234567.8, 4, "1,234,568"), (-1234.5, 2, "-1,234"), (None, 4, "–"), (NAN, 4, "–")),
    ],
)
def test_significant_digits_are_counted_below_1000(value, digits, text):
    assert significant(value, digits) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.12345, 3, "0.123"), (-0.0001, 3, "0.000"), (-0.0, 1, "0.0"), (2, 2, "2.00"), (None, 3, "–"), (NAN, 3, "–")],
)
def test_fixed_decimals_have_no_negative_zero(value, digits, text):
    assert fixed(value, digits) == text
