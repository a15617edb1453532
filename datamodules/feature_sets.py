"""Sets of encoded columns that are shuffled together: numbers, source columns, roles, and groups that a user names."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
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
        dense: indices among the columns of numbers.
        labels: indices among the label columns.
    """

    name: str
    level: Level
    dense: np.ndarray
    labels: np.ndarray


def feature_sets(space: FeatureSpace, groups: dict[str, list[str]]) -> list[FeatureSet]:
    """Return every number, in the order of the dense block, then every source column, every role and every group.

    Args:
        groups: by name, roles, columns, or patterns of features' names such as `Cast=Tom*`, * for any text.

    Raises:
        InputError: a group is empty, or an entry of it fits no feature.
    """
    blocks = space.dense + space.labels
    # A feature's declaration has the column's name in the table; its blocks may have others.
    pairs = zip(space.features, space.groups, strict=True)
    source_of = {id(block): feature["column"] for feature, group in pairs for block in group}
    numbers = [
        FeatureSet(name, "number", np.array([index]), np.array([], np.int64))
        for index, name in enumerate(space.dense_names())
    ]
    by_column = _sets(space, "column", [source_of[id(block)] for block in blocks])
    by_role = _sets(space, "role", [block.role for block in blocks])
    return [*numbers, *by_column, *by_role, *_groups(space, groups, [*by_column, *by_role])]


def _sets(space: FeatureSpace, level: Level, names: list[str]) -> list[FeatureSet]:
    """Return a set a distinct name.

    Args:
        names: of each block, dense ones first.
    """
    dense, labels = block_columns(space.dense), block_columns(space.labels)

    def of(name: str, columns: list[np.ndarray], names_of_blocks: list[str]) -> np.ndarray:
        chosen = [block for block, other in zip(columns, names_of_blocks, strict=True) if other == name]
        return np.concatenate([np.array([], np.int64), *chosen])

    n_dense = len(dense)
    return [
        FeatureSet(name, level, of(name, dense, names[:n_dense]), of(name, labels, names[n_dense:]))
        for name in dict.fromkeys(names)
    ]


def block_columns(blocks: list[Block]) -> list[np.ndarray]:
    """Return the column indices of each block, where blocks stand side by side."""
    ends = list(accumulate((len(block.values) for block in blocks), initial=0))
    return [np.arange(start, end) for start, end in pairwise(ends)]


def _groups(space: FeatureSpace, groups: dict[str, list[str]], named: list[FeatureSet]) -> list[FeatureSet]:
    """Return a set a group: all features of its roles and columns, and those that its patterns fit."""
    if not groups:
        return []
    dense, labels = space.dense_names(), space.label_names()
    none = np.array([], np.int64)
    sets = []
    for group, entries in groups.items():
        if not entries:
            raise InputError(f"permutation_importance.groups.{group} needs a role, column or pattern, got []")
        parts = [part for entry in entries for part in _of_entry(group, entry, dense, labels, named)]
        sets.append(
            FeatureSet(
                group,
                "group",
                np.unique(np.concatenate([none, *(part[0] for part in parts)])),
                np.unique(np.concatenate([none, *(part[1] for part in parts)])),
            )
        )
    return sets


def _of_entry(
    group: str, entry: str, dense: list[str], labels: list[str], named: list[FeatureSet]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the indices, among numbers and among labels, of what a role, a column or a pattern stands for."""
    if sets := [(item.dense, item.labels) for item in named if item.name == entry]:
        return sets
    indices = (_matching([entry], dense), _matching([entry], labels))
    if not len(indices[0]) + len(indices[1]):
        known = [*dense, *labels, *(item.name for item in named)]
        raise InputError(
            f"permutation_importance.groups.{group}: '{entry}' fits no role, column or feature"
            f"{nearest(entry, known) or '.'} Features are named as in Permu_importance_df.csv: Genre=Drama, Year"
        )
    return [indices]


def _matching(patterns: list[str], names: list[str]) -> np.ndarray:
    fits = [pattern_of(escape(pattern).replace(r"\*", ".*"), DOTALL).fullmatch for pattern in patterns]
    return np.array([index for index, name in enumerate(names) if any(fit(name) for fit in fits)], np.int64)
