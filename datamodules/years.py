"""The year of each film of a table."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.features import Date
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.splits import TimeSplit
from greenlight_films.datamodules.tables.date_cells import parse_dates
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import is_nested


def years_of(frame: pd.DataFrame, declared: Declared, formats: Formats) -> np.ndarray | None:
    """Return years, (n_rows,) float64, NaN where missing: those that the films are split by, or of a feature.

    None where no column is known to hold dates.
    """
    split = declared.split
    dated = [feature.column for feature in declared.features if isinstance(feature, Date) or is_year(feature.column)]
    for name in [*([split.by] if isinstance(split, TimeSplit) else []), *dated]:
        if name in frame and not is_nested(frame[name]):
            years = parse_dates(frame[name], formats.of(name)).years()
            if not np.isnan(years).all():
                return years
    return None
