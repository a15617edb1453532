"""Shapes of tables: a table with a row a person becomes a table with a row a film."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, listed, nearest, refuse_missing_columns
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.label_lists import offsets_of


class Shape(ABC):
    """A rule that turns the table that was read into a table of films."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The names of the columns that it needs, all of them text."""

    @abstractmethod
    def shape(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the table with a row a film, counted from 0."""


@dataclass(frozen=True)
class OneRowPerFilm(Shape):
    """A row per person and film becomes a row per film, with a column of names per role.

    All other columns must have the same value in every row of a film. Films stand in the order of their first rows,
    names in the order of theirs, each once; a film without a name in some role has an empty cell there.

    Attributes:
        by: the column with the film's id.
        people: the column with a name.
        role: the column with the person's role, such as actor; each of its values becomes a column.
        merge: roles that become one column, by its name, such as {actor: [actor, actress]}.
        separator: between the names of a cell; no name may contain it.
    """

    by: str
    people: str
    role: str
    merge: dict[str, list[str]] = field(default_factory=dict)
    separator: str = "|"

    @property
    def columns(self) -> list[str]:
        return [self.by, self.people, self.role]

    def shape(self, frame: pd.DataFrame) -> pd.DataFrame:
        refuse_missing_columns(self.columns, frame.columns)
        for name in self.columns:
            if is_nested(frame[name]):
                raise InputError(f"data.shape: column '{name}' must hold one text a cell, got lists")
        self._refuse_gaps(frame)
        film = pd.factorize(frame[self.by])[0]
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
        gaps = frame[self.by].isna().to_numpy()
        if gaps.any():
            raise InputError(f"data.shape.by: column '{self.by}' is empty in row {int(gaps.argmax()) + 1}; fill it")
        unknown = (frame[self.role].isna() & frame[self.people].notna()).to_numpy()
        if unknown.any():
            row = int(unknown.argmax())
            raise InputError(
                f"data.shape.role: column '{self.role}' is empty in row {row + 1}, which names "
                f"{str(frame[self.people].iloc[row])[:80]!r} ({int(unknown.sum()):,} such rows); fill it"
            )
        named = frame[self.people].dropna().astype("str")
        bad = named.str.contains(self.separator, regex=False)
        if bad.any():
            raise InputError(
                f"data.shape.separator must be in no name, got {self.separator!r} in {named[bad].iloc[0]!r}; "
                "give another, also to the features of these columns"
            )

    def _refuse_contradictions(self, others: pd.DataFrame, film: np.ndarray, first: np.ndarray) -> None:
        problems = []
        for name in others.columns:
            column = others[name].map(str) if is_nested(others[name]) else others[name]
            codes = pd.factorize(column, use_na_sentinel=False)[0]
            differs = codes != codes[first][film]
            if differs.any():
                row = int(differs.argmax())
                says = [f"{_shown(column.iloc[index])} in row {index + 1}" for index in (first[film[row]], row)]
                problems.append(
                    f"column '{name}' must say the same of a film in all its rows; of {self.by} "
                    f"{others[self.by].iloc[row]} it says {' and '.join(says)}"
                )
        if problems:
            raise InputError("\n".join(problems))

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


def _shown(cell: object) -> str:
    return "nothing" if pd.isna(cell) else repr(str(cell)[:80])


def _joined(film: np.ndarray, person: pd.Series, n_films: int, separator: str) -> pd.Series:
    order = np.argsort(film, kind="stable")
    offsets = offsets_of(np.bincount(film, minlength=n_films))
    names = pa.array(person.to_numpy()[order], pa.large_string())
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), names)
    cells = pc.binary_join(lists, pa.scalar(separator, pa.large_string()))
    return pd.Series(pc.if_else(pc.equal(cells, ""), None, cells).to_pandas(), dtype="str")
