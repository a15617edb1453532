"""How much each row weighs in the loss and in scores: from a column of the table, or given from Python."""

from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.shapes import Shape
from greenlight_films.datamodules.splits import Rows
from greenlight_films.datamodules.tables.bad_cells import refuse_cells
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.number_cells import read_numbers


def read_weights(weights: Any, n_rows: int) -> np.ndarray:
    """Return weights of a table's rows, (n_rows,) float64; refuse what is not n_rows numbers from 0."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"weights must be numbers, got {type(weights).__name__}: {error}") from None
    if values.shape != (n_rows,):
        raise InputError(f"weights must be a number for each of the {n_rows:,} rows, got shape {values.shape}")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(bad.argmax())
        message = f"weights must be finite and 0 or more, row {row + 1} has {values[row]:g}; correct it"
        raise InputError(message, row + 1)
    return values


def weights_of_known(weights: Any, n_rows: int, known: np.ndarray) -> np.ndarray | None:
    """Return the weights of the rows to be scored, `known`, (n,) float64; None where none are given.

    Raises:
        InputError: they aren't n_rows numbers from 0, or are 0 in all these rows: there would be nothing to score.
    """
    if weights is None:
        return None
    values = read_weights(weights, n_rows)[known]
    if not values.any():
        raise InputError(
            f"weights must be above 0 in a row or more that has a target, got 0 in all {len(known):,}; give others"
        )
    return values


def weights_in(column: pd.Series, format: Format = Format()) -> np.ndarray:
    """Return a column of weights, (n_rows,) float64; refuse missing and negative ones, by their rows."""
    values = read_numbers(column, format)
    remedy = "fill it, or leave these rows out by data.where"
    refuse_cells(column, np.isnan(values), "is data.weight and must hold a number for each film", remedy)
    refuse_cells(column, values < 0, "is data.weight and must be 0 or more", "correct it, or leave these rows out")
    return values


def refuse_weightless(weights: np.ndarray, rows: Rows) -> None:
    """Refuse weights, (n_rows,), that are 0 in all rows of a side: nothing could be learnt or scored there."""
    for side, indices in (("train", rows.train), ("val", rows.val), ("test", rows.test)):
        if len(indices) and not weights[indices].any():
            raise InputError(f"weights must be above 0 in a {side} row or more, got 0 in all; give other weights")


def scaled_weights(weights: np.ndarray, learnt: np.ndarray) -> np.ndarray | None:
    """Return weights with mean 1 over the rows learnt from; None where all are the same, and change nothing."""
    return weights / weights[learnt].mean() if np.ptp(weights) > 0 else None


def refuse_unfit_weights(weight: str | None, frame: Any, shape: Shape | None) -> None:
    """Refuse weights from Python where the rows are those of no frame, or have a column of weights."""
    if frame is None or shape is not None:
        raise InputError("weights are of a frame's rows, got a table or a data.shape; give frame alone")
    if weight is not None:
        raise InputError(f"weights of rows must be given once, got weights and data.weight '{weight}'")


def row_weights(
    frame: pd.DataFrame,
    declared: Declared,
    formats: Formats,
    given: Any,
    n_rows: int,
    kept: np.ndarray,
    rows: Rows,
) -> np.ndarray | None:
    """Return the weights of the rows `kept`, those of `frame`; None where none are given."""
    if declared.weight is not None:
        weights = weights_in(frame[declared.weight], formats.of(declared.weight))
    elif given is not None:
        weights = read_weights(given, n_rows)[kept]
    else:
        return None
    refuse_weightless(weights, rows)
    return weights
