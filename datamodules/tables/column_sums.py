"""Tell whether the numbers of a row are the sums, means or counts of the rows above it."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.datamodules.tables.number_text import read_number

LEAST = 3  # numbers above a total: of two, a film may by chance earn as much as both
TELLING = 5  # digits of a sum, without zeros at the end, that a film's number hits by no chance
EXPONENT = re.compile(r"e[-+]?\d+", re.IGNORECASE)


def given_texts(cells: Sequence[str | None]) -> list[str]:
    """Return the cells of a row that hold something."""
    return [cell.strip() for cell in cells if cell and cell.strip()]


def may_be_total(cells: Sequence[str | None]) -> bool:
    """Tell whether a row has numbers, and beside them one text at most, such as `400 films`: a film has more."""
    given = given_texts(cells)
    n_numbers = sum(read_number(cell) is not None for cell in given)
    return n_numbers > 0 and len(given) - n_numbers <= 1


class ColumnSums:
    """What the columns of a table sum up to, each read as numbers when it is first needed.

    Args:
        column: returns a column of all rows, by its position.
        n_rows: of the table.
    """

    def __init__(self, column: Callable[[int], pd.Series], n_rows: int) -> None:
        self._column = column
        self._values: dict[int, np.ndarray] = {}
        self._counts = np.ones(n_rows, dtype=bool)

    def leave_out(self, row: int) -> None:
        """Count a row to no sum from now on: it is one itself."""
        self._counts[row] = False

    def fit(self, cells: Sequence[str | None], row: int, first: int, end: int, named: bool = False) -> bool:
        """Tell whether a row's numbers are all sums, means or counts of the rows from `first` up to `end`.

        One of them must be a sum, or a mean of many digits; where the row has a text that may name a film, it must
        have many digits, or two columns must be summed.

        Args:
            cells: of the row, as text.
            row: its position.
            named: whether its text says that it is a total.
        """
        if not may_be_total(cells):
            return False
        sizes = []
        for index, cell in enumerate(cells):
            if cell and read_number(cell) is not None:
                size = self._digits(index, cell, row, slice(first, end), 2 if named else LEAST)
                if size is None:
                    return False
                sizes.append(size)
        sums = [size for size in sizes if size]
        may_be_film = not named and len(given_texts(cells)) > len(sizes)
        return len(sums) > 1 or max(sums, default=0) >= (TELLING if may_be_film else 1)

    def _digits(self, index: int, cell: str, row: int, above: slice, least: int) -> int | None:
        """Return the telling digits of a sum or mean; 0 of a count or where few digits tell, None of other numbers."""
        if index not in self._values:
            self._values[index] = parse_numbers(self._column(index)).values
        values = self._values[index]
        known = values[above][self._counts[above]]
        n_rows, known = len(known), known[~np.isnan(known)]
        value = values[row]
        if value in (len(known), n_rows):
            return 0
        if np.isnan(value) or len(known) < least:
            return None
        digits = "".join(re.findall(r"\d", EXPONENT.sub("", cell))).lstrip("0")
        size = len(digits.rstrip("0"))
        unit = 10.0 ** (np.floor(np.log10(abs(value))) + 1 - len(digits)) if value else 1.0
        total, mean = known.sum(), known.mean()
        if abs(value - total) <= max(0.5 * unit, 1e-9 * abs(total)):
            return size if abs(value) > np.abs(known).max() else 0
        if abs(value - mean) <= max(0.5 * unit, 1e-9 * abs(mean)):
            return size if size >= TELLING else 0
        return None
