"""A look at a table: its columns and rows, the target and features it offers, and the config of a study of it."""

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, listed
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.kinds_of_rows import remark_on_votes
from greenlight_films.datamodules.leaks import Leak
from greenlight_films.datamodules.look.column import NUMBERS, ColumnLook, Proposed
from greenlight_films.datamodules.look.config_text import config_text
from greenlight_films.datamodules.look.kinds import look_at_columns, names_of_role
from greenlight_films.datamodules.look.left_out import (
    after_release,
    candidate_columns,
    leaks_of,
    reasons,
    reasons_of_shape,
)
from greenlight_films.datamodules.look.proposal import (
    choose_target,
    possible_targets,
    propose_feature,
    propose_target,
    refuse_unfit_names,
)
from greenlight_films.datamodules.look.rows import RowsLook, look_at_rows, with_title
from greenlight_films.datamodules.mean_of_rows import MeanOfRows
from greenlight_films.datamodules.shapes import OneRowPerFilm
from greenlight_films.datamodules.tables.column_names import as_written
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import Table, open_table


@dataclass(frozen=True, repr=False)
class Look:
    """What a table seems to hold, and the study that follows from it.

    Attributes:
        table: the file's name, or `frame`.
        layout: how the file is written.
        units: of columns, where the table has a line of them.
        columns: in the table's order; with a shape, those of a row a film.
        rows: what a row is, what identifies a film, and what is strange among rows.
        target: what a study would predict; None where no column offers itself.
        targets: all columns that could be, the likeliest first.
        features: what it would be predicted from.
        left_out: why each other column is no feature.
        leaks: columns that tell the target by their values.
        after_release: features known only once a film was shown.
        weight: the column with the number of votes behind the target, by which rows could be weighted.
        time: the column by which films can be put in order.
        notices: what was assumed, or is strange.
        faults: what must be decided or corrected, each with its remedy.
    """

    table: str
    layout: Layout
    units: dict[str, str]
    columns: Sequence[ColumnLook]
    rows: RowsLook
    target: Proposed | None
    targets: list[str]
    features: list[Proposed]
    left_out: dict[str, str]
    leaks: list[Leak]
    after_release: list[str]
    weight: str | None
    time: str | None
    notices: list[str]
    faults: list[str]

    def column(self, name: str) -> ColumnLook:
        """Return the look at a column."""
        return next(column for column in self.columns if column.name == name)

    def to_features(self) -> list[Feature[Any]]:
        """Return the proposed features, as `FilmRegressor` takes them."""
        return [feature.feature() for feature in self.features]

    def missing(self) -> dict[str, list[str]]:
        """Return by column the texts that mean that nothing is known, as `FilmRegressor` takes them."""
        return {c.name: list(c.format.missing) for c in self.columns if c.format.missing is not None}

    def to_frame(self) -> pd.DataFrame:
        """Return a line a column: name, kind, unit, share missing, what it becomes, and why it is left out."""
        becomes = {feature.arguments["column"]: feature.name for feature in self.features}
        if self.target:
            becomes[self.target.arguments["column"]] = "target"
        return pd.DataFrame(
            {
                "column": [column.name for column in self.columns],
                "kind": [column.kind for column in self.columns],
                "unit": [column.unit for column in self.columns],
                "missing": [column.missing_share for column in self.columns],
                "becomes": [becomes.get(column.name, "") for column in self.columns],
                "left out": [self.left_out.get(column.name, "") for column in self.columns],
            }
        )

    def to_yaml(self, name: str = "films", file: str | Path | None = None) -> str:
        """Return the config of a study, with the reason for each line.

        Args:
            name: of the study.
            file: in which the config will stand; by default called as the study.

        Raises:
            InputError: something must be decided or corrected first, or there is no target or no feature.
        """
        self.refuse_faults(self._remedy_without_columns())
        if not any(column.kind in NUMBERS for column in self.columns):
            raise InputError(
                f"no column of {self.table} holds numbers, and a study predicts one; add one, such as rating"
            )
        if self.target is None:
            raise InputError(f"no column of {self.table} offers itself as target; {self._remedy_without_target()}")
        if not self.features:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in list(self.left_out.items())[:10])
            raise InputError(
                f"no column of {self.table} can be a feature ({reasons or 'there is the target alone'}); add one, or "
                "declare data.features by hand"
            )
        return config_text(self, name, str(file or f"{name}.yaml"))

    def _remedy_without_columns(self) -> str:
        names = [shlex.quote(column.name) for column in self.columns if column.fault]
        if self.target is None or not names:  # else the target itself has a fault
            return ""
        return f"or leave {'it' if len(names) == 1 else 'them'} out by --leave_out {' '.join(names)}"

    def _remedy_without_target(self) -> str:
        numbers = [column.name for column in self.columns if column.kind in NUMBERS and not column.left_out]
        if numbers:
            return f"name the one to predict with --target, which must hold numbers, as: {listed(numbers)}"
        return "none holds numbers: join a column of what films earned, or how they were rated"

    def __repr__(self) -> str:
        table = self.to_frame().to_string(index=False, float_format=lambda share: f"{share:.0%}")
        return "\n".join([table, *self.notices, *self.faults])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, float_format=lambda share: f"{share:.0%}")

    def refuse_faults(self, remedy: str = "") -> None:
        """Raise an InputError that names everything that must be decided or corrected first, and a remedy for all."""
        if self.faults:
            raise InputError("\n".join([*self.faults, *filter(None, [remedy])]))


def look(
    table: Any,
    target: str | None = None,
    *,
    layout: Layout = Layout(),
    formats: Formats = Formats(),
    leave_out: Collection[str] = (),
    before_release: bool = False,
) -> Look:
    """Look at a table: what its columns and rows are, and the study that follows from it.

    Args:
        table: a file, a pandas or polars DataFrame, or an Arrow table.
        target: the column to predict; by default the likeliest.
        layout: how the file is written, as far as that is known.
        formats: how cells are written, as far as that is known.
        leave_out: columns that shall be no features.
        before_release: leave out what is known only once a film was shown.

    Raises:
        InputError: the table can't be read, or `target` is no column of numbers.
    """
    read = open_table(table, layout)
    header = read.frame.columns
    target = target and as_written(target, header)
    leave_out = [as_written(name, header) for name in leave_out]
    formats = replace(formats, by_column={as_written(name, header): each for name, each in formats.by_column.items()})
    rows = look_at_rows(read.frame, leave_out, target)
    frame, notices = _films(read.frame, rows, formats, read.layout.delimiter)
    formats.refuse_unknown([*read.frame.columns, *frame.columns])
    columns = _columns(frame, read, rows, formats)
    refuse_unfit_names(leave_out, columns, read.frame.columns, target)
    columns = [replace(c, left_out="as asked", fault="") if c.name in leave_out else c for c in columns]
    name = choose_target(columns, target)
    chosen = next((column for column in columns if column.name == name and not column.fault), None)
    votes = remark_on_votes(frame, [name]) if name else None
    leaks = leaks_of(columns, chosen)
    candidates = candidate_columns(columns, chosen, leaks, rows, votes)
    features = {column.name: propose_feature(column) for column in candidates}
    late = after_release([feature for feature in features.values() if feature], chosen, before_release)
    if before_release:
        features |= dict.fromkeys(late)
    of_columns = [notice for column in columns for notice in column.notices]
    return Look(
        table=str(table) if isinstance(table, str | Path) else "frame",
        layout=read.layout,
        units=read.units,
        columns=columns,
        rows=with_title(rows, columns),
        target=propose_target(chosen) if chosen else None,
        targets=possible_targets(columns),
        features=[feature for feature in features.values() if feature],
        left_out=reasons(candidates, features, late) | reasons_of_shape(rows, leave_out),
        leaks=leaks,
        after_release=[] if before_release else late,
        weight=str(votes.proposal["weight"]) if votes else None,
        time=_time(columns),
        notices=[*read.notices, *notices, *of_columns, *rows.notices, *([votes.text] if votes else [])],
        faults=[column.fault for column in columns if column.fault],
    )


def _columns(frame: pd.DataFrame, read: Table, rows: RowsLook, formats: Formats) -> list[ColumnLook]:
    """Return the looks at the columns of films; those that a shape made hold names, or count rows."""
    columns = look_at_columns(frame, formats, read.layout.delimiter, read.units)
    shape = rows.to_shape()
    if isinstance(shape, MeanOfRows):
        counts = "known only after release: the number of a film's rows, which may be data.weight"
        return [replace(column, left_out=counts) if column.name == shape.count else column for column in columns]
    if not isinstance(shape, OneRowPerFilm):
        return columns
    return [
        column if column.name in read.frame else names_of_role(column.name, frame[column.name], shape.separator)
        for column in columns
    ]


def _films(
    frame: pd.DataFrame, rows: RowsLook, formats: Formats, delimiter: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that are kept, in the shape with a row a film, and sentences on that."""
    kept = frame if not rows.where else frame.loc[np.asarray(rows.kept) - 1]
    shape = rows.to_shape()
    if shape is None:
        return kept, []
    formats, _ = find_formats(kept, shape.needs(kept), formats, delimiter)
    return shape.films(kept, formats), shape.notices(kept, formats)


def _time(columns: Sequence[ColumnLook]) -> str | None:
    """Return the column of dates, or else of years, by which films can be put in order."""
    usable = [column for column in columns if column.kind in ("date", "year") and not column.fault]
    dated = [column for column in usable if not column.missing_share]
    return next((column.name for kind in ("date", "year") for column in dated if column.kind == kind), None)
