"""Read comma-separated and similar text tables: their cells as text; errors name the line of the file."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.broken_text import text_notices
from greenlight_films.datamodules.tables.column_names import named
from greenlight_films.datamodules.tables.column_sums import given_texts
from greenlight_films.datamodules.tables.film_rows import are_films, find_films, no_films_of
from greenlight_films.datamodules.tables.footers import footer_notice, is_remark
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.ragged_rows import refuse_ragged
from greenlight_films.datamodules.tables.table_file import TableFile
from greenlight_films.datamodules.tables.text_layout import (
    LONGEST,
    STAND_IN,
    Dialect,
    TextLayout,
    find_long_delimiter,
    find_text_layout,
)
from greenlight_films.datamodules.tables.text_stream import TextStream, open_text

BLOCK = 64 * 2**20  # bytes; a record must fit in one


class Row(NamedTuple):
    """A row, its number and line from 1, and whether an empty line stands above it."""

    number: int
    line: int
    cells: list[str]
    gap: bool


@dataclass(frozen=True)
class DelimitedText:
    """A text table with its layout found.

    Attributes:
        name: of the file, for messages.
        names: of the columns, as they are written in the header.
    """

    stream: TextStream
    layout: TextLayout

    @property
    def name(self) -> str:
        return str(self.stream.file)

    @property
    def names(self) -> Sequence[str]:
        return self.layout.rows.names

    @property
    def names_in_header(self) -> Sequence[str] | None:
        """Return the names of the columns where a header gives them."""
        return None if self.layout.rows.header is None else self.names

    @property
    def width(self) -> int:
        return len(self.names)

    @property
    def may_be_unclosed(self) -> bool:
        """Return whether a quote may never close, by the number of quotes."""
        skim, quote = self.stream.skim, self.layout.dialect.quote.encode()
        return bool(skim.quotes.get(quote, 0) % 2 or skim.escaped)

    def open(self) -> Any:
        """Open the text at the first film."""
        stream = self.stream.open()
        stream.read(len(self.stream.head()[: self.layout.start].encode()))
        return stream

    def rows(self, end: Iterable[str] = ()) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the header by Python's reader, each with its line, from 1; those without a cell too."""
        line, above = self.layout.line, self.layout.line - 1
        with io.TextIOWrapper(self.open(), encoding="utf-8", newline="") as stream:
            reader = self.layout.dialect.records(chain(stream, end))
            try:
                for row in reader:
                    yield line, row
                    line = above + reader.line_num + 1
            except csv.Error:
                raise InputError(
                    f"{self.name}, line {line}: a cell must be shorter than {LONGEST // 2**20} MiB; is a quote left "
                    "open there?"
                ) from None

    def films(self, end: Iterable[str] = ()) -> Iterator[Row]:
        """Yield the rows that are films or should be."""
        number, gap = 0, False
        header = self.names_in_header and list(self.names_in_header)
        for line, cells in self.rows(end):
            given = any(cells) if len(cells) == self.width else any(map(str.strip, cells))
            if given and cells != header:
                number += 1
                yield Row(number, line, cells, gap)
            gap = not given


def open_delimited(file: TableFile, layout: Layout) -> DelimitedText:
    """Find out how a text table is written; what the layout declares stays so."""
    stream = open_text(file, layout.encoding)
    text = stream.head()
    if not text.strip():
        raise InputError(f"{file} has no header; a header line and rows of films are needed")
    declared = {name: getattr(layout, name) for name in ("delimiter", "quote", "skip", "header")}
    if long_delimiter := find_long_delimiter(text, layout.delimiter, layout.quote):
        stream = replace(stream, long_delimiter=long_delimiter)
        text, declared = stream.head(), {**declared, "delimiter": STAND_IN, "quote": ""}
    return DelimitedText(stream, find_text_layout(text, str(file), file.suffix, **declared))


def read_delimited(file: TableFile, layout: Layout) -> tuple[pd.DataFrame, Layout, dict[str, str], list[str]]:
    """Read a text table: its cells as text, its layout as it was found, units by column, and what must be told.

    Raises:
        InputError: with the lines that have other than the header's number of cells, open a quote that never closes,
            or are too long; or the encoding that fits.
    """
    text = open_delimited(file, layout)
    if text.may_be_unclosed:
        refuse_unclosed(text)
    try:
        table, n_ragged = _read(text)
    except (pa.ArrowException, UnicodeError) as error:
        raise _explained(error, text) from None
    if ends_in_lines(table):  # two quotes too many, or single ones before the open one
        refuse_unclosed(text)
    below = _remarks_below(text) if n_ragged else []
    films = find_films(table, text.names_in_header, len(below) + 1)
    left_out = films.left_out + below
    frame, notices = named(from_arrow(films.of(table)), text.names, f"--data.table {text.name}")
    layout_read = completed_layout(text, layout, len(left_out))
    units = {name: unit.strip() for name, unit in zip(text.names, text.layout.units, strict=False) if unit.strip()}
    notices = [*layout_notices(text, layout, left_out), *films.notices, *notices, *text_notices(frame, text.stream)]
    return frame, layout_read, units, notices


def completed_layout(text: DelimitedText, layout: Layout, footer: int = 0) -> Layout:
    """Return a layout as declared, with what was found out, and the number of lines below the last film."""
    dialect, rows = text.layout.dialect, text.layout.rows
    return replace(
        layout,
        delimiter=text.stream.long_delimiter or dialect.delimiter,
        quote=dialect.quote,
        encoding=text.stream.encoding,
        skip=text.layout.skip,
        header=rows.header is not None,
        units_row=rows.units is not None,
        footer=footer,
    )


def layout_notices(text: DelimitedText, layout: Layout, left_out: Sequence[str] = ()) -> list[str]:
    """Return sentences on what was assumed of a text's layout, and on the rows that were left out."""
    notices = []
    if text.layout.rows.header is None and layout.header is None:
        notices.append(
            "there is no header, for the first line holds values as the lines below it: columns are called by their "
            f"position, 1 to {text.width}; if it is a header, give data.header: true"
        )
    if left_out:
        notices.append(footer_notice(left_out))
    return notices


def _explained(error: Exception, text: DelimitedText) -> InputError:
    """Return Arrow's error in words for its user."""
    message = str(error).splitlines()[0] if str(error) else "it can't be read"
    if "straddl" in message:
        return InputError(
            f"{text.name}: a film's cells must have less than {BLOCK // 2**20} MiB together; shorten them"
        )
    return InputError(f"{text.name} is not a table: {message}")


def _read(text: DelimitedText) -> tuple[pa.Table, int]:
    """Return the rows of the header's width, columns named by position, and the number of other rows."""
    ragged = []
    names = [str(index) for index in range(text.width)]
    dialect = text.layout.dialect
    if dialect.spaced:  # which Arrow takes for a part of the cell
        rows = [cells for _, cells in text.rows()]
        full = [[cell or None for cell in cells] for cells in rows if len(cells) == text.width]
        columns = zip(*full, strict=True) if full else [()] * text.width
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in zip(names, columns, strict=True)}), (
            sum(len(cells) not in (0, text.width) for cells in rows)
        )

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    with text.open() as stream:
        if not stream.peek(1):
            return pa.table({name: pa.array([], pa.string()) for name in names}), 0
        reading = pacsv.ReadOptions(column_names=names, block_size=BLOCK)
        table = pacsv.read_csv(stream, reading, parse_options(dialect, skip), convert_options(names))
    return table, len(ragged)


def parse_options(dialect: Dialect, handler: Any = None) -> pacsv.ParseOptions:
    """Return how Arrow is to part cells; `handler` is called with each row that has other than the usual number."""
    quote = dialect.quote or False
    return pacsv.ParseOptions(
        delimiter=dialect.delimiter, quote_char=quote, newlines_in_values=True, invalid_row_handler=handler
    )


def convert_options(columns: Sequence[str]) -> pacsv.ConvertOptions:
    """Return how Arrow is to read cells: those of these columns as text, empty ones missing."""
    kinds = dict.fromkeys(columns, pa.string())
    return pacsv.ConvertOptions(
        column_types=kinds, null_values=[""], strings_can_be_null=True, include_columns=list(columns)
    )


def ends_in_lines(table: pa.Table) -> bool:
    """Return whether a cell of the last row has a line end in it: it may be the rest of the file."""
    last = table.slice(max(len(table) - 1, 0)).to_pylist()
    return any(isinstance(cell, str) and len(cell.splitlines()) > 1 for row in last for cell in row.values())


def refuse_unclosed(text: DelimitedText) -> None:
    """Refuse a quote that never closes, and would swallow the rest of the table."""
    end = ["the", "end"]
    (last,) = deque(text.films(["\n", text.layout.dialect.delimiter.join(end)]), maxlen=1)
    if last.cells != end:
        raise InputError(
            f"{text.name}, line {last.line} (row {last.number}): a quote is opened there and never closed; close or "
            "remove it"
        )


def _remarks_below(text: DelimitedText) -> list[str]:
    """Return the remarks below the last film; rows of another width elsewhere are refused, all in one message."""
    refuse_unclosed(text)
    ragged, below = list[Row](), list[Row]()
    for row in text.films():
        if len(row.cells) == text.width:
            ragged += below
            below = []
        elif below or is_remark(row.cells, text.width) or (row.gap and len(row.cells) == 1 < text.width - 1):
            below.append(row)
        else:
            ragged.append(row)
    if ragged:
        refuse_ragged(text.name, text.width, [(row.line, row.number, row.cells) for row in ragged])
    return [given_texts(row.cells)[0] for row in below]


def line_of(row: int, file: TableFile, layout: Layout) -> int | None:
    """Return the line in which a row begins, both counted from 1; None where Python's reader has no such row."""
    with suppress(InputError, pa.ArrowException, UnicodeError):  # a cell too long for Python
        text = open_delimited(file, layout)
        table, _ = _read(text)
        table = table.filter(pa.array(are_films(table, text.names_in_header)))
        for position in no_films_of(table, 1).subtotals:  # which are rows there, and no films
            row += position < row
        for each in text.films():
            if each.number == row:
                return each.line
    return None
