"""Columns for every label of the training films, of which the frequent ones have a row of weights."""

from dataclasses import replace
from typing import Any

import numpy as np

from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.category import Category
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.labels import Labels
from greenlight_films.datamodules.features.vocabulary import frequent


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
