"""Values of a condition that are written as cells are, such as '$20M', '1h 40m' and '01/05/2000'."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.date_cells import DAY, parse_dates
from greenlight_films.datamodules.tables.date_texts import date_in
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.datamodules.tables.number_text import read_number


@dataclass(frozen=True)
class WrittenValue:
    """A number or a day, written as a column's cells may be."""

    text: str
    need: Literal["number", "date"]

    @classmethod
    def of(cls, text: str) -> "WrittenValue | None":
        """Return what a text is; None where it is neither a number nor a date."""
        if read_number(text):
            return cls(text, "number")
        return cls(text, "date") if date_in(text) else None

    def value(self, column: str, format: Format) -> float | np.datetime64:
        """Return the number, in the column's unit, or the day.

        Args:
            format: how the column's cells are written.

        Raises:
            InputError: it can't be read as these are.
        """
        cell = pd.Series([self.text], dtype="str", name=column)
        return self._number(cell, format) if self.need == "number" else self._day(cell, format)

    def _number(self, cell: pd.Series, format: Format) -> float:
        numbers = parse_numbers(cell, replace(format, missing=None))
        if numbers.faults or not np.isfinite(numbers.values[0]):
            alone = parse_numbers(cell)
            if alone.unit != (format.unit or alone.unit):
                raise self._unread(cell, f"holds {format.unit}", f"a number in {format.unit}")
            raise self._unread(cell, "is not written so", "a plain number, such as 1500000 or 1.5")
        if numbers.unit and not format.unit:
            plain = f"{numbers.values[0]:.15g}"
            raise self._unread(cell, "has no unit", f"{plain}, without quotes, if it is in {numbers.unit}")
        return float(numbers.values[0])

    def _day(self, cell: pd.Series, format: Format) -> np.datetime64:
        dates = parse_dates(cell, replace(format, missing=None))
        if dates.fault:
            raise self._unread(cell, "doesn't tell day from month", "a day, such as 2000-05-01")
        if dates.precision[0] != DAY:
            raise self._unread(cell, "is compared with days", "a day, such as 2000-05-01")
        return np.datetime64(dates.values[0], "D")

    def _unread(self, cell: pd.Series, but: str, remedy: str) -> InputError:
        return InputError(
            f"data.where: {self.text!r} can't be compared, for column '{cell.name}' {but}; write {remedy}"
        )
