"""Labels: several values in a cell, or one."""

import ast
import json
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import (
    encode_labels,
    frequent,
    inverse,
    names_of,
    places_of,
    vocabulary,
)
from greenlight_films.datamodules.tables.cells import LabelLists, parse_labels, read_labels, split_labels


@dataclass(frozen=True)
class Labels(Feature[list[LabelLists]]):
    """Several values in a cell, each a column of its own.

    Attributes:
        separator: between the values of a `text` cell.
        format: `text`, or a literal: `json`, or `python` as in The Movies Dataset.
        key: of the objects in a literal, the one that names the value.
        weight: of each value present: 1, or 1 / sqrt(values in the cell), so that a long cast does not outweigh a
            short one.
        first_only: take the first value of a cell and leave the others.
        positions: columns of their own for the first so many positions: `Company1`, `Company2`, ...
        min_films: a value in fewer training rows is dropped.
    """

    column: str
    separator: str = ", "
    format: Literal["text", "json", "python"] = "text"
    key: str = "name"
    weight: Literal["one", "sqrt"] = "one"
    first_only: bool = False
    positions: int | None = None
    min_films: int = 1
    role: str | None = None

    def __post_init__(self) -> None:
        if not self.separator:
            raise InputError(
                f"column '{self.column}': `separator` must not be empty; use Category for one value a cell"
            )
        if self.min_films < 1:
            raise InputError(f"column '{self.column}': `min_films` must be 1 or more, got {self.min_films}")
        if self.positions is not None and (self.positions < 1 or self.first_only):
            raise InputError(
                f"column '{self.column}': `positions` must be 1 or more, and not together with `first_only`, "
                f"got {self.positions}"
            )

    def parse(self, column: pd.Series) -> list[LabelLists]:
        if self.format == "text":
            lists = split_labels(column, self.separator)
        else:
            lists = parse_labels(column, json.loads if self.format == "json" else ast.literal_eval, self.key)
        if self.first_only:
            return [lists.at(0)]
        if self.positions:
            return [lists.at(position) for position in range(self.positions)]
        return [lists.distinct()]

    def fit(self, parsed: list[LabelLists], train: np.ndarray) -> list[Block]:
        return self.fit_encode(parsed, train)[0]

    def fit_encode(self, parsed: list[LabelLists], train: np.ndarray) -> tuple[list[Block], list[Dense | Sparse]]:
        kept = [frequent(lists, train, self.min_films) for lists in parsed]
        names = [f"{self.column}{position + 1}" for position in range(len(parsed))] if self.positions else [self.column]
        blocks = [
            Block(name, self.named_role, "label", names_of(lists.names, codes))
            for name, lists, codes in zip(names, parsed, kept, strict=True)
        ]
        # The codes tell where a label stands; `encode` has to look its name up.
        places = [inverse(codes, len(lists.names)) for lists, codes in zip(parsed, kept, strict=True)]
        return blocks, self._weigh(parsed, places)

    def encode(self, parsed: list[LabelLists], blocks: list[Block]) -> list[Dense | Sparse]:
        places = [places_of(lists.names, block.values) for lists, block in zip(parsed, blocks, strict=True)]
        return self._weigh(parsed, places)

    def _weigh(self, parsed: list[LabelLists], places: list[np.ndarray]) -> list[Dense | Sparse]:
        parts = [encode_labels(lists, place) for lists, place in zip(parsed, places, strict=True)]
        if self.weight == "one":
            return list(parts)
        in_cell = sum(lists.counts() for lists in parsed)
        scale = (1 / np.sqrt(np.maximum(in_cell, 1))).astype(np.float32)
        return [replace(part, weights=np.repeat(scale, np.diff(part.offsets))) for part in parts]


@dataclass(frozen=True)
class Category(Feature[LabelLists]):
    """One value in a cell; a missing cell has none.

    Attributes:
        keep: the values that have a column; by default all of the training rows'.
        other: the column for every other value; None leaves such values out.
        min_films: a value in fewer training rows counts as other.
    """

    column: str
    keep: list[str] | None = None
    other: str | None = "Other"
    min_films: int = 1
    role: str | None = None

    def __post_init__(self) -> None:
        if self.min_films < 1:
            raise InputError(f"column '{self.column}': `min_films` must be 1 or more, got {self.min_films}")
        if self.keep is not None and len(set(self.keep)) < len(self.keep):
            raise InputError(f"column '{self.column}': `keep` must name each value once, got {self.keep}")

    def parse(self, column: pd.Series) -> LabelLists:
        return read_labels(column)

    def fit(self, parsed: LabelLists, train: np.ndarray) -> list[Block]:
        seen = vocabulary(parsed, train, self.min_films)
        values = seen if self.keep is None else [value for value in self.keep if value in set(seen)]
        pooled = len(values) < len(vocabulary(parsed, train, 1))
        if self.other is not None and self.other not in values and pooled:
            values.append(self.other)
        return [Block(self.column, self.named_role, "label", values)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        values = blocks[0].values
        place = places_of(parsed.names, values)
        if self.other in values:
            place = np.where(place < 0, values.index(self.other), place)
        return [encode_labels(parsed, place)]
