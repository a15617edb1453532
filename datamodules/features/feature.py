"""The contract of a declared column: parse its cells, learn from the training rows, encode any rows."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd

from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.fingerprint import digest
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Format, Formats

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Dense:
    """Encoded numbers.

    Attributes:
        values: (n_rows, n_columns) float32, scaled for the network.
        unscaled: (n_rows, n_columns) float64, in the number's own unit (log1p taken), gaps filled with the median.
    """

    values: np.ndarray
    unscaled: np.ndarray


@dataclass(frozen=True)
class Sparse:
    """Encoded labels in CSR layout.

    Attributes:
        offsets: (n_rows + 1,) int64.
        columns: (n_labels,) int32, each once in a row, from 0 in the block.
        weights: (n_labels,) float32.
        unseen: (n_rows,) int32, number of the row's labels that have no column.
    """

    offsets: np.ndarray
    columns: np.ndarray
    weights: np.ndarray
    unseen: np.ndarray


class Feature(ABC, Generic[Parsed]):
    """A declared column of the table."""

    column: str
    role: str | None
    need: ClassVar[Need] = "text"  # what its cells are read as

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", str(self.column))  # columns of a data frame may have numbers as names
        refuse_other_types(type(self), vars(self), f"column '{self.column}': `{{}}`")

    @property
    def columns(self) -> list[str]:
        """The table's columns that it reads."""
        return [self.column]

    def read(self, frame: pd.DataFrame, formats: Formats = Formats()) -> Parsed:
        """Read its cells from a table."""
        return self.parse(frame[self.column], formats.of(self.column))

    @abstractmethod
    def parse(self, column: pd.Series, format: Format = Format()) -> Parsed:
        """Read the cells; what cannot be read is refused with its row and value."""

    def prepared(self, parsed: Parsed) -> tuple[Parsed, list[str]]:
        """Return a whole table's cells as `fit` takes them, and sentences on what was assumed or merged.

        It is called once, where the feature is fitted, and refuses cells that are plainly not as declared.
        """
        return parsed, []

    @abstractmethod
    def fit(self, parsed: Parsed, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        """Learn from the rows `train` (their indices) and return the blocks of columns that this feature fills.

        Where several rows are of a film, `film` has its code for each row, (n_rows,): films are counted, not rows.
        """

    @abstractmethod
    def encode(self, parsed: Parsed, blocks: list[Block]) -> list[Dense | Sparse]:
        """Encode every row, with an array for each block that `fit` returned."""

    def read_otherwise(
        self, frame: pd.DataFrame, formats: Formats, blocks: list[Block], encoded: list[Dense | Sparse]
    ) -> Parsed | None:
        """Read the cells of a new table as they are written, where that is otherwise than in the table of `fit`.

        Args:
            encoded: the cells, read as in that table.

        Returns:
            None where nothing more is known of them so.

        Raises:
            InputError: they are plainly written otherwise than declared.
        """
        return None

    def fit_encode(
        self, parsed: Parsed, train: np.ndarray, film: np.ndarray | None = None
    ) -> tuple[list[Block], list[Dense | Sparse]]:
        blocks = self.fit(parsed, train, film)
        return blocks, self.encode(parsed, blocks)

    def digest(self, parsed: Parsed) -> bytes:
        """Return a digest of the values as read, for the table's fingerprint."""
        return digest(parsed)

    def declaration(self) -> dict[str, Any]:
        """Return class name and arguments as plain data."""
        return {"feature": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    @property
    def shares_weight(self) -> bool:
        """Whether each label of a cell is encoded with 1 / sqrt(labels in the cell); else with 1."""
        return False

    @property
    def named_role(self) -> str:
        return self.role or self.column
