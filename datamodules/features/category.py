"""One label in a cell, such as a studio: each label becomes a 0/1 column, rare ones share a column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.known_dates import known_dates
from greenlight_films.datamodules.features.vocabulary import columns_of_names, encode_labels, vocabulary
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import read_labels
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.spellings import merge_spellings, spell_as


@dataclass(frozen=True)
class Category(Feature[LabelLists]):
    """One value in a cell; a missing cell has none.

    Attributes:
        keep: the values that have a column; by default all of the training rows'.
        other: the column for every other value; None leaves such values out.
        min_films: a value in fewer training films counts as other; where more is known of each value than its name,
            such as a TrackRecord, it has no row of weights of its own. By default 1, and 20 with such inputs.
    """

    column: str
    keep: list[str] | None = None
    other: str | None = "Other"
    min_films: int | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_films is not None and self.min_films < 1:
            raise InputError(f"column '{self.column}': `min_films` must be 1 or more, got {self.min_films}")
        if self.keep is not None and len(set(self.keep)) < len(self.keep):
            raise InputError(f"column '{self.column}': `keep` must name each value once, got {self.keep}")

    def parse(self, column: pd.Series, format: Format = Format()) -> LabelLists:
        return read_labels(column, format)

    def prepared(self, parsed: LabelLists) -> tuple[LabelLists, list[str]]:
        (merged,), notices = merge_spellings([parsed], self.column)
        return spell_as(merged, self.keep) if self.keep else merged, notices

    def fit(self, parsed: LabelLists, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        seen = vocabulary(parsed, train, self.min_films or 1, film)
        values = seen if self.keep is None else [value for value in self.keep if value in set(seen)]
        pooled = len(values) < len(vocabulary(parsed, train))
        if self.other is not None and self.other not in values and pooled:
            values.append(self.other)
        return [Block(self.column, self.named_role, "label", values)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        values = blocks[0].values
        parsed = spell_as(parsed, values)
        columns = columns_of_names(parsed.names, values)
        if self.other in values:
            columns = np.where(columns < 0, values.index(self.other), columns)
        return [encode_labels(parsed, columns)]

    def read_otherwise(
        self, frame: pd.DataFrame, formats: Formats, blocks: list[Block], encoded: list[Dense | Sparse]
    ) -> LabelLists | None:
        """Read dates of another type, or in other texts, as those that are known."""
        (part,), values = encoded, blocks[0].values
        assert isinstance(part, Sparse)
        other = values.index(self.other) if self.other in values else -1
        n_other = np.count_nonzero(part.columns == other)
        if int(part.unseen.sum()) + n_other <= len(part.columns) - n_other:
            return None
        texts = known_dates(frame[self.column], values)
        return None if texts is None else self.parse(texts, formats.of(self.column))
