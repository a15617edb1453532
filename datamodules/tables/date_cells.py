"""Cells as dates."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.tables.formats import Format, Formats


def read_dates(column: pd.Series, format: Format = Format()) -> np.ndarray:
    """Return a column as (n,) datetime64[D], NaT where missing."""
    return pd.to_datetime(column, format="ISO8601").to_numpy("datetime64[D]")


def find_date_formats(
    frame: pd.DataFrame, columns: list[str], declared: Formats
) -> tuple[dict[str, Format], list[str]]:
    """Return how the dates of columns are written, and sentences on what was assumed or is strange.

    Args:
        frame: the whole table: its latest year bounds what a year of two digits may stand for.
    """
    return {name: declared.of(name) for name in columns}, []
