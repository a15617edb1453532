"""Columns of labels of a large table, parsed a block of rows at a time: their text is never in memory whole.

What is kept of them is what features parse: a code for each label, and the names. Other columns are read whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.conditions import Condition
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.features import Category, Feature, LabelInput, Labels, Popularity, Text
from greenlight_films.datamodules.film_ids import columns_in
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.tables.column_names import INDEX_NAMES, named
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.label_lists import stacked
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.missing_cells import find_missing_texts, may_be_missing
from greenlight_films.datamodules.tables.read_table import Table
from greenlight_films.datamodules.tables.table_in_blocks import TableInBlocks, find_in_blocks

ShowRows = Callable[[int, int], None]

LARGE = 1_000_000
"""Rows of a table from which on it is read in blocks."""

LONGEST_NUMBER = 40
"""Characters of a cell that holds a number or a date, in whatever words."""

NOTICE = (
    "The table is read in blocks: copies of rows, films in other spellings, and categories that are cut from the "
    "target are not looked for."
)


@dataclass(frozen=True)
class ColumnsInBlocks:
    """Columns that stay in their files.

    Attributes:
        names: of these columns, in the table's order.
        whole: the columns that are read whole.
        show_rows: is called with the number of rows that are read, and of all.
    """

    files: TableInBlocks
    names: list[str]
    whole: list[str]
    show_rows: ShowRows | None = None

    @classmethod
    def of(
        cls,
        table: str,
        declared: Declared,
        where: Condition | None,
        layout: Layout = Layout(),
        show_rows: ShowRows | None = None,
    ) -> "ColumnsInBlocks | None":
        """Return the columns of a table that are to be read in blocks; None where it is to be read whole."""
        needed = {name for feature in declared.features for name in feature.columns}
        of_condition = where.needs() if where else {}
        whole = {*_read_otherwise(declared), *of_condition}
        files = find_in_blocks(table, layout, LARGE) if needed - whole else None
        if files is None or _unusual(files.schema.names):
            return None
        whole |= {*_numbers_beside(files, [*declared.needs().items(), *of_condition.items()])}
        whole |= {name for name, own in zip(files.schema.names, files.names, strict=True) if own.strip() in INDEX_NAMES}
        names = [field.name for field in files.schema if field.name in needed - whole and _of_texts(field.type)]
        in_memory = [name for name in files.schema.names if name in needed | whole and name not in names]
        return cls(files, names, in_memory, show_rows) if names and in_memory else None

    def table(self) -> Table:
        """Return the table with its other columns alone filled; all others have no cell."""
        frame = self._read(self.whole)
        empty = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.nulls(self.files.n_rows)])))
        columns = {name: frame.get(name, empty) for name in self.files.schema.names}
        frame, notices = named(pd.DataFrame(columns, copy=False), self.files.names, "--data.table")
        return Table(frame, self.files.layout, {}, (*self.files.notices, *notices))

    def _read(self, names: Sequence[str]) -> pd.DataFrame:
        return from_arrow(pa.concat_tables(block for _, block in self._counted(names)))

    def _counted(self, names: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the table's blocks, each with the number of its first row, from 0."""
        start = 0
        for block in self.files.blocks(names):
            yield start, block
            start += len(block)
            if self.show_rows:
                self.show_rows(start, self.files.n_rows)

    def formats(self, known: Formats, rows: pd.Index) -> tuple[Formats, list[str]]:
        """Return formats with those of these columns, found in some rows, and sentences on what was assumed."""
        texts = [name for name in self.names if not pa.types.is_nested(self.files.schema.field(name).type)]
        texts = [name for name in texts if known.of(name).missing is None]
        doubtful = {name for block in self._blocks(texts, rows) for name in texts if may_be_missing(block[name])}
        formats, notices = dict[str, Format](), list[str]()
        for name in filter(doubtful.__contains__, texts):  # all its texts must be known, a column at a time
            its_format, assumed = find_missing_texts(self._read([name]).loc[rows], [name], known)
            formats |= its_format
            notices += assumed
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
        numbers = rows.to_numpy()
        for start, block in self._counted(names) if names else ():
            first, last = np.searchsorted(numbers, (start, start + len(block)))
            frame = from_arrow(block).set_axis(pd.RangeIndex(start, start + len(block)))
            yield frame if last - first == len(block) else frame.loc[numbers[first:last]]


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


def _numbers_beside(files: TableInBlocks, needs: Sequence[tuple[str, set[Need]]]) -> list[str]:
    """Return the columns that may hold numbers or dates, where texts are to be read as such.

    What `1,234` and `03/04/05` are may be told by the numbers and dates of other columns alone.
    """
    numbers = {name for name, its in needs if its & {"number", "date"}}
    if not any(_of_texts(field.type) for field in files.schema if field.name in numbers):
        return []
    first = next(files.blocks(files.schema.names))
    return [name for name in files.schema.names if _may_be_numbers(first[name])]


def _may_be_numbers(column: pa.ChunkedArray) -> bool:
    if not _of_texts(column.type):
        return True
    if pa.types.is_nested(column.type):
        return False
    with_digit = pc.mean(pc.match_substring_regex(column, "[0-9]")).as_py()
    return with_digit is None or (with_digit >= 0.5 and pc.mean(pc.utf8_length(column)).as_py() <= LONGEST_NUMBER)


def _of_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _n_names(parts: Sequence[Any]) -> int:
    return sum(len(lists.names) for part in parts for lists in (part if isinstance(part, list) else [part]))


def _joined(parts: Sequence[Any]) -> Any:
    """Return what a feature parsed of several blocks as what it parses of all of their rows."""
    if isinstance(parts[0], list):
        return [stacked(lists) for lists in zip(*parts, strict=True)]
    return stacked(parts)
