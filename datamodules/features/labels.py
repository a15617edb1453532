"""Several labels in a cell, such as a cast: each label becomes a 0/1 column."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import columns_of_names, encode_labels, frequent, names_of
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_cells import is_nested, parse_labels, read_lists, split_labels
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
        super().__post_init__()
        if not self.separator:
            problem = "`separator` must not be empty; use Category for one value a cell"
        elif self.min_films < 1:
            problem = f"`min_films` must be 1 or more, got {self.min_films}"
        elif self.positions is not None and (self.positions < 1 or self.first_only):
            problem = f"`positions` must be 1 or more, and not together with `first_only`, got {self.positions}"
        else:
            return
        raise InputError(f"column '{self.column}': {problem}")

    def parse(self, column: pd.Series, format: Format = Format()) -> list[LabelLists]:
        """Return the labels of each position, with `positions`; else a single list."""
        if is_nested(column):
            lists = read_lists(column, self.key)
        elif self.format == "text":
            lists = split_labels(column, self.separator, format)
        else:
            lists = parse_labels(column, self.format, self.key, format)
        if self.first_only or self.positions:
            return [lists.at(position) for position in range(self.positions or 1)]
        return [lists.distinct()]

    def fit(self, parsed: list[LabelLists], train: np.ndarray) -> list[Block]:
        return self.fit_encode(parsed, train)[0]

    def fit_encode(self, parsed: list[LabelLists], train: np.ndarray) -> tuple[list[Block], list[Dense | Sparse]]:
        kept = [frequent(lists, train, self.min_films) for lists in parsed]
        names = [f"{self.column}{position + 1}" for position in range(len(parsed))] if self.positions else [self.column]
        blocks = [
            Block(name, self.named_role, "label", names_of(lists, codes))
            for name, lists, codes in zip(names, parsed, kept, strict=True)
        ]
        columns = [np.full(len(lists.names), -1) for lists in parsed]
        for of_names, codes in zip(columns, kept, strict=True):  # quicker than `encode`, which looks the names up
            of_names[codes] = np.arange(len(codes))
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
