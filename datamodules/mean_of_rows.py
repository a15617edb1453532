"""A table with a row a review becomes a table with a row a film, with the means of its numbers."""

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from greenlight_films.datamodules.column_words import names_ids
from greenlight_films.datamodules.errors import InputError, listed, refuse_missing_columns
from greenlight_films.datamodules.film_ids import columns_in, differs_within, film_codes, film_ids, in_words
from greenlight_films.datamodules.films_in_rows import remark_on_identical
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.shapes import Shape, name_by_text, refuse_rows_without_film, without_left_out
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.number_cells import read_numbers


@dataclass(frozen=True)
class MeanOfRows(Shape):
    """A row per film and review, viewer or week becomes a row per film: with means of what differs, and a count.

    A number that differs between a film's rows becomes the mean of those that are known; what differs and is no number
    is left out. All other columns keep what they say of the film. Films stand in the order of their first rows.

    Attributes:
        by: the column with the film's id, or several that identify it, such as [title, year].
        mean: the columns to average; by default those that differ and hold numbers.
        count: the new column with the number of a film's rows, which may be its data.weight.
        leave_out: columns that no film shall have.
    """

    by: str | list[str]
    mean: list[str] | None = None
    count: str = "n_reviews"
    leave_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        name_by_text(self, "by", "mean", "leave_out")

    @property
    def columns(self) -> list[str]:
        return columns_in(self.by)

    def needs(self, frame: pd.DataFrame) -> dict[str, set[Need]]:
        return {name: {"number"} for name in self._averaged(frame)[0]}

    def films(self, frame: pd.DataFrame, formats: Formats = Formats()) -> pd.DataFrame:
        if self.count in frame:
            raise InputError(
                f"data.shape.count: '{self.count}' is a column of the table already; give the count another name"
            )
        frame = without_left_out(frame, self.leave_out, [*self.columns, *(self.mean or [])])
        averaged, lost = self._averaged(frame)
        film, first = self._films(frame)
        columns = {}
        for name in frame.columns:
            if name in averaged:
                columns[name] = pd.Series(_means(read_numbers(frame[name], formats.of(name)), film, len(first)))
            elif name not in lost:
                columns[name] = _first_known(frame[name], film, first)
        return pd.DataFrame({**columns, self.count: np.bincount(film, minlength=len(first))})

    def notices(self, frame: pd.DataFrame, formats: Formats = Formats()) -> list[str]:
        averaged, lost = self._averaged(frame)
        means = f"; {listed(averaged)} {'is the mean' if len(averaged) == 1 else 'are means'}" if averaged else ""
        left_out = f"; left out, for they differ within films and have no mean: {listed(lost)}" if lost else ""
        n_films = len(self._films(frame)[1])
        twice = remark_on_identical(frame, what="row")
        verb = "becomes" if len(frame) == 1 else "become"
        return [
            f"data.shape: {counted(len(frame), 'row')} {verb} {counted(n_films, 'film')} by "
            f"{in_words(self.by)}{means}{left_out}.",
            *([twice.text] if twice else []),
        ]

    def _films(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the film of each row as a code, and the first row of each film."""
        refuse_missing_columns([*self.columns, *(self.mean or [])], frame.columns)
        refuse_rows_without_film(frame, self.by)
        film = film_codes(film_ids(frame, self.by, "data.shape.by"))
        return film, np.unique(film, return_index=True)[1]

    def _averaged(self, frame: pd.DataFrame) -> tuple[list[str], list[str]]:
        """Return the columns that are averaged, and those that are left out."""
        film = self._films(frame)[0]
        others = [name for name in frame.columns if name not in (*self.columns, *self.leave_out)]
        differing = [name for name in others if differs_within(frame[name], film)]
        averaged = [name for name in differing if _has_mean(name, frame[name])] if self.mean is None else self.mean
        return averaged, [name for name in differing if name not in averaged]


def _has_mean(name: str, column: pd.Series) -> bool:
    """Return whether cells are numbers, most of them plainly, and no ids; the others are refused by who reads them."""
    if names_ids(name):
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        return not pd.api.types.is_bool_dtype(column.dtype)
    if is_nested(column) or column.dtype.kind not in "OU":
        return False
    distinct = column.dropna().astype("str").drop_duplicates()
    if pd.to_numeric(distinct, errors="coerce").notna().mean() > 0.5:
        return True
    with suppress(InputError):
        return bool(len(distinct)) and not np.isnan(read_numbers(distinct)).all()
    return False


def _means(values: np.ndarray, film: np.ndarray, n_films: int) -> np.ndarray:
    known = ~np.isnan(values)
    counts = np.bincount(film[known], minlength=n_films)
    sums = np.bincount(film[known], weights=values[known], minlength=n_films)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _first_known(column: pd.Series, film: np.ndarray, first: np.ndarray) -> pd.Series:
    known = np.flatnonzero(column.notna().to_numpy())
    films, positions = np.unique(film[known], return_index=True)
    rows = first.copy()
    rows[films] = known[positions]
    return column.iloc[rows].reset_index(drop=True)
