"""Shapes: rules that turn a table with several rows a film into one with a row a film; `OneRowPerFilm` of people."""

import shlex
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, listed, nearest, refuse_missing_columns
from greenlight_films.datamodules.film_ids import columns_in, film_codes, film_ids, in_words
from greenlight_films.datamodules.tables.find_formats import Need, find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.label_lists import offsets_of
from greenlight_films.datamodules.tables.read_table import InputNotice, open_with_warnings


class Shape(ABC):
    """A rule that turns the table that was read into a table of films."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The names of the columns that it needs, all of them text."""

    def needs(self, frame: pd.DataFrame) -> dict[str, set[Need]]:
        """Return what columns are read as, whose cells may be written in several ways."""
        return {}

    @abstractmethod
    def films(self, frame: pd.DataFrame, formats: Formats = Formats()) -> pd.DataFrame:
        """Return a table that was read, or some rows of it, with a row a film, counted from 0."""

    def shape(self, table: Any) -> pd.DataFrame:
        """Return films, a row each, from a pandas or polars DataFrame, an Arrow table or a file, which stays as it is.

        Raises:
            InputError: it can't be read, or has no such shape.
        """
        read = open_with_warnings(table, stacklevel=3)
        formats, notices = find_formats(read.frame, self.needs(read.frame), Formats(), read.layout.delimiter)
        for notice in notices:
            warnings.warn(notice, InputNotice, stacklevel=2)
        return self.films(read.frame, formats)

    def notices(self, frame: pd.DataFrame, formats: Formats = Formats()) -> list[str]:
        """Return sentences on what becomes of the rows of a film."""
        return []


@dataclass(frozen=True)
class OneRowPerFilm(Shape):
    """A row per person and film becomes a row per film, with a column of names per role.

    All other columns must have the same value in every row of a film. Films stand in the order of their first rows,
    names in the order of theirs, each once; a film without a name in some role has an empty cell there.

    Attributes:
        by: the column with the film's id, or several that identify it, such as [title, year].
        people: the column with a name.
        role: the column with the person's role, such as actor; each of its values becomes a column.
        merge: roles that become one column, by its name, such as {actor: [actor, actress]}.
        separator: between the names of a cell; no name may contain it.
        leave_out: columns that tell of a row and not of its film, such as the order of the names.
    """

    by: str | list[str]
    people: str
    role: str
    merge: dict[str, list[str]] = field(default_factory=dict)
    separator: str = "|"
    leave_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        name_by_text(self, "by", "people", "role", "leave_out")

    def _refuse_same_columns(self) -> None:
        named = [(name, "by") for name in columns_in(self.by)]
        named += [(self.people, "people"), (self.role, "role")]
        for position, (name, option) in enumerate(named):
            for other, earlier in named[:position]:
                if name == other:
                    raise InputError(
                        f"data.shape.{earlier} and data.shape.{option} must be different columns, got '{name}' for "
                        f"both; by is the film's id, people the column with a name, role that with the person's role"
                    )

    @property
    def columns(self) -> list[str]:
        return [*columns_in(self.by), self.people, self.role]

    def films(self, frame: pd.DataFrame, formats: Formats = Formats()) -> pd.DataFrame:
        self._refuse_same_columns()
        refuse_missing_columns(self.columns, frame.columns)
        frame = without_left_out(frame, self.leave_out, self.columns)
        for name in self.columns:
            if is_nested(frame[name]):
                raise InputError(f"data.shape: column '{name}' must hold one text a cell, got lists")
        self._refuse_gaps(frame)
        film = film_codes(film_ids(frame, self.by, "data.shape.by"))
        first = np.unique(film, return_index=True)[1]  # row of each film
        others = frame.drop(columns=[self.people, self.role])
        self._refuse_contradictions(others, film, first)
        shaped = others.iloc[first].reset_index(drop=True)
        for name, cells in self._by_role(frame, film, len(first)).items():
            if name in shaped:
                raise InputError(f"data.shape: role '{name}' is a column of the table already; rename it by `merge`")
            shaped[name] = cells
        return shaped

    def _refuse_gaps(self, frame: pd.DataFrame) -> None:
        refuse_rows_without_film(frame, self.by)
        unknown = (frame[self.role].isna() & frame[self.people].notna()).to_numpy()
        if unknown.any():
            position = int(unknown.argmax())
            raise InputError(
                f"data.shape.role: column '{self.role}' is empty in row {frame.index[position] + 1}, which names "
                f"{str(frame[self.people].iloc[position])[:80]!r} ({int(unknown.sum()):,} such rows); fill it"
            )
        named = frame[self.people].dropna().astype("str")
        bad = named.str.contains(self.separator, regex=False)
        if bad.any():
            raise InputError(
                f"data.shape.separator must be in no name, got {self.separator!r} in {named[bad].iloc[0]!r}; "
                "give another, also to the features of these columns"
            )

    def _refuse_contradictions(self, others: pd.DataFrame, film: np.ndarray, first: np.ndarray) -> None:
        problems = {}
        for name in others.columns:
            column = others[name].map(str) if is_nested(others[name]) else others[name]
            codes = pd.factorize(column, use_na_sentinel=False)[0]
            differs = codes != codes[first][film]
            if differs.any():
                row = int(differs.argmax())
                says = [
                    f"{_shown(column.iloc[index])} in row {column.index[index] + 1}"
                    for index in (first[film[row]], row)
                ]
                problems[str(name)] = (
                    f"column '{name}' must say the same of a film in all its rows; of {in_words(self.by)} "
                    f"{film_ids(others, self.by).iloc[row]} it says {' and '.join(says)}"
                )
        if problems:
            them = "it" if len(problems) == 1 else "them"
            remedy = (
                f"correct {them}, or leave {them} out by data.shape.leave_out: [{listed(problems)}] "
                f"(of `look`: --leave_out {shlex.join(problems)})"
            )
            raise InputError("\n".join([*problems.values(), remedy]))

    def _by_role(self, frame: pd.DataFrame, film: np.ndarray, n_films: int) -> dict[str, pd.Series]:
        """Return the names of each film by role, joined."""
        role, person = frame[self.role].astype("str"), frame[self.people].astype("str")
        roles = role.dropna().unique().tolist()
        names = {old: new for new, olds in self.merge.items() for old in olds}
        for old in names:
            if old not in roles:
                near = nearest(old, roles) or "."
                raise InputError(f"data.shape.merge: no role '{old}'{near} There are: {listed(roles)}")
        column = role.map(lambda name: names.get(name, name), na_action="ignore")
        credits = pd.DataFrame({"film": film, "column": column, "person": person}).dropna().drop_duplicates()
        return {
            str(name): _joined(group["film"].to_numpy(), group["person"], n_films, self.separator)
            for name, group in credits.groupby("column", sort=False)
        }


def name_by_text(shape: Shape, *options: str) -> None:
    """Make the names of columns text: those of a frame may be numbers."""
    for option in options:
        if (given := getattr(shape, option)) is not None:
            text = list(map(str, given)) if isinstance(given, list | tuple) else str(given)
            object.__setattr__(shape, option, text)


def without_left_out(frame: pd.DataFrame, leave_out: list[str], needed: list[str]) -> pd.DataFrame:
    """Return a table without some columns; those that a shape needs are refused, and names that seem misspelt."""
    for name in leave_out:
        if name in needed:
            raise InputError(f"data.shape.leave_out must not name '{name}', which the shape needs; name other columns")
        near = nearest(name, frame.columns)
        if name not in frame and near:
            raise InputError(f"data.shape.leave_out: no column '{name}'{near}")
    return frame.drop(columns=leave_out, errors="ignore")


def refuse_rows_without_film(frame: pd.DataFrame, by: str | list[str]) -> None:
    """Refuse rows that have no film: of several columns that identify one, the first is empty."""
    gaps = film_ids(frame, by, "data.shape.by").isna().to_numpy()
    if gaps.any():
        row = int(frame.index[int(gaps.argmax())]) + 1
        more = f" ({int(gaps.sum()):,} such rows)" if gaps.sum() > 1 else ""
        raise InputError(f"data.shape.by: column '{columns_in(by)[0]}' is empty in row {row}{more}; fill it")


def _shown(cell: object) -> str:
    return "nothing" if pd.isna(cell) else repr(str(cell)[:80])


def _joined(film: np.ndarray, person: pd.Series, n_films: int, separator: str) -> pd.Series:
    order = np.argsort(film, kind="stable")
    offsets = offsets_of(np.bincount(film, minlength=n_films))
    names = pa.array(person.to_numpy()[order], pa.large_string())
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), names)
    cells = pc.binary_join(lists, pa.scalar(separator, pa.large_string()))
    return pd.Series(pc.if_else(pc.equal(cells, ""), None, cells).to_pandas(), dtype="str")
