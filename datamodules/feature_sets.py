"""Sets of encoded columns that are shuffled together: numbers, source columns, roles, and groups that a user names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

import numpy as np

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.feature_space import Block, FeatureSpace

Level = Literal["number", "column", "role", "group", "value"]
NONE = np.array([], np.int64)


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
    """
    if not isinstance(groups, dict) or not all(isinstance(entries, list | tuple) for entries in groups.values()):
        raise InputError(f'groups must be lists of names by name, such as {{"Toms": ["Cast=Tom *"]}}, got {groups!r}')
    numbers = [FeatureSet(name, "number", np.array([index]), NONE) for index, name in enumerate(space.dense_names())]
    named = [*_sets(space, "column"), *_sets(space, "role")]
    return [*numbers, *named, *(_group(space, group, entries, named) for group, entries in groups.items())]


def named_sets(space: FeatureSpace, groups: dict[str, list[str]], names: list[str]) -> list[FeatureSet]:
    """Return the sets with some names: groups, roles, columns, numbers, or single values such as `Cast=Tom Hanks`."""
    sets = {part.name: part for part in feature_sets(space, groups)}
    is_of_sets = all(name in sets for name in names)  # names of a million labels are for those who ask for one
    labels = {} if is_of_sets else {name: index for index, name in enumerate(space.label_names())}
    chosen = []
    for name in names:
        if name not in sets and name not in labels:
            near = nearest(name, [*sets, *labels]) or "."
            raise InputError(
                f"permutation_importance.conditional: '{name}' is no column, role, group or feature{near} Features are "
                "named as in Permu_importance_df.csv: Genre=Drama, Year"
            )
        chosen.append(sets.get(name) or FeatureSet(name, "value", NONE, np.array([labels[name]])))
    return chosen


def feature_names(space: FeatureSpace, entries: Sequence[str]) -> list[str]:
    """Return the names of features that are named, or of some roles and columns, or that patterns fit.

    Raises:
        InputError: one of these fits no feature.
    """
    named = [*_sets(space, "column"), *_sets(space, "role")]
    chosen = _matched(space, "permutation_importance.features", entries, named)
    dense, labels = space.dense_names(), space.label_names()
    return [*(dense[index] for index in chosen[0]), *(labels[index] for index in chosen[1])]


def _sets(space: FeatureSpace, level: Literal["column", "role"]) -> list[FeatureSet]:
    """Return a set for each distinct column or role of the blocks, dense ones first."""
    # A feature's declaration has the column's name in the table; its blocks may have others.
    parts = [
        (feature["column"] if level == "column" else block.role, block.kind == "label", columns)
        for feature, block, columns in space.blocks()
    ]

    def indices(name: str, are_labels: bool) -> np.ndarray:
        own = (columns for other, is_label, columns in parts if (other, is_label) == (name, are_labels))
        return np.concatenate([NONE, *own])

    names = dict.fromkeys(name for name, *_ in sorted(parts, key=lambda part: part[1]))
    return [FeatureSet(name, level, indices(name, False), indices(name, True)) for name in names]


def block_columns(blocks: list[Block]) -> list[np.ndarray]:
    """Return the column indices of each block, where blocks stand side by side."""
    ends = accumulate((len(block.values) for block in blocks), initial=0)
    return [np.arange(start, end) for start, end in pairwise(ends)]


def _group(space: FeatureSpace, group: str, entries: list[str], named: list[FeatureSet]) -> FeatureSet:
    option = f"permutation_importance.groups.{group}"
    if not entries:
        raise InputError(f"{option} needs a role, column or pattern, got []")
    return FeatureSet(group, "group", *_matched(space, option, entries, named))


def _matched(
    space: FeatureSpace, option: str, entries: Sequence[str], named: list[FeatureSet]
) -> tuple[np.ndarray, np.ndarray]:
    """Return all features of an option's roles and columns, and those that its patterns fit: dense ones, labels."""
    dense, labels = space.dense_names(), space.label_names()
    parts = []
    for entry in entries:
        sets = [(item.dense, item.labels) for item in named if item.name == entry]
        if not sets:
            sets = [(_matching(entry, dense), _matching(entry, labels))]
            if not sum(map(len, sets[0])):
                near = nearest(entry, [*dense, *labels, *(item.name for item in named)]) or "."
                raise InputError(
                    f"{option}: '{entry}' fits no role, column or feature{near} Features "
                    "are named as in Permu_importance_df.csv: Genre=Drama, Year"
                )
        parts += sets
    in_dense, in_labels = (np.unique(np.concatenate(side)) for side in zip(*parts, strict=True))
    return in_dense, in_labels


def _matching(pattern: str, names: list[str]) -> np.ndarray:
    fits = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.DOTALL).fullmatch
    return np.array([index for index, name in enumerate(names) if fits(name)], np.int64)
