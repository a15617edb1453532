"""Label inputs: what a config declares of a column's labels beside the feature that reads them, such as TrackRecord."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.category import Category
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.labels import Labels
from greenlight_films.datamodules.features.number import Number
from greenlight_films.datamodules.features.text import Text
from greenlight_films.datamodules.features.vocabulary import frequent
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.spellings import keys_of

MIN_FILMS = 20
"""Films that a label needs for a row of weights, where more is known of it than its name and a config is silent."""


class LabelInput(Feature[None]):
    """Something that is known of every label of a column; `Labels`, `Category` or `Text` reads its cells."""

    @property
    def columns(self) -> list[str]:
        """None of its own: its labels may be read from several columns, and `column` be none of the table's."""
        return []

    def read(self, frame: pd.DataFrame, formats: Formats = Formats()) -> None:
        return None

    def parse(self, column: pd.Series, format: Format = Format()) -> None:
        return None

    def fit(self, parsed: None, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        return []

    def encode(self, parsed: None, blocks: list[Block]) -> list[Dense | Sparse]:
        return []

    def digest(self, parsed: None) -> bytes:
        return b""


def completed(features: Sequence[Feature[Any]]) -> list[Feature[Any]]:
    """Return features with what labels weigh, which have a row, and how numbers are scaled, where that is left open.

    Raises:
        InputError: an input is declared of a column that no feature reads labels from.
    """
    columns = {feature.column for feature in features if isinstance(feature, Labels | Category | Text)}
    inputs = {feature.column: type(feature).__name__ for feature in features if isinstance(feature, LabelInput)}
    for column in inputs.keys() - columns:
        raise InputError(
            f"data.features: {inputs[column]} of '{column}' needs Labels, Category or Text of the same column"
            f"{nearest(column, columns) or f', which are declared of: {listed(sorted(columns))}'}"
        )
    return [_completed(feature, feature.column in inputs) for feature in features]


def _completed(feature: Feature[Any], has_inputs: bool) -> Feature[Any]:
    if isinstance(feature, Labels | Category) and feature.min_films is None:
        feature = replace(feature, min_films=MIN_FILMS if has_inputs else 1)
    if isinstance(feature, Labels) and feature.weight is None:
        feature = replace(feature, weight="sqrt" if has_inputs else "one")
    if isinstance(feature, Number) and feature.scale is None:
        feature = replace(feature, scale="standard")
    return feature


def fit_all_labels(
    feature: Feature[Any], parsed: Any, train: np.ndarray, film: np.ndarray | None = None
) -> tuple[list[Block], list[Dense | Sparse]]:
    """Fit and encode a feature as `Feature.fit_encode` does, with a column for rare labels too.

    Each block's `rows` is how many of its labels, which stand first, are in `min_films` training films.
    """
    if not isinstance(feature, Labels | Category):
        return feature.fit_encode(parsed, train, film)
    blocks, parts = replace(feature, min_films=1).fit_encode(parsed, train, film)
    if isinstance(feature, Category) and feature.keep is not None:  # in the order of `keep`, rare ones left out
        return blocks, parts
    lists = parsed if isinstance(feature, Labels) else [parsed]
    for block, of_block in zip(blocks, lists, strict=True):
        block.fitted["rows"] = len(frequent(of_block, train, feature.min_films or 1, film))
    return blocks, parts


def with_more_labels(feature: Feature[Any], blocks: list[Block], more: list[Block]) -> list[Block]:
    """Return a feature's blocks of labels with those of `more` that they lack, in no spelling, behind their own."""
    if not isinstance(feature, Labels | Category) or (isinstance(feature, Category) and feature.keep is not None):
        return blocks
    extended = []
    for block, other in zip(blocks, more, strict=True):
        known, names = (pa.array(values, pa.large_string()) for values in (block.values, other.values))
        is_known = pc.is_in(keys_of(names), value_set=keys_of(known))
        fitted = {**block.fitted, "rows": block.fitted.get("rows", len(block.values))}
        values = [*block.values, *names.filter(pc.invert(is_known)).to_pylist()]
        extended.append(replace(block, values=values, fitted=fitted))
    return extended
