"""A film as people write it: cells by the table's columns, and edits of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.features import Category, Date, Feature, Labels, Number
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.spellings import keys_of

REMEMBERED = 10_000  # cells whose names were read

Cell = str | int | float | bool | list[str] | None


@dataclass(frozen=True)
class Film:
    """A film to predict.

    Attributes:
        cells: by the table's columns; one that is left out is missing.
        row: its position among the run's films, where it is one of them.
    """

    cells: Mapping[str, Any]
    row: int | None = None


@dataclass(frozen=True)
class Edit:
    """A change of a film: add, remove or replace a name of a column, or set a column's cell.

    A name that is added to a column that holds one takes its place.
    """

    do: str
    column: str
    label: str = ""
    by: str = ""
    value: Cell = None


def most_names(feature: Labels | Category) -> int | None:
    """Return how many names of a film a feature holds at most; None where any number."""
    if isinstance(feature, Category) or feature.first_only:
        return 1
    if feature.from_columns is not None and feature.format != "dummies":
        return min(feature.positions or len(feature.from_columns), len(feature.from_columns))
    return feature.positions


def _of_lists(feature: Labels) -> list[str]:
    """Return the columns of a feature whose cells may be lists of names."""
    return [feature.column] if feature.from_columns is None else []


class FieldError(InputError):
    """A field of a request that can't be taken; `field` is its path, such as ("edits", 0, "label")."""

    def __init__(self, message: str, field: Sequence[str | int]) -> None:
        super().__init__(message)
        self.field = tuple(field)


def no_role(role: str, roles: Sequence[str]) -> FieldError:
    """Return the refusal of a role that is none of those that there are."""
    return FieldError(f"no role '{role}'{nearest(role, roles) or f'; there are: {listed(roles)}'}", ["role"])


class Cells:
    """How the columns of a model's features are read from cells."""

    def __init__(self, features: Sequence[Feature[Any]], formats: Formats, other_columns: Sequence[str]) -> None:
        self.features, self.formats = features, formats
        self.columns = list(dict.fromkeys(name for feature in features for name in feature.columns))
        self.known = {*self.columns, *other_columns}
        self._names = lru_cache(REMEMBERED)(self._read_names)
        self._lacks = lru_cache(REMEMBERED)(self._read_lacks)
        self.labelled = {feature.column: feature for feature in features if isinstance(feature, Labels | Category)}
        lists = {name for feature in features if isinstance(feature, Labels) for name in _of_lists(feature)}
        self.single = {name for feature in self.labelled.values() for name in feature.columns} - lists

    def columns_of(self, role: str) -> list[str]:
        """Return the columns of names that have a role, or the column of that name.

        Raises:
            FieldError: there is no such role.
        """
        named = [name for name, each in self.labelled.items() if each.named_role == role]
        columns = [role] if role in self.labelled else named
        if not columns:
            roles = dict.fromkeys([*(each.named_role for each in self.labelled.values()), *self.labelled])
            raise no_role(role, list(roles))
        return columns

    def refuse_unknown(self, cells: Mapping[str, Any], field: Sequence[str | int]) -> None:
        """Refuse a column that neither features nor the run's table have."""
        for column in cells:
            if column not in self.known:
                known = nearest(column, self.columns) or f"; there are: {listed(self.columns)}"
                raise FieldError(f"no column '{column}'{known}", [*field, column])

    def taken(self, cells: Mapping[str, Any], field: Sequence[str | int]) -> dict[str, Any]:
        """Return cells as features read them: a list with the name of a column that holds one becomes that name.

        Raises:
            FieldError: no feature nor the run's table has a column, or a column that holds one name has several.
        """
        self.refuse_unknown(cells, field)
        return {column: self._taken(column, cell, [*field, column]) for column, cell in cells.items()}

    def _taken(self, column: str, cell: Any, field: Sequence[str | int]) -> Any:
        if column not in self.single or not isinstance(cell, list):
            return cell
        if len(cell) > 1:
            raise FieldError(f"{column} holds one name, got {len(cell)}: {listed(cell)}; give one of them", field)
        return cell[0] if cell else None

    def without_number(self, cells: Mapping[str, Any]) -> set[str]:
        """Return the columns of numbers and dates that a film has none in."""
        numbers = [feature for feature in self.features if isinstance(feature, Number | Date)]
        return {each.column for each in numbers if self._lacks(each.column, json.dumps(cells.get(each.column)))}

    def _read_lacks(self, column: str, cell: str) -> bool:
        feature = next(each for each in self.features if isinstance(each, Number | Date) and each.column == column)
        read = feature.read(pd.DataFrame({column: pd.Series([json.loads(cell)], dtype=object)}), self.formats)
        return bool(np.isnan(read[0]) if isinstance(read, np.ndarray) else read.precision[0] == 0)

    def names(self, column: str, cells: Mapping[str, Any]) -> list[str]:
        """Return the names of a film in a column of labels, as they are read from its cell."""
        own = {name: cells.get(name) for name in self.labelled[column].columns}
        return list(self._names(column, json.dumps(own, default=str)))

    def _read_names(self, column: str, cells: str) -> tuple[str, ...]:
        own = {name: pd.Series([cell], dtype=object) for name, cell in json.loads(cells).items()}
        parsed = self.labelled[column].read(pd.DataFrame(own), self.formats)
        parts = parsed if isinstance(parsed, list) else [parsed]
        return tuple(part.names[int(code)].as_py() for part in parts for code in part.codes)

    def edited(self, film: Film, edits: Sequence[Edit], field: str = "edits") -> Film:
        """Return a film after edits, one after the other.

        Raises:
            FieldError: a column takes no such edit, or the film has no such name.
        """
        cells = dict(film.cells)
        for index, edit in enumerate(edits):
            at = (field, index)
            if edit.do == "set":
                if edit.column not in self.columns:
                    known = nearest(edit.column, self.columns) or f"; there are: {listed(self.columns)}"
                    raise FieldError(f"no column '{edit.column}'{known}", [*at, "column"])
                cells[edit.column] = self._taken(edit.column, edit.value, [*at, "value"])
            else:
                names = self._changed(edit, cells, at)
                cells |= self._as_cells(edit.column, names, at)
        return Film(cells, film.row)

    def _changed(self, edit: Edit, cells: Mapping[str, Any], at: tuple[str | int, ...]) -> list[str]:
        """Return the names of a film in a column after an edit of one of them."""
        if edit.column not in self.labelled:
            known = nearest(edit.column, self.labelled) or f"; there are: {listed(self.labelled)}"
            raise FieldError(f"names are in columns of labels, got '{edit.column}'{known}", [*at, "column"])
        names = self.names(edit.column, cells)
        if edit.do == "add":
            return [edit.label] if most_names(self.labelled[edit.column]) == 1 else [*names, edit.label]
        wanted, *keys = keys_of(pa.array([edit.label, *names], pa.large_string())).to_pylist()
        if wanted not in keys:
            has = f"its names are: {listed(names)}" if names else "it has none"
            raise FieldError(f"{edit.column} of this film has no '{edit.label}'; {has}", [*at, "label"])
        position = keys.index(wanted)
        return [*names[:position], *([edit.by] if edit.do == "replace" else []), *names[position + 1 :]]

    def _as_cells(self, column: str, names: list[str], at: tuple[str | int, ...]) -> dict[str, Any]:
        """Return names as the cells that they are read from."""
        feature = self.labelled[column]
        if isinstance(feature, Category):
            return {column: names[0] if names else None}
        if feature.from_columns is None:
            objects = [{**feature.where, feature.key: name} for name in names] if feature.where else names
            return {column: objects}
        if feature.format == "dummies":
            raise FieldError(f"{column} is read from columns of 0 and 1: set these", [*at, "column"])
        if len(names) > len(feature.from_columns):
            raise FieldError(f"{column} has {len(feature.from_columns)} places, all taken: replace a name", [*at, "do"])
        padded = [*names, *[None] * (len(feature.from_columns) - len(names))]
        return dict(zip(feature.from_columns, padded, strict=True))
