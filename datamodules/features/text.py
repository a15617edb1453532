"""The words of a text, such as an overview or a tagline: each is a 0/1 column."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.vocabulary import encode_values, vocabulary
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_cells import read_words
from greenlight_films.datamodules.tables.label_lists import LabelLists


@dataclass(frozen=True)
class Text(Feature[LabelLists]):
    """Words in small letters, each once a film, with weight 1 / sqrt(different words in the cell).

    A word is letters and digits of any script, with hyphens and apostrophes between them; a script without blanks has
    no words so. No word is left out for its meaning.

    Attributes:
        min_films: a word in fewer training films is dropped.
        role: by default `word`, also of several such columns.
    """

    column: str
    min_films: int = 20
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_films < 1:
            raise InputError(f"column '{self.column}': `min_films` must be 1 or more, got {self.min_films}")

    @property
    def shares_weight(self) -> bool:
        return True

    @property
    def named_role(self) -> str:
        return self.role or "word"

    def parse(self, column: pd.Series, format: Format = Format()) -> LabelLists:
        return read_words(column, format)

    def fit(self, parsed: LabelLists, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        return [Block(self.column, self.named_role, "label", vocabulary(parsed, train, self.min_films, film))]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        encoded = encode_values(parsed, blocks[0].values)
        weights = (1 / np.sqrt(np.maximum(parsed.counts(), 1))).astype(np.float32)
        return [replace(encoded, weights=np.repeat(weights, np.diff(encoded.offsets)))]
