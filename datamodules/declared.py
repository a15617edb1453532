"""What a config declares of a table: features, target, split, and the columns with ids and weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.film_ids import columns_in
from greenlight_films.datamodules.splits import Split
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetColumn


@dataclass(frozen=True)
class Declared:
    """What a config declares of a table; `film` and `title` are the columns with a film's id and title.

    Where `allow_leak` is true a split may put rows of a film on two sides; scores are then no measure of new films.
    `formats` is what the config says of how cells are written, `weight` the column with the rows' weights.
    """

    features: Sequence[Feature[Any]]
    target: TargetColumn
    split: Split
    film: str | list[str] | None = None
    title: str | None = None
    allow_leak: bool = False
    formats: Formats = Formats()
    weight: str | None = None

    def needs(self) -> dict[str, set[Need]]:
        """Return what the columns are read as, whose cells may be written in several ways."""
        needs = dict[str, set[Need]]()
        for feature in self.features:
            for name in feature.columns:
                needs.setdefault(name, set()).add(feature.need)
        for name in (*self.target.columns, *columns_in(self.weight)):
            needs.setdefault(name, set()).add("number")
        return needs


def refuse_target_as_feature(declared: Declared) -> None:
    """Refuse a feature that reads the target's column, unless leaks are allowed."""
    columns = [feature.column for feature in declared.features if feature.column in declared.target.columns]
    if columns and not declared.allow_leak:
        raise InputError(
            f"data.features must not have the target's own column '{columns[0]}': the model would read the answer; "
            "leave it out, or set data.allow_leak to true if that is wanted"
        )
    if declared.weight in declared.target.columns:
        raise InputError(f"data.weight must be another column than the target '{declared.weight}'; leave it out")


def refuse_absent_columns(frame: pd.DataFrame, declared: Declared, features: Sequence[Feature[Any]]) -> None:
    """Raise an InputError that names all columns that the config needs and the table lacks."""
    ids = [*columns_in(declared.film), *columns_in(declared.title), *columns_in(declared.weight)]
    columns = [*declared.target.columns, *ids, *(name for feature in features for name in feature.columns)]
    refuse_missing_columns(columns, frame.columns)


def data_notices(declared: Declared, actual: np.ndarray) -> list[str]:
    """Say how many rows have no target, and whether the weight is a feature too."""
    target, unknown = declared.target.name, int(np.isnan(actual).sum())
    notices = []
    if unknown:
        notices.append(
            f"{unknown:,} of {len(actual):,} rows are without {target}: they are not trained on and not scored; "
            "`predict` predicts them too."
        )
    if declared.weight is not None:
        notices.append(f"Rows are weighted by '{declared.weight}' in the loss and in all scores (data.weight).")
    if any(declared.weight in feature.columns for feature in declared.features):
        notices.append(
            f"'{declared.weight}' is data.weight and a feature too: the model learns from how much a row weighs; "
            "leave it out of data.features unless that is wanted."
        )
    return notices
