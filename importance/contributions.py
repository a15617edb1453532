"""`Contributions`: what each value of a film adds to the average prediction, with names, at every level."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

INSTEAD = "instead of the usual names"


@dataclass(frozen=True)
class Contributions:
    """Parts of predictions: of a row, `average_prediction` and its contributions add up to its prediction.

    Contributions are on the scale that was learnt: of a log1p target, in logarithms.

    Attributes:
        table: one line a part, the largest of a row first: row, column, value, role, contribution, alone. A missing
            value stands for what training films have in the column on average, which the film hasn't. `alone` is by
            how much the prediction falls, in the target's unit, when the value alone is taken out.
        average_prediction: the mean over the background.
        predicted: (n_rows,) float64, of the rows in ascending order.
        background: (n,) int64, the rows of training films, in their table from 1, that the average is over.
    """

    table: pd.DataFrame
    average_prediction: float
    predicted: np.ndarray
    background: np.ndarray

    def at(self, level: Literal["value", "column", "role"]) -> pd.DataFrame:
        """Return one line a row and part of a level: row, its names, contribution; the largest of a row first."""
        if level == "value":
            return self.table
        names = ["role"] if level == "role" else ["column", "role"]
        summed = self.table.groupby(["row", *names], as_index=False, sort=False)["contribution"].sum()
        return largest_first(summed)


def largest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table sorted by row, the largest contribution of a row first, whatever its sign."""
    order = np.lexsort((-table["contribution"].abs().to_numpy(), table["row"].to_numpy()))
    return table.iloc[order].reset_index(drop=True)


def part_name(column: str, value: object) -> str:
    """Return what a part is called.

    >>> part_name("Cast", "Ann Ames"), part_name("Cast", None)
    ('Cast=Ann Ames', 'Cast: instead of the usual names')
    """
    return f"{column}: {INSTEAD}" if pd.isna(value) else f"{column}={value}"
