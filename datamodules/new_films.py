"""Films that a model was not trained with, encoded as those that it was trained with."""

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError, missing_columns
from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.films import Films, films_of, same_films
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.datamodules.units_of_new_films import number_notices, target_notices
from greenlight_films.datamodules.weights import weights_in


def new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode films that the model was not trained with; their target, weight, id and title may be missing."""
    formats = fitted.encoder.formats
    actual = _targets_if_any(frame, declared.target, formats)
    weights = None
    if declared.weight is not None and declared.weight in frame:
        with suppress(InputError):
            weights = weights_in(frame[declared.weight], formats.of(declared.weight))
    encoded = fitted.encoder.encode(frame)
    notices = [
        *_unknown_numbers(frame, fitted),
        *fitted.encoder.notices_on_unknown(encoded),
        *number_notices(frame, encoded, fitted.encoder),
        *target_notices(frame, declared.target, fitted.scale, formats),
    ]
    return films_of(frame, np.arange(len(frame)), encoded, None, actual, declared, formats, weights, notices)


def _unknown_numbers(frame: pd.DataFrame, fitted: Fitted) -> list[str]:
    """Say which numbers no film has."""
    numbers = [feature for feature in fitted.encoder.features if isinstance(feature, Number)]
    formats = fitted.encoder.formats
    return [
        f"'{number.column}' is missing in all of the {counted(len(frame), 'row')}: the model takes its usual value."
        for number in numbers
        if len(frame) and np.isnan(number.read(frame, formats)).all()
    ]


def same_or_new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted, weights: Any = None) -> Films:
    """Encode the table of an earlier `fit_films` with its split, and any other table as new films."""
    if int((~np.isnan(_targets_if_any(frame, declared.target, fitted.encoder.formats))).sum()) == len(fitted.sides):
        with suppress(InputError):
            return same_films(frame, declared, fitted, weights)
    return new_films(frame, declared, fitted)


def _targets_if_any(frame: pd.DataFrame, target: TargetColumn, formats: Formats) -> np.ndarray:
    if not missing_columns(target.columns, frame.columns):
        with suppress(InputError):  # cells of new films may be "to be announced"
            return target.values(frame, formats)
    return np.full(len(frame), np.nan)
