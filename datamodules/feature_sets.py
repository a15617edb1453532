"""Which columns of the encoded films belong together: numbers, source columns, roles, and groups by name."""

from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from re import DOTALL, escape
from re import compile as pattern_of
from typing import Literal

import numpy as np

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.feature_space import Block, FeatureSpace

Level = Literal["number", "column", "role", "group"]


@dataclass(frozen=True)
class FeatureSet:
    """Columns of the encoded films that are shuffled together.

    Attributes:
        dense: places among the columns of numbers.
        labels: places among the label columns.
    """

    name: str
    level: Level
    dense: np.ndarray
    labels: np.ndarray


def feature_sets(space: FeatureSpace, groups: dict[str, list[str]]) -> list[FeatureSet]:
    """Return every number, in the order of the dense block, then every source column, every role and every group.

    Args:
        groups: by name, patterns of features' names such as `Cast=Tom*`, in which * stands for anything.

    Raises:
        InputError: a group has no pattern, or one that fits no feature.
    """
    # A feature's declaration has the column as it stands in the table; blocks may be several to one.
    sources = [feature["column"] for feature, group in zip(space.features, space.groups, strict=True) for _ in group]
    source_of = {id(block): source for source, block in zip(sources, chain.from_iterable(space.groups), strict=True)}
    numbers = [
        FeatureSet(name, "number", np.array([place]), np.array([], np.int64))
        for place, name in enumerate(space.dense_names())
    ]
    by_column = _sets(space, "column", [source_of[id(block)] for block in space.dense + space.labels])
    by_role = _sets(space, "role", [block.role for block in space.dense + space.labels])
    return [*numbers, *by_column, *by_role, *_groups(space, groups)]


def _sets(space: FeatureSpace, level: Level, names: list[str]) -> list[FeatureSet]:
    dense, labels = block_places(space.dense), block_places(space.labels)
    none = np.array([], np.int64)
    found = []
    for name in dict.fromkeys(names):
        of_dense = [places for places, one in zip(dense, names, strict=False) if one == name]
        of_labels = [places for places, one in zip(labels, names[len(dense) :], strict=True) if one == name]
        found.append(FeatureSet(name, level, np.concatenate([none, *of_dense]), np.concatenate([none, *of_labels])))
    return found


def block_places(blocks: list[Block]) -> list[np.ndarray]:
    """Return where the columns of each block stand, side by side."""
    ends = list(accumulate((len(block.values) for block in blocks), initial=0))
    return [np.arange(start, end) for start, end in pairwise(ends)]


def _groups(space: FeatureSpace, groups: dict[str, list[str]]) -> list[FeatureSet]:
    if not groups:
        return []
    dense, labels = space.dense_names(), space.label_names()
    return [
        FeatureSet(group, "group", *(_matching(patterns, names) for names in (dense, labels)))
        for group, patterns in groups.items()
        if _each_fits(group, patterns, dense + labels)
    ]


def _each_fits(group: str, patterns: list[str], names: list[str]) -> bool:
    if not patterns:
        raise InputError(f"permutation_importance.groups.{group} needs a pattern or more, such as [Cast=Tom*], got []")
    for pattern in patterns:
        if not len(_matching([pattern], names)):
            raise InputError(
                f"permutation_importance.groups.{group}: '{pattern}' fits no feature"
                f"{nearest(pattern, names) or '.'} Features are named as in Permu_importance_df.csv: Genre=Drama, Year"
            )
    return True


def _matching(patterns: list[str], names: list[str]) -> np.ndarray:
    fits = [pattern_of(escape(pattern).replace(r"\*", ".*"), DOTALL).fullmatch for pattern in patterns]
    return np.array([place for place, name in enumerate(names) if any(fit(name) for fit in fits)], np.int64)
