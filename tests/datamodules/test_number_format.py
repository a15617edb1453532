import numpy as np
import pytest

from greenlight_films.datamodules.number_format import (
    are,
    compact,
    counted,
    fixed,
    plural,
    scientific,
    significant,
    to_digits,
)

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
        *((significant(304.5, 3), "305"), (significant(-0.125, 2), "-0.13"), (compact(12_345_000), "12.35M")),
        *((scientific(1.59e16), "1.59×10¹⁶"), (scientific(-2e-12), "-2×10⁻¹²"), (scientific(999999.0), "999999")),
        *(
            (scientific(1e6), "1×10⁶"),
            (scientific(0.0), "0"),
            (scientific(0.00012), "0.00012"),
            (scientific(INF), "inf"),
        ),
        *((fixed(0.12345), "0.123"), (fixed(-0.0001), "0.000"), (fixed(2, 2), "2.00"), (fixed(None), "–")),
    ],
)
def test_numbers_are_short_text(text, shown):
    assert text == shown


def test_rounded_numbers_are_those_that_python_writes_with_so_many_digits():
    random = np.random.default_rng(0)
    values = random.normal(size=5000) * 10.0 ** random.integers(-14, 15, 5000)
    values = np.concatenate([values, [0.0, 1.0, 10.0, 999999.51, -0.1, 123456.0, 1e22]])
    for digits in (3, 6):
        assert to_digits(values, digits).tolist() == [float(f"{value:.{digits}g}") for value in values.tolist()]
    assert to_digits(np.array([INF, -INF]), 3).tolist() == [INF, -INF]
    assert np.isnan(to_digits(np.array([NAN]), 3)).all()
    assert to_digits(np.array([1.23456e-40, -7.65432e200]), 3).tolist() == pytest.approx([1.23e-40, -7.65e200])


def test_one_thing_is_counted_in_the_singular():
    assert [f"{counted(number, 'more row')} {are(number)}" for number in (0, 1, 1200)] == [
        *("0 more rows are", "1 more row is", "1,200 more rows are")
    ]
    assert [plural(number, "film") for number in (1, 2)] == ["film", "films"]
