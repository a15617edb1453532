"""A look at a table: its columns and rows, the target and features it offers, and the config of a study of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.leakage import known_after_release
from greenlight_films.datamodules.leaks import Leak, leaks_by_value
from greenlight_films.datamodules.look.column import NUMBERS, ColumnLook
from greenlight_films.datamodules.look.config_text import config_text
from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.look.proposal import (
    Proposed,
    choose_target,
    possible_targets,
    propose_feature,
    propose_target,
)
from greenlight_films.datamodules.look.rows import RowsLook, look_at_rows
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import open_table
from greenlight_films.datamodules.targets import Target


@dataclass(frozen=True)
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
    notices: list[str]
    faults: list[str]

    def column(self, name: str) -> ColumnLook:
        """Return the look at a column."""
        return next(column for column in self.columns if column.name == name)

    def to_features(self) -> list[Feature[Any]]:
        """Return the proposed features, as `FilmRegressor` takes them."""
        return [feature.feature() for feature in self.features]

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

    def to_yaml(self, name: str = "films") -> str:
        """Return the config of a study, with the reason for each line; `name` is the study's.

        Raises:
            InputError: something must be decided or corrected first, or there is no target or no feature.
        """
        self.refuse_faults()
        if self.target is None:
            raise InputError(
                f"no column of {self.table} offers itself as target; name the one to predict with --target"
            )
        if not self.features:
            raise InputError(f"no column of {self.table} can be a feature; declare data.features by hand")
        return config_text(self, name)

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, float_format=lambda share: f"{share:.0%}")

    def refuse_faults(self) -> None:
        """Raise an InputError that names everything that must be decided or corrected first."""
        if self.faults:
            raise InputError("\n".join(self.faults))


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
    notices = list(read.notices)
    unknown = [name for name in leave_out if name not in read.frame]
    if unknown:
        raise InputError(f"--leave_out: no column '{unknown[0]}'{nearest(unknown[0], map(str, read.frame.columns))}")
    columns = look_at_columns(read.frame, formats, read.layout.delimiter, read.units)
    columns = [
        replace(column, left_out="as asked", fault="") if column.name in leave_out else column for column in columns
    ]
    rows, columns = look_at_rows(read.frame, columns)
    name = choose_target(columns, target)
    chosen = next((column for column in columns if column.name == name), None)
    columns = [_without_identity(column, rows) for column in columns]
    leaks = _leaks(columns, chosen)
    telling = {leaking: leak.sentence for leak in leaks for leaking in leak.columns}
    candidates = [
        replace(column, left_out=telling.get(column.name, column.left_out))
        for column in columns
        if column is not chosen
    ]
    features = {column.name: propose_feature(column, rows.n_films) for column in candidates}
    proposed = [feature for feature in features.values() if feature]
    proposed_target = propose_target(chosen) if chosen else None
    late = _after_release(proposed, chosen)
    if before_release:
        telling |= dict.fromkeys(late, "known only after release")
        proposed = [feature for feature in proposed if feature.arguments["column"] not in late]
    left_out = {column.name: column.left_out for column in candidates if column.left_out}
    left_out |= {column.name: column.kind for column in candidates if not column.left_out and not features[column.name]}
    left_out |= {name: reason for name, reason in telling.items() if name in features}
    faults = [column.fault for column in columns if column.fault]
    notices += [notice for column in columns for notice in column.notices]
    notices += rows.notices
    source = str(table) if isinstance(table, str | Path) else "frame"
    return Look(
        source, read.layout, read.units, columns, rows, proposed_target, possible_targets(columns), proposed, left_out,
        leaks, late, notices, faults,
    )  # fmt: skip


def _without_identity(column: ColumnLook, rows: RowsLook) -> ColumnLook:
    """Return a column that is no feature where it only names the film."""
    if column.left_out or column.name not in rows.identity:
        return column
    return replace(column, left_out=rows.identity[column.name])


def _leaks(columns: Sequence[ColumnLook], target: ColumnLook | None) -> list[Leak]:
    if target is None:
        return []
    numbers = {
        column.name: np.asarray(column.values, dtype=np.float64)
        for column in columns
        if column.kind in NUMBERS and column is not target and not column.left_out and not column.fault
    }
    return leaks_by_value(numbers, np.asarray(target.values, dtype=np.float64))


def _after_release(features: Sequence[Proposed], target: ColumnLook | None) -> list[str]:
    if target is None:
        return []
    return known_after_release(Target(target.name, unit=target.unit), [feature.feature() for feature in features])
