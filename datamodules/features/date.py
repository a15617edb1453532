"""A date as what a model can learn from it: its year, its season, the day of the week, the film's age."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.number import Encoding, Number
from greenlight_films.datamodules.features.vocabulary import encode_values, vocabulary
from greenlight_films.datamodules.fingerprint import digest
from greenlight_films.datamodules.tables.date_cells import DAY, MONTH, Dates, read_dates
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of

Part = Literal["year", "season", "weekday", "age"]
USUAL: tuple[Part, ...] = ("year", "season", "weekday")
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DAYS_A_YEAR = 365.2425
MIDDLE = np.array([0, 182, 14, 0])  # days from the first day of what is known to its middle, by precision


@dataclass(frozen=True)
class Date(Feature[Dates]):
    """A date, in any way that people write dates, also of a month or a year alone. Each part is a column or more.

    Gaps in numbers are filled with the training median, and marked in a column where training rows have gaps.

    Attributes:
        parts: some of `year`; `season`: sine and cosine of the day of the year, so that December is near January;
            `weekday`: a label for each day; `age`: years before the latest date of the training rows. By default
            all but the age, which tells no more than the year. A year alone has no season, a month alone no day of
            the week.
        encoding, sigma: of the year and the age, as those of a `Number`.
    """

    need = "date"
    column: str
    parts: list[Part] | None = None
    encoding: Encoding | None = None
    sigma: float = 0.3
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        parts = self._parts
        if not parts or len(set(parts)) < len(parts):
            some = ", ".join(get_args(Part))
            raise InputError(f"column '{self.column}': `parts` must be some of {some}, each once, got {self.parts}")
        Number(self.column, sigma=self.sigma)  # refuses another

    @property
    def has_years(self) -> bool:
        """Whether one of its columns is the date as a number, in years."""
        return not {"year", "age"}.isdisjoint(self._parts)

    @property
    def _parts(self) -> list[Part]:
        return list(USUAL) if self.parts is None else self.parts

    def parse(self, column: pd.Series, format: Format = Format()) -> Dates:
        return read_dates(column, format)

    def digest(self, parsed: Dates) -> bytes:
        return digest([parsed.values, parsed.precision])

    def fit(self, parsed: Dates, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        known = parsed.values[train][parsed.precision[train] > 0]
        if not len(known):
            raise InputError(f"column '{self.column}' has no date in the {len(train):,} training rows; leave it out")
        latest = str(known.max())
        blocks, marks = list[Block](), list[np.ndarray]()
        for part in self._parts:
            if part == "weekday":
                values = vocabulary(_weekdays(parsed), train)
                blocks += [Block(self._named(part), self.named_role, "label", values)] if values else []
                continue
            for name, numbers in self._numbers(part, parsed, latest):
                encoding = self.encoding if part != "season" else None
                own = Number(name, encoding=encoding, sigma=self.sigma, role=self.named_role)
                number, *mark = own.fit(numbers, train)
                blocks.append(replace(number, column=self._named(part), fitted={**number.fitted, "latest": latest}))
            gaps = np.isnan(numbers[train])
            if mark and not any(np.array_equal(gaps, other) for other in marks):  # two marks would say the same
                blocks.append(replace(mark[0], column=self._named(part), values=[self._named(part)]))
                marks.append(gaps)
        return blocks

    def encode(self, parsed: Dates, blocks: list[Block]) -> list[Dense | Sparse]:
        numbers, values = dict[str, np.ndarray](), np.empty(0)
        latest = next((block.fitted["latest"] for block in blocks if block.kind == "number"), "NaT")
        for part in self._parts:
            numbers |= dict(self._numbers(part, parsed, latest)) if part != "weekday" else {}
        encoded = list[Dense | Sparse]()
        for block in blocks:
            if block.kind == "label":
                encoded.append(encode_values(_weekdays(parsed), block.values))
            elif block.kind == "number":
                values = numbers[block.values[0]]
                encoded += Number(block.column).encode(values, [block])
            else:  # the mark of the number before it
                missing = np.isnan(values)[:, None]
                encoded.append(Dense(missing.astype(np.float32), missing.astype(np.float64)))
        return encoded

    def _named(self, part: Part) -> str:
        return f"{self.column} {part}"

    def _numbers(self, part: Part, dates: Dates, latest: str) -> list[tuple[str, np.ndarray]]:
        """Return the columns of a part with their names, each (n_rows,) float64, NaN where not known."""
        name = self._named(part)
        if part == "year":
            return [(name, dates.years())]
        middle = dates.values + MIDDLE[dates.precision].astype("timedelta64[D]")
        if part == "age":
            return [(name, _days(np.datetime64(latest) - middle) / DAYS_A_YEAR)]
        days = _days(middle - middle.astype("datetime64[Y]").astype("datetime64[D]"))
        angle = 2 * np.pi * np.where(dates.precision >= MONTH, days, np.nan) / DAYS_A_YEAR
        return [(f"{name} sin", np.sin(angle)), (f"{name} cos", np.cos(angle))]


def _days(spans: np.ndarray) -> np.ndarray:
    return np.where(np.isnat(spans), np.nan, spans.astype(np.float64))


def _weekdays(dates: Dates) -> LabelLists:
    """Return the day of the week of each date, as its label; none where the day is not known."""
    known = dates.precision == DAY
    codes = (dates.values[known].astype(np.int64) + 3) % 7  # 1970 began on a Thursday
    return LabelLists(offsets_of(known), codes.astype(np.int32), pa.array(WEEKDAYS, pa.large_string()))
