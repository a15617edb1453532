"""`Size`: the number of names in a cell, as log(1 + n)."""

from dataclasses import dataclass

import numpy as np

from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Sparse
from greenlight_films.datamodules.features.label_input import LabelInput
from greenlight_films.datamodules.features.number import Number


@dataclass(frozen=True)
class Size(LabelInput):
    """The number of names in a cell, known or not, as log(1 + n).

    It may tell how well a film is documented rather than how it was made.
    """

    column: str
    role: str | None = None

    def fit_counts(self, counts: np.ndarray, train: np.ndarray) -> list[Block]:
        """Learn the scale from the training rows; `counts` is (n_rows,)."""
        name = f"number of names in {self.column}"
        (block,) = Number(name, role=self.named_role).fit(np.log1p(counts), train)
        return [Block(self.column, self.named_role, "number", [name], block.fitted)]

    def encode_counts(self, counts: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        return Number(self.column).encode(np.log1p(counts), blocks)
