"""Which columns of a table `look` leaves out, and why: what tells the target, comes too late, or is asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.films_in_rows import Remark
from greenlight_films.datamodules.leakage import known_after_release, late_columns
from greenlight_films.datamodules.leaks import Leak, leaks_by_class, leaks_by_value
from greenlight_films.datamodules.look.column import NUMBERS, ColumnLook, Proposed
from greenlight_films.datamodules.look.proposal import MOST_MISSING, says_row_number
from greenlight_films.datamodules.look.rows import RowsLook
from greenlight_films.datamodules.targets import Target


def candidate_columns(
    columns: Sequence[ColumnLook],
    target: ColumnLook | None,
    leaks: Sequence[Leak],
    rows: RowsLook,
    votes: Remark | None,
) -> list[ColumnLook]:
    """Return all columns but the target; those that tell it, name the film or count rows or votes are left out."""
    why = {column.name: "only counts the rows" for column in columns if says_row_number(column, rows.kept)}
    why |= {name: leak.sentence for leak in leaks for name in leak.columns} | rows.identity
    if votes:
        why[str(votes.proposal["weight"])] = "says how many judged the film; proposed as data.weight"
    return [
        replace(column, left_out=column.left_out or why.get(column.name, ""))
        for column in columns
        if column is not target
    ]


def reasons(
    columns: Sequence[ColumnLook], features: Mapping[str, Proposed | None], late: Collection[str]
) -> dict[str, str]:
    """Return for each column that can be read and is no feature why it is none."""
    why = {}
    for column in columns:
        if features[column.name] is None and not column.fault:
            too_few = f"{column.missing_share:.0%} missing" if column.missing_share > MOST_MISSING else column.kind
            why[column.name] = column.left_out or ("known only after release" if column.name in late else too_few)
    return why


def reasons_of_shape(rows: RowsLook, leave_out: Collection[str]) -> dict[str, str]:
    """Return why columns are left out where a shape makes a row a film."""
    names = rows.shape.arguments.get("leave_out", []) if rows.shape else []
    return {name: "as asked" if name in leave_out else "tells of a row, not of its film" for name in names}


def leaks_of(columns: Sequence[ColumnLook], target: ColumnLook | None) -> list[Leak]:
    """Return the columns that tell the target by their values."""
    if target is None:
        return []
    others = [column for column in columns if column is not target and not column.left_out and not column.fault]
    numbers = {c.name: np.asarray(c.values, dtype=np.float64) for c in others if c.kind in NUMBERS}
    texts = {
        c.name: c.values for c in others if c.kind == "category" and isinstance(c.values, pa.Array | pa.ChunkedArray)
    }
    classes = {name: pd.factorize(values.to_pandas())[0] for name, values in texts.items()}
    answers = np.asarray(target.values, dtype=np.float64)
    return [*leaks_by_value(numbers, answers), *leaks_by_class(classes, answers)]


def after_release(features: Sequence[Proposed], target: ColumnLook | None, before_release: bool) -> list[str]:
    """Return the features that come too late: for any target where that is asked, else for one that comes as late."""
    made = [feature.feature() for feature in features]
    if before_release:
        return late_columns(made)
    return known_after_release(Target(target.name, unit=target.unit), made) if target else []
