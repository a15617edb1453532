"""Columns whose dtype, or whose objects, are numbers, flags or durations, as float64."""

import datetime as dt
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError

Kind = Literal["number", "money", "percentage", "duration", "year", "flag"]


def plain_dtype(column: pd.Series) -> pd.Series:
    """Return a column without categoricals, dictionaries and objects of one kind that pandas knows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Series(np.asarray(column), column.index, name=column.name).infer_objects()
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        if pa.types.is_dictionary(kind):
            return column.astype(pd.ArrowDtype(kind.value_type))
        if pa.types.is_duration(kind):
            return column.astype("timedelta64[ns]")
        if pa.types.is_null(kind):
            return pd.Series(np.full(len(column), np.nan), column.index, name=column.name)
        return column.astype(object) if pa.types.is_nested(kind) or pa.types.is_time(kind) else column
    if pd.api.types.is_object_dtype(dtype) and pd.api.types.infer_dtype(column, skipna=True) == "string":
        return column.astype("str")
    return column


def typed_numbers(column: pd.Series) -> tuple[np.ndarray, Kind] | None:
    """Return a column whose dtype or objects are numbers, flags or durations, and which; None for texts and mixtures.

    The numbers are (n_rows,) float64, NaN where missing; durations are in minutes.
    """
    dtype = column.dtype
    inferred = pd.api.types.infer_dtype(column, skipna=True) if pd.api.types.is_object_dtype(dtype) else ""
    if pd.api.types.is_complex_dtype(dtype) or inferred == "complex":
        example = column[column.notna()].iloc[0]
        raise InputError(f"column '{column.name}' must hold numbers, got complex numbers such as {example}; split them")
    if pd.api.types.is_bool_dtype(dtype) or inferred == "boolean":
        return _as_floats(column), "flag"
    if pd.api.types.is_timedelta64_dtype(dtype) or inferred in ("timedelta", "timedelta64"):
        seconds = pd.to_timedelta(column).dt.total_seconds().to_numpy(np.float64)
        return seconds / 60, "duration"
    if inferred == "time":
        return column.map(_minutes_of, na_action="ignore").to_numpy(np.float64, na_value=np.nan), "duration"
    if pd.api.types.is_numeric_dtype(dtype) or inferred in (
        "integer", "floating", "mixed-integer-float", "decimal", "empty",
    ):  # fmt: skip
        return _as_floats(column), "number"
    if _is_of_dates(column, inferred):
        known = column[column.notna()]
        if len(known):
            example = known.iloc[0]
            raise InputError(
                f"column '{column.name}' must hold numbers, got dates such as {example}; declare it as Date"
            )
        return np.full(len(column), np.nan), "number"
    return None


def _as_floats(column: pd.Series) -> np.ndarray:
    if column.dtype == object:
        return column.where(column.notna(), np.nan).to_numpy(object).astype(np.float64)
    return column.to_numpy(np.float64, na_value=np.nan)


def _minutes_of(time: dt.time) -> float:
    return time.hour * 60 + time.minute + time.second / 60


def _is_of_dates(column: pd.Series, inferred: str) -> bool:
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype) and (
        pa.types.is_date(dtype.pyarrow_dtype) or pa.types.is_timestamp(dtype.pyarrow_dtype)
    ):
        return True
    dates = ("datetime64", "datetime", "date", "period")
    return pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype) or inferred in dates


def is_number(cell: Any) -> bool:
    """Tell whether an object in a cell is a real number, and not missing."""
    return isinstance(cell, Real | Decimal | np.bool_) and not pd.isna(cell)
