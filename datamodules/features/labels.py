"""Several labels in a cell, such as a cast: each label becomes a 0/1 column."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal, get_args

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.known_labels import (
    KnownLabels,
    are_unseen,
    other_notation,
    other_separator,
)
from greenlight_films.datamodules.features.vocabulary import columns_of_names, encode_labels, frequent, names_of
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import (
    is_nested,
    parse_labels,
    read_labels,
    read_lists,
    split_labels,
)
from greenlight_films.datamodules.tables.label_checks import refuse_wrong_notation, with_right_format
from greenlight_films.datamodules.tables.label_lists import LabelLists, side_by_side
from greenlight_films.datamodules.tables.label_literals import LiteralFormat
from greenlight_films.datamodules.tables.label_notations import find_notation
from greenlight_films.datamodules.tables.label_roles import read_dummies
from greenlight_films.datamodules.tables.spellings import merge_spellings, spell_as


@dataclass(frozen=True)
class Labels(Feature[list[LabelLists]]):
    """Several values in a cell, each a column of its own. A cell that holds a list is taken as it is.

    Attributes:
        separator: between the values of a `text` cell; several where cells read `A, B and C`: [", ", " and "].
        format: `text`, or a list as a program prints it: `json`, `python` as in The Movies Dataset, `numpy_array`
            (['A' 'B']), `postgres` ({A,"B C"}), `bare_brackets` ([A, B C]), `json_twice` (JSON within a JSON string).
            `dummies`: each of `from_columns` is 1 or 0, or yes or no, for the value that its name ends with.
        key: of the objects in a literal or list, the key whose value is the label.
        weight: of each value present: 1, or 1 / sqrt(values in the cell), so that a long cast does not outweigh a
            short one. By default `one`; `sqrt` where more is known of each value than its name, as by a TrackRecord.
        first_only: take the first value of a cell and leave the others.
        positions: columns of their own for the first so many positions: `Company1`, `Company2`, ...
        min_films: a value in fewer training films is dropped; where more is known of it, it is kept and has no row of
            weights of its own. By default 1, and 20 with such inputs.
        where: keys and values that the objects of a list must have, such as {job: Director}.
        from_columns: columns of the table that hold one value each, such as actor_1, actor_2; `column` is their name.
    """

    column: str
    separator: str | list[str] = ", "
    format: Literal["text", "json", "python", "numpy_array", "postgres", "bare_brackets", "json_twice", "dummies"] = (
        "text"
    )
    key: str = "name"
    weight: Literal["one", "sqrt"] | None = None
    first_only: bool = False
    positions: int | None = None
    min_films: int | None = None
    role: str | None = None
    where: dict[str, str | int | bool] | None = None
    from_columns: list[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.separator or not all(self.separator):
            problem = "`separator` must not be empty; use Category for one value a cell"
        elif self.min_films is not None and self.min_films < 1:
            problem = f"`min_films` must be 1 or more, got {self.min_films}"
        elif self.positions is not None and (self.positions < 1 or self.first_only):
            problem = f"`positions` must be 1 or more, and not together with `first_only`, got {self.positions}"
        elif self.from_columns is not None and not self.from_columns:
            problem = "`from_columns` must name a column or more, got []"
        elif self.from_columns is None and self.format == "dummies":
            problem = "`format: dummies` needs `from_columns`, the columns of 0 and 1"
        elif self.from_columns is not None and self.format not in ("text", "dummies"):
            problem = f"`from_columns` hold a text each, or are `dummies`, got `format: {self.format}`"
        else:
            return
        raise InputError(f"column '{self.column}': {problem}")

    @property
    def columns(self) -> list[str]:
        return [self.column] if self.from_columns is None else self.from_columns

    @property
    def shares_weight(self) -> bool:
        return self.weight == "sqrt" and not self.first_only

    def read(self, frame: pd.DataFrame, formats: Formats = Formats()) -> list[LabelLists]:
        """Read the labels of the column, or of `from_columns`, the first column's first."""
        if self.from_columns is None:
            return super().read(frame, formats)
        if self.format == "dummies":
            return self._by_position(read_dummies(self.column, frame[self.from_columns], formats))
        return self._by_position(
            side_by_side([read_labels(frame[name], formats.of(name)) for name in self.from_columns])
        )

    def parse(self, column: pd.Series, format: Format = Format()) -> list[LabelLists]:
        """Return the labels of each position, with `positions`; else a single list."""
        literal = self._literal(column)
        if is_nested(column):
            lists = read_lists(column, self.key, self.where)
        elif literal is None:
            lists = split_labels(column, self.separator, format)
        else:
            try:
                lists = parse_labels(column, literal, self.key, format, self.where)
            except InputError as fault:
                raise with_right_format(fault, column, literal) from None
        return self._by_position(lists)

    def _literal(self, column: pd.Series) -> LiteralFormat | None:
        """Return the format of lists in cells; only lists have objects for `where` to choose among."""
        format: str = self.format
        if self.where and format == "text" and not is_nested(column):
            notation = find_notation(column)
            format = notation.format if notation else format
        return format if format in get_args(LiteralFormat) else None  # type: ignore[return-value]

    @property
    def _are_cut(self) -> bool:
        """Whether its cells are texts that a separator parts, as far as is declared."""
        return self.format == "text" and self.from_columns is None and not self.where

    def _by_position(self, lists: LabelLists) -> list[LabelLists]:
        if self.first_only or self.positions:
            return [lists.at(position) for position in range(self.positions or 1)]
        return [lists.distinct()]

    def prepared(self, parsed: list[LabelLists]) -> tuple[list[LabelLists], list[str]]:
        """Refuse a separator or format that the cells don't have, and merge the spellings of each label."""
        if self._are_cut:
            refuse_wrong_notation(self.column, parsed[0], self.separator)
        return merge_spellings(parsed, self.column, roles=True)

    def fit(self, parsed: list[LabelLists], train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        return self.fit_encode(parsed, train, film)[0]

    def fit_encode(
        self, parsed: list[LabelLists], train: np.ndarray, film: np.ndarray | None = None
    ) -> tuple[list[Block], list[Dense | Sparse]]:
        kept = [frequent(lists, train, self.min_films or 1, film) for lists in parsed]
        names = [f"{self.column}{position + 1}" for position in range(len(parsed))] if self.positions else [self.column]
        blocks = [
            Block(name, self.named_role, "label", names_of(lists, codes), dict(lists.fitted))
            for name, lists, codes in zip(names, parsed, kept, strict=True)
        ]
        columns = [np.full(len(lists.names), -1, np.int32) for lists in parsed]
        for of_names, codes in zip(columns, kept, strict=True):  # quicker than `encode`, which looks the names up
            of_names[codes] = np.arange(len(codes))
        return blocks, self._weigh(parsed, columns)

    def encode(self, parsed: list[LabelLists], blocks: list[Block]) -> list[Dense | Sparse]:
        parsed = [
            spell_as(lists, block.values, roles=True, no_roles=block.fitted.get("no_roles", False))
            for lists, block in zip(parsed, blocks, strict=True)
        ]
        columns = [columns_of_names(lists.names, block.values) for lists, block in zip(parsed, blocks, strict=True)]
        return self._weigh(parsed, columns)

    def read_otherwise(
        self, frame: pd.DataFrame, formats: Formats, blocks: list[Block], encoded: list[Dense | Sparse]
    ) -> list[LabelLists] | None:
        """Read lists as a program prints them, such as those of a frame that became CSV; refuse another separator."""
        if not self._are_cut or not are_unseen(encoded) or is_nested(column := frame[self.column]):
            return None
        separators = [self.separator] if isinstance(self.separator, str) else self.separator
        values = list(dict.fromkeys(chain.from_iterable(block.values for block in blocks)))
        known = KnownLabels(values, any(block.fitted.get("no_roles", False) for block in blocks))
        notation = other_notation(column, separators, known)
        if notation is None:
            return None
        if notation.format == "text":
            raise other_separator(column, separators[0], notation.separators[0])
        lists = replace(self, format=notation.format, key=notation.key or self.key)  # type: ignore[arg-type]
        return lists.read(frame, formats)

    def _weigh(self, parsed: list[LabelLists], columns: list[np.ndarray]) -> list[Dense | Sparse]:
        encoded = [encode_labels(lists, of_names) for lists, of_names in zip(parsed, columns, strict=True)]
        if not self.shares_weight:
            return list(encoded)
        in_cell = sum(lists.counts() for lists in parsed)
        scale = (1 / np.sqrt(np.maximum(in_cell, 1))).astype(np.float32)
        return [replace(sparse, weights=np.repeat(scale, np.diff(sparse.offsets))) for sparse in encoded]
