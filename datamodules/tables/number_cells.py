"""Cells as numbers."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.bad_cells import refuse_cells
from greenlight_films.datamodules.tables.formats import Format, Formats

LARGEST = 1e100  # number in a table: squares and sums of such numbers are still finite


def read_numbers(column: pd.Series, format: Format = Format(), above: float = -np.inf) -> np.ndarray:
    """Return a column as (n,) float64, NaN where missing; refuse text, dates and values that are not above `above`."""
    if column.dtype == object and pd.api.types.infer_dtype(column) == "boolean":
        column = column.astype("boolean")
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        values = column.to_numpy(np.float64, na_value=np.nan)
    else:
        given = column.notna().to_numpy()
        if pd.api.types.is_datetime64_any_dtype(column.dtype) and given.any():
            raise InputError(f"column '{column.name}' must hold numbers, got dates such as {column[given].iloc[0]}")
        values = pd.to_numeric(column.astype("str"), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        refuse_cells(column, given & np.isnan(values), "must hold numbers")
    refuse_cells(column, np.isinf(values), "must hold finite numbers")
    refuse_cells(column, np.abs(values) > LARGEST, f"must hold numbers from -{LARGEST:g} to {LARGEST:g}")
    refuse_cells(column, values <= above, f"must be above {above:g} for log1p")
    return values


def find_number_formats(
    frame: pd.DataFrame, columns: list[str], declared: Formats, delimiter: str | None
) -> tuple[dict[str, Format], list[str]]:
    """Return how the numbers of columns are written, and sentences on what was assumed.

    Args:
        frame: the whole table: where a column's own cells don't tell its decimal mark, its neighbours may.
        delimiter: between the cells of a text file; None for other tables.
    """
    return {name: declared.of(name) for name in columns}, []
