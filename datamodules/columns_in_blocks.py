"""Columns of labels of a large Parquet table, parsed a block of rows at a time: their text is never in memory whole.

What is kept of them is what features parse: a code for each label, and the names. All other columns are read whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.conditions import Condition
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.features import Category, Feature, LabelInput, Labels, Popularity, Text
from greenlight_films.datamodules.film_ids import columns_in
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.label_lists import LabelLists, stacked
from greenlight_films.datamodules.tables.missing_cells import find_missing_texts, may_be_missing
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles

LARGE = 1_000_000
"""Rows of a Parquet table from which on it is read in blocks."""

NOTICE = "The table is read in blocks: copies of rows, and films in other spellings, are not looked for."


@dataclass(frozen=True)
class ColumnsInBlocks:
    """Columns that stay in their files.

    Attributes:
        names: of these columns, in the table's order.
        whole: the columns that are read whole.
    """

    files: ParquetFiles
    names: list[str]
    whole: list[str]

    @classmethod
    def of(cls, table: str, declared: Declared, where: Condition | None) -> "ColumnsInBlocks | None":
        """Return the columns of a table that are to be read in blocks; None where it is to be read whole."""
        files = ParquetFiles.find(table)
        if files is None or files.n_rows < LARGE or _unusual(files.schema.names):
            return None
        whole = {*_read_otherwise(declared), *(where.needs() if where else ())}
        needed = {name for feature in declared.features for name in feature.columns}
        names = [field.name for field in files.schema if field.name in needed - whole and _of_texts(field.type)]
        in_memory = [name for name in files.schema.names if name in needed | whole and name not in names]
        return cls(files, names, in_memory) if names else None

    def frame(self) -> pd.DataFrame:
        """Return the table with its other columns alone filled; all others have no cell."""
        frame = from_arrow(self.files.read(self.whole))
        empty = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.nulls(self.files.n_rows)])))
        columns = {name: frame.get(name, empty) for name in self.files.schema.names}
        return pd.DataFrame(columns, copy=False)

    def formats(self, known: Formats, rows: pd.Index) -> tuple[Formats, list[str]]:
        """Return formats with those of these columns, found in some rows, and sentences on what was assumed."""
        texts = [name for name in self.names if not pa.types.is_nested(self.files.schema.field(name).type)]
        texts = [name for name in texts if known.of(name).missing is None]
        doubtful = {name for block in self._blocks(texts, rows) for name in texts if may_be_missing(block[name])}
        formats, notices = dict[str, Format](), list[str]()
        for name in filter(doubtful.__contains__, texts):  # all its texts must be known, a column at a time
            column = from_arrow(self.files.read([name])).loc[rows]
            found, more = find_missing_texts(column, [name], known)
            formats |= found
            notices += more
        return known.updated(formats), notices

    def cells(self, features: Sequence[Feature[Any]], formats: Formats, rows: pd.Index) -> dict[int, Any]:
        """Return the parsed cells of these columns in some rows, ascending, by the index of the feature.

        They are what the features' `read` returns of all rows at once.
        """
        read = [not isinstance(feature, LabelInput) and set(feature.columns) <= set(self.names) for feature in features]
        indices = np.flatnonzero(read).tolist()
        parts: dict[int, list[Any]] = {index: [] for index in indices}
        for block in self._blocks(self.names, rows):
            for index in indices:
                parts[index].append(features[index].read(block, formats))
                if _n_names(parts[index][1:]) > _n_names(parts[index][:1]):  # the same names, mostly
                    parts[index] = [_joined(parts[index])]
        return {index: _joined(parts.pop(index)) for index in indices}

    def _blocks(self, names: Sequence[str], rows: pd.Index) -> Iterator[pd.DataFrame]:
        """Yield the rows, a block at a time; as in a frame that is read whole, their index counts the table's rows."""
        numbers, start = rows.to_numpy(), 0
        for block in self.files.blocks(names) if names else ():
            first, last = np.searchsorted(numbers, (start, start + len(block)))
            frame = from_arrow(block).set_axis(pd.RangeIndex(start, start + len(block)))
            yield frame if last - first == len(block) else frame.loc[numbers[first:last]]
            start += len(block)


def _unusual(names: list[str]) -> bool:
    """Return whether names must be put right, as those of a table that is read whole are."""
    return len(set(names)) < len(names) or any(name != name.strip() or not name for name in names)


def _read_otherwise(declared: Declared) -> Iterator[str]:
    """Yield the columns whose cells are used beside features, or are read by features that need them all at once."""
    parts = (declared.film, declared.title, declared.weight, getattr(declared.split, "by", None))
    yield from (name for part in parts for name in columns_in(part))
    yield from (*declared.target.columns, *declared.records_of())
    for feature in declared.features:
        is_by_row = type(feature) in (Labels, Category, Text, Popularity) or isinstance(feature, LabelInput)
        if isinstance(feature, Labels) and (feature.where or feature.from_columns):
            is_by_row = False
        if not is_by_row or is_year(feature.column):
            yield from feature.columns


def _of_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _n_names(parts: Sequence[Any]) -> int:
    return sum(len(lists.names) for part in parts for lists in _as_list(part))


def _as_list(parsed: Any) -> list[LabelLists]:
    return parsed if isinstance(parsed, list) else [parsed]


def _joined(parts: Sequence[Any]) -> Any:
    """Return what a feature parsed of several blocks as what it parses of all of their rows."""
    if isinstance(parts[0], list):
        return [stacked(lists) for lists in zip(*parts, strict=True)]
    return stacked(parts)
