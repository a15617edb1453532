"""Dates as labels, such as those of typed columns: the same day is one label, however a new table writes it."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from greenlight_films.datamodules.tables.label_cells import texts_of

_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
SAMPLE = 1000  # values that show whether they are dates
EPOCHS = ("s", "ms", "us", "ns")  # what a number may count since 1970


def known_dates(column: pd.Series, values: Sequence[str]) -> pd.Series | None:
    """Return cells as texts, those that are the date or time of one of `values` as this; None where none is.

    Numbers are taken for seconds since 1970, or thousandths of them and so on, where that gives dates among `values`.

    >>> known_dates(pd.Series([1398902400000, 0]), ["2014-05-01", "2015-05-01"]).tolist()
    ['2014-05-01', '0']
    """
    some = values[:SAMPLE]
    if sum(_ISO.fullmatch(value) is not None for value in some) <= 0.5 * len(some):
        return None
    known = pd.Index(_moments(pd.Series(values, dtype="str")))
    first = ~known.duplicated() & known.notna()
    positions = max((known[first].get_indexer(moments) for moments in _readings(column)), key=_n_found, default=None)
    if positions is None or not _n_found(positions):
        return None
    texts = texts_of(column).to_pandas().set_axis(column.index)
    spelt = pd.Series(values, dtype="str")[first].iloc[positions].set_axis(column.index)
    return texts.where(positions < 0, spelt).rename(column.name)


def _readings(column: pd.Series) -> Iterator[pd.Series]:
    """Yield the moments that cells may be, in universal time."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = pd.Series(column.to_numpy(np.float64, na_value=np.nan))
        for unit in EPOCHS:
            yield pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True)
    else:
        yield _moments(texts_of(column).to_pandas())


def _moments(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)


def _n_found(positions: np.ndarray) -> int:
    return int((positions >= 0).sum())
