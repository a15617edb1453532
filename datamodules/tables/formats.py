"""How the cells of columns are written: found out from the cells, or declared in a config."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np

from greenlight_films.datamodules.errors import InputError, nearest

Value = TypeVar("Value")

Cell = str | int | float
Cells = list[Cell] | Cell
"""Texts that mean that nothing is known, as a config has them; a single one may stand without its list."""

DECLARED = ("missing", "decimal", "day_first")
"""What a config, an option or an argument may say of how cells are written: of all columns, or by column."""


@dataclass(frozen=True)
class Format:
    """How a column's cells are written. What is None is not known yet: it is found out from the cells.

    Attributes:
        missing: texts, without blanks around them, that mean that nothing is known; a number is written as `0` or `-1`.
            Among numbers, words such as `N/A` mean it always; an empty tuple says that an empty cell of a flag is no.
        decimal: the decimal mark, "." or ",".
        day_first: whether 03/04/2011 is 3 April.
        latest_year: the latest year that a year of two digits may stand for.
        year_first: whether 03/04/05 is April 2003; a year of four digits needs no such word.
        epoch: what a number counts that is a date: `days` since 1899-12-30, as a spreadsheet does, or `s`, `ms`, `us`
            or `ns` since 1970.
        unit: of numbers: an ISO code of a currency, `%`, `min`, or such as `of 10`.
        clock: what 1:36 is: `h:mm` or `mm:ss`.
    """

    missing: tuple[str, ...] | None = None
    decimal: str | None = None
    day_first: bool | None = None
    latest_year: int | None = None
    year_first: bool | None = None
    epoch: str | None = None
    unit: str | None = None
    clock: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what is known, as plain data."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Formats:
    """The formats of a table's columns, by name; `default` is that of all others."""

    by_column: Mapping[str, Format] = field(default_factory=dict)
    default: Format = Format()

    def of(self, column: str) -> Format:
        return self.by_column.get(column, self.default)

    def updated(self, formats: Mapping[str, Format]) -> "Formats":
        """Return these formats with those of some columns in the place of their own."""
        return replace(self, by_column={**self.by_column, **formats})

    def with_declared(self, declared: "Formats") -> "Formats":
        """Return these formats, found in a table, as others declare them: more texts mean missing, marks are theirs."""
        names = [*self.by_column, *(name for name in declared.by_column if name not in self.by_column)]
        by_column = {name: _declared(self.of(name), declared.of(name)) for name in names}
        return Formats(by_column, _declared(self.default, declared.default))

    def refuse_unknown(self, columns: Iterable[str]) -> None:
        """Raise an InputError that names the columns with a format of their own that a table lacks."""
        known = list(map(str, columns))
        problems = [
            f"{' and '.join(f'data.{key}' for key in format.given())}: no column '{name}'{nearest(name, known)}"
            for name, format in self.by_column.items()
            if name not in known
        ]
        if problems:
            raise InputError("\n".join(problems))

    def to_state(self) -> dict[str, Any]:
        """Return plain data, for a checkpoint or a config."""
        return {
            name: format.given() for name, format in [("", self.default), *self.by_column.items()] if format.given()
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Formats":
        """Restore what `to_state` returned; a TypeError where it is something else."""
        known = {each.name for each in fields(Format)}
        formats = {}
        for name, given in state.items():
            if not isinstance(name, str) or not isinstance(given, dict) or not given.keys() <= known:
                raise TypeError("the formats of columns are not what a run wrote")
            texts = given.get("missing")
            formats[name] = Format(**{**given, "missing": None if texts is None else tuple(texts)})
        return cls({name: format for name, format in formats.items() if name}, formats.get("", Format()))


def declared_formats(
    missing: Iterable[Any] | Cell | Mapping[str, Iterable[Any] | Cell] | None = None,
    decimal: str | Mapping[str, str] | None = None,
    day_first: bool | Mapping[str, bool] | None = None,
) -> Formats:
    """Return the formats that a config declares: of all columns by a plain value, of some by a mapping of names.

    Raises:
        InputError: a decimal mark is neither a point nor a comma.
    """
    for mark in decimal.values() if isinstance(decimal, Mapping) else [decimal]:
        if mark not in (".", ",", None):
            raise InputError(f"data.decimal must be '.' or ',', got {mark!r}")
    if isinstance(missing, Mapping):
        missing = {name: _texts(tokens) for name, tokens in missing.items()}
    elif missing is not None:
        missing = _texts(missing)
    declared: dict[str, Any] = {"missing": missing, "decimal": decimal, "day_first": day_first}
    default = Format(**{key: value for key, value in declared.items() if not isinstance(value, Mapping)})
    formats: dict[str, Format] = {}
    for key, value in declared.items():
        for name, of_column in value.items() if isinstance(value, Mapping) else ():
            formats[str(name)] = replace(formats.get(str(name), default), **{key: of_column})
    return Formats(formats, default)


def _declared(format: Format, declared: Format) -> Format:
    given = {name: value for name, value in declared.given().items() if name in DECLARED}
    if declared.missing is not None:
        given["missing"] = tuple(dict.fromkeys([*(format.missing or ()), *declared.missing]))
    return replace(format, **given)


def _texts(tokens: Iterable[Any] | Cell) -> tuple[str, ...]:
    """Return tokens, or a single one, as they stand in cells: 0 and 0.0 as `0`."""
    listed = [tokens] if isinstance(tokens, Cell | np.number) else tokens
    return tuple(f"{token:g}" if isinstance(token, float | np.floating) else str(token).strip() for token in listed)
