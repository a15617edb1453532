import pytest

from greenlight_films.datamodules.number_format import compact, fixed, significant

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *((compact(0), "0"), (compact(-1), "-1"), (compact(6.0224), "6.022"), (compact(9999), "9999")),
        *((compact(-12_500), "-12.5K"), (compact(139e6), "139M"), (compact(2.3456e9), "2.346B")),
        *((compact(5e13), "50T"), (compact(NAN), "nan"), (compact(INF), "inf")),
        *((significant(0.123456), "0.1235"), (significant(0.123456, 2), "0.12"), (significant(12.0), "12")),
        *((significant(-999.96), "-1000"), (significant(1000), "1,000"), (significant(1234567.8), "1,234,568")),
        *((significant(-1234.5, 2), "-1,234"), (significant(None), "–"), (significant(NAN), "–")),
        *((fixed(0.12345), "0.123"), (fixed(-0.0001), "0.000"), (fixed(2, 2), "2.00"), (fixed(None), "–")),
    ],
)
def test_numbers_are_short_text(text, shown):
    assert text == shown
