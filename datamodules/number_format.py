"""Numbers as short text, for axes, tables and messages."""

from decimal import ROUND_HALF_UP, Context
from math import isfinite

import numpy as np

SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
POWERS = np.array([float(f"1e{power}") for power in range(301)])
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAST = 1e4  # below it a number is short as it is: 1994 is no 2K


def compact(value: float) -> str:
    """Return a number with four digits at most, and a letter where it is large.

    >>> [compact(value) for value in (0.25, -1, 1994, 12500, 139e6, 2.3456e9)]
    ['0.25', '-1', '1994', '12.5K', '139M', '2.346B']
    """
    if isfinite(value) and abs(value) >= LEAST:
        size, letter = next((size, letter) for size, letter in SIZES if abs(value) >= size)
        return f"{half_up(value / size, 4):.4g}{letter}"
    return f"{half_up(value, 4):.4g}"


def significant(value: float | None, digits: int = 4) -> str:
    """Return a number with so many significant digits, thousands apart from 1,000 on; a dash for what is not known.

    >>> [significant(value) for value in (0.123456, 12.0, 1234567.8)]
    ['0.1235', '12', '1,234,568']
    """
    if value is None or value != value:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{half_up(value, digits):.{digits}g}"


def half_up(value: float, digits: int) -> float:
    """Return a number with so many significant digits, a half away from 0, as the scripts of pages round.

    >>> half_up(304.5, 3), half_up(-2.25, 2), half_up(float("inf"), 3)
    (305.0, -2.3, inf)
    """
    return float(Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal_from_float(float(value)))


def scientific(value: float) -> str:
    """Return a number, from a million on and below a ten thousandth as a power of ten with three significant digits.

    >>> [scientific(value) for value in (0.25, 94300, 1.59e16, -2e-7)]
    ['0.25', '94300', '1.59×10¹⁶', '-2×10⁻⁷']
    """
    if not isfinite(value) or value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{value:.10g}"
    mantissa, _, power = f"{value:.2e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}×10{str(int(power)).translate(RAISED)}"


def to_digits(values: np.ndarray, digits: int) -> np.ndarray:
    """Return numbers rounded to so many significant digits, float64; what is not finite stays.

    >>> to_digits(np.array([0.123456, -98765.0, 0.0]), 3).tolist()
    [0.123, -98800.0, 0.0]
    """
    values = np.asarray(values, dtype=np.float64)
    sized = np.isfinite(values) & (values != 0)
    size = np.floor(np.log10(np.abs(values), where=sized, out=np.zeros(values.shape)))
    shift = np.clip(digits - 1 - size, -300, 300).astype(np.int64)
    power = POWERS[np.abs(shift)]
    with np.errstate(invalid="ignore", over="ignore"):
        # Both a division and a product of whole numbers: 0.3 is 3 / 10, and not 3 * 0.1.
        return np.where(shift >= 0, np.round(values * power) / power, np.round(values / power) * power)


def counted(number: int, noun: str) -> str:
    """Return a number of things, with the noun in its right form.

    >>> [counted(number, "test film") for number in (1, 1200)]
    ['1 test film', '1,200 test films']
    """
    return f"{number:,} {plural(number, noun)}"


def plural(number: int, noun: str) -> str:
    """Return a noun in the form for a number of things.

    >>> plural(1, "row"), plural(2, "row")
    ('row', 'rows')
    """
    return noun if number == 1 else f"{noun}s"


def are(number: int) -> str:
    """Return the verb for a number of things.

    >>> are(1), are(2)
    ('is', 'are')
    """
    return "is" if number == 1 else "are"


def fixed(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals, never a negative zero; a dash for what is not known.

    >>> [fixed(value) for value in (0.12345, -0.0001)]
    ['0.123', '0.000']
    """
    return "–" if value is None or value != value else f"{round(value, digits) + 0.0:.{digits}f}"
