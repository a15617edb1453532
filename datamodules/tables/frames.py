"""Data frames that were not read from a file: pandas, polars and Arrow become a pandas frame as from a file."""

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError, listed


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame: text and lists Arrow-backed, numbers as numpy."""

    def kept_in_arrow(kind: pa.DataType) -> pd.ArrowDtype | None:
        # pandas would make an object array of numpy arrays of lists.
        return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None

    # A pandas index in the metadata would hide the column that it was; and the metadata are not always pandas' own.
    return table.replace_schema_metadata(None).to_pandas(ignore_metadata=True, types_mapper=kept_in_arrow)


def read_frame(frame: Any) -> tuple[pd.DataFrame, list[str]]:
    """Return a pandas or polars DataFrame or an Arrow table as if it had been read from a file; it stays as it is.

    Columns are named by text, rows counted from 0 whatever the index, and categoricals are the values that they
    stand for. An index with a name is a column, which is told.

    Raises:
        InputError: it is no table, its columns have names of several levels, or a cell holds a frame.
    """
    if not isinstance(frame, pd.DataFrame):
        frame = from_arrow(_arrow(frame))
    if isinstance(frame.columns, pd.MultiIndex):
        _refuse_levels(frame)
    index, notices = _columns_of_index(frame)
    plain = frame.reset_index(drop=True).infer_objects()
    plain.columns = pd.Index([str(name) for name in frame.columns])
    for position, name in enumerate(plain.columns):
        column = plain.iloc[:, position]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = pd.Series(np.asarray(column), column.index, name=name)
        elif isinstance(column.dtype, pd.SparseDtype):
            column = column.sparse.to_dense()
        elif column.dtype == object:
            _refuse_nested(column)
        if column.dtype != plain.dtypes.iloc[position]:
            plain.isetitem(position, column)
    return (pd.concat([index, plain], axis=1) if len(index.columns) else plain), notices


def _columns_of_index(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the levels of an index that have names, as columns, and sentences on those and on texts without one."""
    columns, notices = {}, []
    for number in range(frame.index.nlevels):
        level = frame.index.get_level_values(number)
        name = level.name
        if isinstance(level, pd.RangeIndex) or (name is not None and str(name) in map(str, frame.columns)):
            continue
        if name is not None:
            columns[str(name)] = pd.Series(level.to_numpy() if level.dtype == object else level.array)
            notices.append(f"the index '{name}' of the frame is taken as its column '{name}'")
        elif pd.api.types.is_string_dtype(level) and not any(
            level.equals(pd.Index(frame.iloc[:, position])) for position in range(frame.shape[1])
        ):
            notices.append(
                f"the index of the frame holds texts such as {str(level[0])[:80]!r}, which are not read: "
                "frame.reset_index(names='title') makes them a column"
            )
    return pd.DataFrame(columns, index=range(len(frame))), notices


def _refuse_levels(frame: pd.DataFrame) -> None:
    flat = ["_".join(str(part) for part in name if str(part)) for name in frame.columns]
    raise InputError(
        f"a frame's columns must have one name each, got a MultiIndex with names such as {frame.columns[0]}; flatten "
        'them by frame.columns = ["_".join(map(str, name)) for name in frame.columns], which gives ' + listed(flat)
    )


def _refuse_nested(column: pd.Series) -> None:
    bad = [isinstance(cell, pd.DataFrame | pd.Series | pa.Table) for cell in column]
    if any(bad):
        row = bad.index(True)
        raise InputError(
            f"column '{column.name}': a cell must hold a value or a list, row {row + 1} holds a "
            f"{type(column.iloc[row]).__name__} ({sum(bad):,} such rows); leave the column out, or make it lists",
            row + 1,
        )


def _arrow(frame: Any) -> pa.Table:
    table = None
    with suppress(TypeError, ValueError, pa.ArrowException):
        # pa.table takes polars too, with text of a type that pandas may not hold.
        table = frame.to_arrow() if hasattr(frame, "to_arrow") else pa.table(frame)
    if isinstance(table, pa.Table):
        return table
    raise InputError(
        f"a table must be a pandas or polars DataFrame, an Arrow table or a file's name, got {type(frame).__name__}"
    )
