"""Large text tables read a block of rows at a time: how they are written is found once, and of the whole file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.broken_text import text_notices
from greenlight_films.datamodules.tables.column_names import or_position
from greenlight_films.datamodules.tables.delimited_text import (
    DelimitedText,
    completed_layout,
    convert_options,
    ends_in_lines,
    layout_notices,
    open_delimited,
    parse_options,
    refuse_unclosed,
)
from greenlight_films.datamodules.tables.film_rows import are_filled, are_films, may_hold_subtotals, rows_of
from greenlight_films.datamodules.tables.footers import may_end_in_footer
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.table_file import TableFile

PART = 2**20
"""Bytes that are parsed at once; Arrow reads up to 32 such parts ahead."""
PARTS = 16  # of a block


@dataclass(frozen=True)
class TextInBlocks:
    """A text table each of whose rows is a film, as it would be read whole.

    Attributes:
        layout: as declared, and what was found out.
        n_rows: rows of films.
    """

    text: DelimitedText
    layout: Layout
    n_rows: int

    @classmethod
    def find(cls, file: TableFile, layout: Layout, least: int) -> "TextInBlocks | None":
        """Return a table of `least` rows or more; None for others, and for those that must be seen whole.

        These are packed otherwise than by gzip, or have rows that are no films or have too many cells, blanks before
        quotes, spoilt letters, or columns of the same name: what reads a table whole mends or refuses them.
        """
        if file.compression not in ("", "gzip") or _n_lines(file) < least:
            return None
        try:
            text = open_delimited(file, layout)
            n_rows = 0 if _is_unusual(text) else _n_films(text)
        except (InputError, pa.ArrowException, UnicodeError):  # that all is read whole tells what is wrong
            return None
        return cls(text, completed_layout(text, file.in_layout(layout)), n_rows) if n_rows >= least else None

    @property
    def names(self) -> Sequence[str]:
        return self.text.names

    @property
    def schema(self) -> pa.Schema:
        """Return the columns, called by their position where they have no name; all are text."""
        return pa.schema([(name, pa.string()) for name in or_position(self.names)])

    @property
    def notices(self) -> list[str]:
        """Sentences on how the text was read."""
        return layout_notices(self.text, self.layout)

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns a block of rows at a time."""
        names = self.schema.names
        positions = [names.index(name) for name in columns]
        for block in _blocks(self.text, positions):
            yield block.rename_columns(list(columns))


def _blocks(text: DelimitedText, positions: Sequence[int]) -> Iterator[pa.Table]:
    """Yield columns, by position, a block of rows at a time."""
    reading = pacsv.ReadOptions(column_names=list(map(str, range(text.width))), block_size=PART)
    converting = convert_options(list(map(str, positions)))
    with text.open() as stream:
        reader = pacsv.open_csv(stream, reading, parse_options(text.layout.dialect), converting)
        while batches := list(islice(reader, PARTS)):
            yield pa.Table.from_batches(batches)


def _is_unusual(text: DelimitedText) -> bool:
    return text.layout.dialect.spaced or len(set(or_position(text.names))) < text.width


def _n_films(text: DelimitedText) -> int:
    """Return the number of rows; 0 where one of them is no film, or its text is spoilt.

    Raises:
        InputError: a quote never closes.
        pyarrow.ArrowException: a row has too few cells or too many, or more than fits into a part.
    """
    if text.may_be_unclosed:
        refuse_unclosed(text)
    n_rows, gaps, end = 0, np.zeros(text.width, dtype=np.int64), pa.table({})
    may_be_spoilt = text.stream.bad or text.stream.seen.twice
    for block in _blocks(text, range(text.width)):
        if not are_films(block, text.names_in_header).all() or may_hold_subtotals(block):
            return 0
        if may_be_spoilt and text_notices(from_arrow(block), text.stream):
            return 0
        n_rows += len(block)
        gaps += [column.null_count for column in block.columns]
        end = block if len(block) else end
    if ends_in_lines(end):
        refuse_unclosed(text)
    last = rows_of(end.slice(max(len(end) - 1, 0)))
    return 0 if may_end_in_footer(last, are_filled(gaps.tolist(), n_rows, 1)) else n_rows


def _n_lines(file: TableFile) -> int:
    with file.open() as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(2**20), b""))
