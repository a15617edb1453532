"""Numbers short enough for an axis or a table."""

from math import isfinite

SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
LEAST = 1e4  # below it a number is short as it is: 1994 is no 2K


def compact(value: float) -> str:
    """Return a number with four digits at most, and a letter where it is large.

    >>> [compact(value) for value in (0.25, -1, 1994, 12500, 139e6, 2.3456e9)]
    ['0.25', '-1', '1994', '12.5K', '139M', '2.346B']
    """
    if isfinite(value) and abs(value) >= LEAST:
        size, letter = next(one for one in SIZES if abs(value) >= one[0])
        return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"
