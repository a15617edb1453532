"""Splits: which rows train, validate and test; at random, by group, by time, or in folds."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import sklearn.model_selection
from sklearn.model_selection import train_test_split

from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.film_ids import columns_in, film_ids, group_codes
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.date_cells import all_read, parse_dates
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import is_nested

SIDES = ("train", "val", "test")


@dataclass(frozen=True)
class Rows:
    """Row indices of the three sides: ascending, disjoint, together all rows of the table."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray

    def sides(self) -> np.ndarray:
        """Return (n_rows,) uint8: 0 for a training row, 1 for validation, 2 for test."""
        sides = np.zeros(len(self.train) + len(self.val) + len(self.test), dtype=np.uint8)
        sides[self.val], sides[self.test] = 1, 2
        return sides

    @classmethod
    def from_sides(cls, sides: np.ndarray) -> "Rows":
        return cls(*(np.flatnonzero(sides == code) for code in range(len(SIDES))))


class Split(ABC):
    """A rule that puts each row of a table on a side."""

    option: ClassVar[str] = "data.split."  # stands before the arguments' names in messages

    def check(self) -> None:
        """Refuse sizes, seeds and folds that cannot be; each rule has some of these arguments.

        This is not done when a split is made, so that it is told along with the faults of a table.
        """
        given = vars(self)
        val, test, seed = given.get("val", 0.5), given.get("test", 0), given.get("seed", 0)
        folds, fold = given.get("folds", 2), given.get("fold", 0)
        for name, size in (("val", val), ("test", test or 0.5)):  # from Python `test` is 0 where other rows are tested
            if not 0 < size < 1:
                raise InputError(f"data.split.{name} must be between 0 and 1, got {size:g}")
        if val + test >= 1:
            raise InputError(f"data.split.val and data.split.test must leave rows to train on, got {val:g} + {test:g}")
        if not 0 <= seed < 2**32:
            raise InputError(f"data.split.seed must be from 0 to {2**32 - 1}, got {seed}")
        if folds < 2 or not 0 <= fold < folds:
            raise InputError(
                f"{self.option}folds must be 2 or more and {self.option}fold from 0 to one less, got {folds} and {fold}"
            )

    @abstractmethod
    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        """Return (n_rows,) uint8 codes of `SIDES`; the same on every machine."""

    def declaration(self) -> dict[str, Any]:
        """Return class name and arguments as plain data."""
        return {"rule": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    def split(self, frame: pd.DataFrame, formats: Formats = Formats()) -> Rows:
        """Return the rows of each side; a side that would be empty is refused."""
        self.check()
        rows = Rows.from_sides(self.assign(frame, formats))
        untested = getattr(self, "test", None) == 0
        empty = [name for name in SIDES if not len(getattr(rows, name)) and not (name == "test" and untested)]
        if empty:
            raise InputError(
                f"data.split: {type(self).__name__} leaves no row for {' and '.join(empty)} of {len(frame):,} rows; "
                f"give other sizes or more rows"
            )
        return rows

    def _inside(self, n: int, folds: int, fold: int, seed: int) -> np.ndarray:
        """Return the indices of a fold of n shuffled rows or groups."""
        if n < folds:
            raise InputError(f"{self.option}folds must be at most the {n:,} rows or groups to fold, got {folds}")
        rule = sklearn.model_selection.KFold(folds, shuffle=True, random_state=seed)
        return list(rule.split(np.arange(n)))[fold][1]


def _by_size(n: int, val: float, test: float, seed: int) -> np.ndarray:
    """Assign n rows or groups; the test side is the same as `train_test_split` draws."""
    n_test, n_val = ceil(n * test), ceil(n * val)
    if n_test + n_val >= n:
        raise InputError(f"data.split: {n:,} rows or groups are too few for val {val:g} and test {test:g}")
    sides, rest = np.zeros(n, dtype=np.uint8), np.arange(n)
    if n_test:
        rest, tested = train_test_split(rest, test_size=n_test, random_state=seed)
        sides[tested] = 2
    sides[train_test_split(rest, test_size=n_val, random_state=seed)[1]] = 1
    return sides


def _groups(frame: pd.DataFrame, by: str | list[str]) -> np.ndarray:
    """Return each row's group as a code; codes follow the groups' sorted names, whatever the order of the rows."""
    for name in columns_in(by):
        _refuse_no_column(frame, name)
    _refuse_gaps(frame, by, film_ids(frame, by, "data.split.by").isna().to_numpy(), "a split by group")
    return group_codes(frame, by, "data.split.by")


def _refuse_no_column(frame: pd.DataFrame, by: str) -> None:
    refuse_missing_columns([by], frame.columns, "data.split.by")
    if is_nested(frame[by]):
        raise InputError(f"data.split.by: column '{by}' must hold one value a cell, got lists; give another column")


def _refuse_gaps(frame: pd.DataFrame, by: str | list[str], gaps: np.ndarray, purpose: str) -> None:
    if gaps.any():
        row = int(frame.index[gaps][0]) + 1
        rows = f"{counted(int(gaps.sum()), 'row')} {'lacks' if gaps.sum() == 1 else 'lack'} it"
        raise InputError(
            f"{purpose} needs column '{columns_in(by)[0]}' in every row, {rows}, the first is row {row}; "
            "fill it, drop these rows, or split by another column",
            row,
        )


@dataclass(frozen=True)
class RandomSplit(Split):
    """Each row on its own. The test rows are those of scikit-learn's `train_test_split(test_size, random_state)`."""

    val: float = 0.1
    test: float = 0.2
    seed: int = 42

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        return _by_size(len(frame), self.val, self.test, self.seed)


@dataclass(frozen=True)
class GroupSplit(Split):
    """All rows that share a value of `by`, such as a film's id, on the same side; sizes are shares of the groups.

    Attributes:
        by: a column, or several whose values together are the group, such as title and year.
    """

    by: str | list[str]
    val: float = 0.1
    test: float = 0.2
    seed: int = 42

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        groups = _groups(frame, self.by)
        return _by_size(int(groups.max()) + 1, self.val, self.test, self.seed)[groups]


@dataclass(frozen=True)
class TimeSplit(Split):
    """Learn from the past, test on the future: the latest values of `by` are tested, those before validate.

    Rows of the same time stay together, so the sides' sizes can miss `val` and `test` by a year's films.

    Attributes:
        by: a date, however it is written, or a number such as a year.
    """

    by: str
    val: float = 0.1
    test: float = 0.2

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        _refuse_no_column(frame, self.by)
        times = times_of(frame[self.by], formats.of(self.by))
        _refuse_gaps(frame, self.by, np.isnan(times), "a split by time")
        order = np.sort(times)
        n_test, n_val = (ceil(len(order) * size) for size in (self.test, self.val))
        first_test = order[-n_test] if n_test else np.inf
        first_val = order[-min(n_test + n_val, len(order))]
        return (times >= first_val).astype(np.uint8) + (times >= first_test).astype(np.uint8)


def times_of(column: pd.Series, format: Format = Format()) -> np.ndarray:
    """Return dates as days since 1970, or numbers as they are, (n_rows,) float64, NaN where missing."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64, na_value=np.nan)
    dates = parse_dates(column, format)
    if dates.unread.any():
        numbers = pd.to_numeric(column, errors="coerce")
        if numbers.notna().equals(column.notna()):
            return numbers.to_numpy(np.float64, na_value=np.nan)
    days = all_read(column, dates, "numbers or dates", "names or words, split by another column").values
    return np.where(np.isnat(days), np.nan, days.astype(np.float64))


@dataclass(frozen=True)
class KFold(Split):
    """A fold is tested; the rows that validate are drawn from the others.

    Attributes:
        fold: which is tested, from 0.
        val: share of the other rows (of their groups, with `by`) that validates.
        by: keep all rows that share this column's value, or those of several columns, in the same fold.
    """

    folds: int = 5
    fold: int = 0
    val: float = 0.1
    seed: int = 42
    by: str | list[str] | None = None

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        groups = _groups(frame, self.by) if self.by else np.arange(len(frame))
        sides = np.zeros(int(groups.max()) + 1, dtype=np.uint8)
        sides[self._inside(len(sides), self.folds, self.fold, self.seed)] = 2
        rest = np.flatnonzero(sides == 0)
        n_val = ceil(len(rest) * self.val)
        if n_val < len(rest):
            sides[train_test_split(rest, test_size=n_val, random_state=self.seed)[1]] = 1
        return sides[groups]


@dataclass(frozen=True)
class InnerFold(Split):
    """A fold of the rows that the split `outer` does not test validates; its test rows are left alone.

    With all folds, each row that is not tested validates once, which tells more than few validation rows. Rows that
    `outer` keeps together stay together.
    """

    option = ""
    outer: Split
    folds: int = 5
    fold: int = 0

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        self.outer.check()
        super().check()
        if isinstance(self.outer, TimeSplit):
            raise InputError("folds are drawn at random, which data.split TimeSplit must not be: validate its one past")

    def declaration(self) -> dict[str, Any]:
        return {**super().declaration(), "outer": self.outer.declaration()}

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        sides = self.outer.assign(frame, formats)
        by, seed = getattr(self.outer, "by", None), getattr(self.outer, "seed", 0)
        rest = np.flatnonzero(sides != SIDES.index("test"))
        groups = pd.factorize(_groups(frame, by)[rest])[0] if by else np.arange(len(rest))
        sides[rest] = np.isin(groups, self._inside(int(groups.max()) + 1, self.folds, self.fold, seed))
        return sides


def shared_values(ids: pd.Series, rows: Rows) -> int:
    """Count the ids, such as of films, with rows on more than one side; missing ones don't count."""
    sides = pd.DataFrame({"value": ids.to_numpy(), "side": rows.sides()}).dropna(subset="value")
    return int((sides.groupby("value", sort=False)["side"].nunique() > 1).sum())
