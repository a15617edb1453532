"""Several labels in a cell, such as a cast: each label becomes a 0/1 column."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import (
    columns_of_codes,
    columns_of_names,
    encode_labels,
    frequent,
    names_of,
)
from greenlight_films.datamodules.tables.cells import is_nested, parse_labels, read_lists, split_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists


@dataclass(frozen=True)
class Labels(Feature[list[LabelLists]]):
    """Several values in a cell, each a column of its own. A cell that holds a list is taken as it is.

    Attributes:
        separator: between the values of a `text` cell.
        format: `text`, or a literal: `json`, or `python` as in The Movies Dataset.
        key: of the objects in a literal or list, the key whose value is the label.
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
        """Return the labels of each position, with `positions`; else a single list."""
        lists = self._read(column)
        if self.first_only:
            return [lists.at(0)]
        if self.positions:
            return [lists.at(position) for position in range(self.positions)]
        return [lists.distinct()]

    def _read(self, column: pd.Series) -> LabelLists:
        if is_nested(column):
            return read_lists(column, self.key)
        if self.format == "text":
            return split_labels(column, self.separator)
        return parse_labels(column, self.format, self.key)

    def fit(self, parsed: list[LabelLists], train: np.ndarray) -> list[Block]:
        return self.fit_encode(parsed, train)[0]

    def fit_encode(self, parsed: list[LabelLists], train: np.ndarray) -> tuple[list[Block], list[Dense | Sparse]]:
        kept = [frequent(lists, train, self.min_films) for lists in parsed]
        names = [f"{self.column}{position + 1}" for position in range(len(parsed))] if self.positions else [self.column]
        blocks = [
            Block(name, self.named_role, "label", names_of(lists, codes))
            for name, lists, codes in zip(names, parsed, kept, strict=True)
        ]
        # Quicker than `encode`, which looks the names up.
        columns = [columns_of_codes(codes, len(lists.names)) for lists, codes in zip(parsed, kept, strict=True)]
        return blocks, self._weigh(parsed, columns)

    def encode(self, parsed: list[LabelLists], blocks: list[Block]) -> list[Dense | Sparse]:
        columns = [columns_of_names(lists.names, block.values) for lists, block in zip(parsed, blocks, strict=True)]
        return self._weigh(parsed, columns)

    def _weigh(self, parsed: list[LabelLists], columns: list[np.ndarray]) -> list[Dense | Sparse]:
        encoded = [encode_labels(lists, of_names) for lists, of_names in zip(parsed, columns, strict=True)]
        if self.weight == "one":
            return list(encoded)
        in_cell = sum(lists.counts() for lists in parsed)
        scale = (1 / np.sqrt(np.maximum(in_cell, 1))).astype(np.float32)
        return [replace(sparse, weights=np.repeat(scale, np.diff(sparse.offsets))) for sparse in encoded]
