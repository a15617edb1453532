"""Data frames that were not read from a file: pandas, polars and Arrow become a pandas frame as from a file."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame: text and lists Arrow-backed, numbers as numpy."""

    def kept_in_arrow(kind: pa.DataType) -> pd.ArrowDtype | None:
        # pandas would make an object array of numpy arrays of lists.
        return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None

    # A pandas index in the metadata would hide the column that it was; and the metadata are not always pandas' own.
    return table.replace_schema_metadata(None).to_pandas(ignore_metadata=True, types_mapper=kept_in_arrow)


def read_frame(frame: Any, texts: Collection[str] = ()) -> pd.DataFrame:
    """Return a pandas or polars DataFrame or an Arrow table as if it had been read from a file; it stays as it is.

    Columns are named by text, rows counted from 0 whatever the index, and categoricals are the values that they
    stand for. In the columns `texts`, which hold labels, booleans and dates are written as in a CSV file.
    """
    if not isinstance(frame, pd.DataFrame):
        frame = from_arrow(_arrow(frame))
    plain = frame.reset_index(drop=True).infer_objects()
    plain.columns = pd.Index([str(name) for name in frame.columns])
    if plain.columns.is_unique:  # else the table is refused
        for name in plain.columns:
            column = plain[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                column = pd.Series(np.asarray(column), column.index, name=name)
            if name in texts:
                column = _written(column)
            if column.dtype != plain[name].dtype:
                plain[name] = column
    return plain


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


def _written(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.astype("str")
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        return column.map(str, na_action="ignore").astype("str")
    return column
