"""The names of the encoded columns: what each column is, and which column of the table it comes from."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import numpy as np

Kind = Literal["number", "missing", "label"]
"""number: a scaled value. missing: 1 where the number is missing. label: 1 where the film has it, else 0."""


@dataclass(frozen=True)
class Block:
    """Neighbouring columns of the same kind, from the same source column.

    Attributes:
        column: the table's column; a label at a position carries its number, as `ProductionCompanies2`, and a part of
            a date its name, as `Released year`.
        role: of the values in a film: actor, director, company, ...
        values: the label of each column; for a number, the name of its column.
        fitted: medians, means or counts of the training rows.
    """

    column: str
    role: str
    kind: Kind
    values: list[str]
    fitted: dict[str, Any] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return a name a column: `Runtime`, `Runtime is missing`, `Released year`, `Cast=Tom Hanks`."""
        if self.kind == "label":
            return [f"{self.column}={value}" for value in self.values]
        return self.values if self.kind == "number" else [f"{self.column} is missing"]


@dataclass(frozen=True)
class FeatureSpace:
    """All columns of the encoded films, as plain data: the declared features, and the blocks of each.

    Dense blocks (numbers) stand side by side in the order of `groups`, and so do the label blocks.
    """

    features: list[dict[str, Any]]
    groups: list[list[Block]]

    @property
    def dense(self) -> list[Block]:
        return [block for block in chain.from_iterable(self.groups) if block.kind != "label"]

    @property
    def labels(self) -> list[Block]:
        return [block for block in chain.from_iterable(self.groups) if block.kind == "label"]

    @property
    def n_dense(self) -> int:
        return sum(len(block.values) for block in self.dense)

    @property
    def n_labels(self) -> int:
        return sum(len(block.values) for block in self.labels)

    def blocks(self) -> Iterator[tuple[dict[str, Any], Block, np.ndarray]]:
        """Yield each block with its feature's declaration and the indices of its columns, dense ones or label ones."""
        ends = {"dense": 0, "labels": 0}
        for feature, group in zip(self.features, self.groups, strict=True):
            for block in group:
                side = "labels" if block.kind == "label" else "dense"
                start, ends[side] = ends[side], ends[side] + len(block.values)
                yield feature, block, np.arange(start, ends[side])

    def counts_names(self) -> list[bool]:
        """Return whether each dense column counts the names of a cell, n_dense values."""
        return self._declared(lambda feature: feature.get("feature") == "Size")

    def in_logarithms(self) -> list[bool]:
        """Return whether each dense column holds log1p of the table's number, n_dense values."""
        return self._declared(lambda feature: bool(feature.get("log1p")) or feature.get("feature") == "Size")

    def _declared(self, holds: Callable[[dict[str, Any]], bool]) -> list[bool]:
        return [
            holds(feature) and block.kind == "number" for feature, block, _ in self.blocks() if block.kind != "label"
        ]

    def encodings(self) -> list[dict[str, Any]]:
        """Return how the first layer takes each dense column, n_dense of them.

        {}: as it is. {"edges": [...]}: also as a share of each bin between ascending edges, in the column's own scale.
        {"sigma": 0.3}: as waves, whose frequencies are drawn with that deviation.
        """
        return [block.fitted.get("encoding", {}) for block in self.dense for _ in block.values]

    def with_row(self) -> np.ndarray:
        """Return whether a label has a row of weights of its own, beside what is known of it, (n_labels,) bool."""
        parts = [np.arange(len(block.values)) < block.fitted.get("rows", len(block.values)) for block in self.labels]
        return np.concatenate([np.zeros(0, dtype=bool), *parts])

    def names(self) -> list[str]:
        """Return the names of all columns, numbers first."""
        return [*self.dense_names(), *self.label_names()]

    def dense_names(self) -> list[str]:
        return list(chain.from_iterable(block.names() for block in self.dense))

    def label_names(self) -> list[str]:
        return list(chain.from_iterable(block.names() for block in self.labels))

    def to_json(self) -> str:
        return self._json

    @cached_property
    def _json(self) -> str:  # of many names, and written with each checkpoint
        return json.dumps(vars(self), ensure_ascii=False, default=vars)

    @classmethod
    def from_json(cls, text: str) -> "FeatureSpace":
        plain = json.loads(text)
        return cls(plain["features"], [[Block(**block) for block in group] for group in plain["groups"]])
