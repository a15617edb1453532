"""The different texts of a column of numbers, each read under both decimal marks; plain ones by Arrow, all at once."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.distinct_texts import DistinctTexts, plain_word
from greenlight_films.datamodules.tables.missing_cells import means_missing
from greenlight_films.datamodules.tables.number_text import read_number

PLAIN = r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$"
PARTS = r"^(?P<before>(?:\D*[^\d.,'])?)(?P<numeral>\d(?:[\d.,]*\d)?)(?P<after>(?:[^\d.,']\D*)?)$"
"""A number alone among other characters, such as `$1,234 (estimated)`."""

DIGITS = r"^\d+$"
UNDECIDED = r"^[-+]?[1-9]\d{0,2}\.\d{3}$"  # thousands or decimals
DECIMALS = r"^\d+\.\d+$"
GROUPS = r"^[1-9]\d{0,2}(?:,\d{3}){2,}$|^[1-9]\d{0,2}(?:,\d{3})+\.\d+$"

MOST = 10_000  # texts that are no numbers of which each is looked at, for #DIV/0! means missing


@dataclass
class NumberReadings:
    """What the different texts of a column may be as numbers.

    Attributes:
        point: (n_distinct,) values where the decimal mark is a point, NaN where it can't be.
        comma: (n_distinct,) likewise, where it is a comma.
        missing: (n_distinct,) bool, texts that mean that nothing is known.
        units: the texts that have a unit, by it.
        scaled: whether a text has a word such as thousand.
    """

    cells: DistinctTexts
    point: np.ndarray
    comma: np.ndarray
    missing: np.ndarray
    units: dict[str, list[int]] = field(default_factory=dict)
    scaled: bool = False

    def __post_init__(self) -> None:
        self.counts = self.cells.counts()

    @property
    def read(self) -> np.ndarray:
        """Return which texts are numbers, (n_distinct,) bool."""
        return ~(np.isnan(self.point) & np.isnan(self.comma))

    def without_unit(self) -> np.ndarray:
        """Return which texts are numbers and have no unit, (n_distinct,) bool."""
        bare = self.read
        for indices in self.units.values():
            bare[indices] = False
        return bare

    def n_rows(self, indices: list[int]) -> int:
        """Return how many rows have one of some texts."""
        return int(self.counts[indices].sum())

    def rows_of(self, indices: list[int] | np.ndarray) -> np.ndarray:
        """Return which rows have one of some texts, (n_rows,) bool."""
        chosen = np.zeros(len(self.counts), bool)
        chosen[indices] = True
        return self.cells.rows(chosen, False)

    def missing_counts(self) -> dict[str, int]:
        """Return the texts that mean missing, with their counts; rows without a text count as empty."""
        indices = np.flatnonzero(self.missing)
        counts = dict[str, int]()
        for index, text in zip(indices, self.cells.texts.take(pa.array(indices)).to_pylist(), strict=True):
            counts[text] = counts.get(text, 0) + int(self.counts[index])
        n_null = int((self.cells.codes < 0).sum())
        if n_null:
            counts[""] = counts.get("", 0) + n_null
        return counts


def read_texts(cells: DistinctTexts, tokens: tuple[str, ...] = ()) -> NumberReadings:
    """Read different texts as numbers; `tokens` and words such as `N/A` mean that nothing is known."""
    n_distinct = len(cells.texts)
    point, comma = np.full(n_distinct, np.nan), np.full(n_distinct, np.nan)
    readings = NumberReadings(cells, point, comma, np.zeros(n_distinct, bool))
    rest = _read_plain(cells.texts, point, comma)
    rest = _read_by_parts(cells.texts, rest, readings)
    words = {plain_word(token) for token in tokens}
    if words:
        declared = pc.is_in(cells.texts, pa.array(tokens, cells.texts.type)).to_numpy(zero_copy_only=False)
        readings.missing |= declared
        point[declared] = comma[declared] = np.nan
        readings.units = {
            unit: [index for index in indices if not declared[index]] for unit, indices in readings.units.items()
        }
    plain, read, known_missing = cache(plain_word), cache(read_number), cache(means_missing)
    for index, text in zip(rest.tolist(), cells.texts.take(pa.array(rest)).to_pylist(), strict=True):
        reading = None if words and plain(text) in words else read(text)
        if reading is None:
            readings.missing[index] = plain(text) in words or known_missing(text)
            continue
        point[index], comma[index] = (np.nan if value is None else value for value in reading[:2])
        readings.scaled |= reading.scaled
        if reading.unit:
            readings.units.setdefault(reading.unit, []).append(index)
    _read_half_star(cells.texts, point, comma)
    return readings


def _read_half_star(texts: pa.Array, point: np.ndarray, comma: np.ndarray) -> None:
    """Read `½` as half a star where other texts are stars; alone it may be anything."""
    index = pc.index(texts, pa.scalar("½", texts.type)).as_py()
    if index >= 0 and pc.any(pc.match_substring_regex(texts, "^[★⭐]+½?$")).as_py():
        point[index] = comma[index] = 0.5


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)


def _read_plain(texts: pa.Array, point: np.ndarray, comma: np.ndarray) -> np.ndarray:
    """Read what is written as Python writes it, and return the indices of the others."""
    plain = _matches(texts, PLAIN)
    of_plain = texts if plain.all() else texts.filter(pa.array(plain))
    values = of_plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    under_comma = values.copy()
    has_point = pc.match_substring(of_plain, ".").to_numpy(zero_copy_only=False)
    if has_point.any():
        under_comma[has_point] = np.nan
        undecided = _matches(of_plain, UNDECIDED)
        under_comma[undecided] = np.round(values[undecided] * 1000)
    point[plain], comma[plain] = values, under_comma
    return np.flatnonzero(~plain)


def _read_by_parts(texts: pa.Array, rest: np.ndarray, readings: NumberReadings) -> np.ndarray:
    """Read numbers by what stands before and behind them, of which there are few sorts; return the other texts."""
    parts = pc.extract_regex(texts.take(pa.array(rest)), PARTS)
    matching = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    before, numerals, after = parts.filter(pa.array(matching)).flatten()
    point, comma = _read_numerals(numerals)
    kept = ~(np.isnan(point) & np.isnan(comma))
    separator = pa.scalar("1", texts.type)
    beside = pc.binary_join_element_wise(before, after, separator).filter(pa.array(kept)).dictionary_encode()
    of_beside = [read_number(text) for text in beside.dictionary.to_pylist()]
    factors = np.array([np.nan if each is None or each.point is None else each.point for each in of_beside], np.float64)
    codes, indices = beside.indices.to_numpy(), rest[np.flatnonzero(matching)[kept]]
    readings.point[indices] = _scaled(point[kept], factors[codes])
    readings.comma[indices] = _scaled(comma[kept], factors[codes])
    readings.scaled |= any(each is not None and each.scaled for each in of_beside)
    units = np.array(["" if each is None else each.unit for each in of_beside], object)
    for unit in set(units.tolist()) - {""}:
        readings.units.setdefault(unit, []).extend(indices[(units == unit)[codes]].tolist())
    done = np.zeros(len(rest), bool)
    unread = np.isnan(factors)[codes]
    done[np.flatnonzero(matching)[kept]] = ~unread if int(unread.sum()) <= MOST else True
    return rest[~done]


def _scaled(values: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return values times powers of ten, signs or minutes, without the last bit's error of 1.1 million."""
    return np.where(factors >= 1000, np.round(values * factors, 3), values * factors)


def _read_numerals(numerals: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of digits with marks, where the decimal mark is a point and where it is a comma, or NaN."""
    swapped = pc.replace_substring(pc.replace_substring(pc.replace_substring(numerals, ",", ";"), ".", ","), ";", ".")
    sides = []
    for texts, other in ((numerals, swapped), (swapped, numerals)):
        values = np.full(len(texts), np.nan)
        fitting = _matches(texts, f"{DIGITS}|{DECIMALS}|{GROUPS}")
        plain = pc.replace_substring(texts.filter(pa.array(fitting)), ",", "")
        values[fitting] = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
        undecided = _matches(other, UNDECIDED)
        digits = pc.replace_substring(other.filter(pa.array(undecided)), ".", "")
        values[undecided] = digits.cast(pa.float64()).to_numpy(zero_copy_only=False)
        sides.append(values)
    return sides[0], sides[1]
