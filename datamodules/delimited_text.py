"""Read text tables, comma-separated and alike, and name the line of what is wrong with one."""

import csv
import gzip
import io
import sys
from codecs import getincrementaldecoder
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from datamodules.errors import InputError

BLOCK = 64 * 2**20
"""Bytes; a record must fit in one."""

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N"]
"""Cells of a text file that mean that nothing is known."""


def read_delimited(path: Path, delimiter: str, encoding: str) -> pa.Table:
    """Read a text table, also a `.gz`.

    Raises:
        InputError: with the line of what is not text in `encoding`, has other than the header's number of cells, or
            opens a quote that never closes.
    """
    try:
        "".encode(encoding)  # unlike codecs.lookup, refuses codecs that are none of text
    except LookupError:
        raise InputError(
            f"--data.encoding must be a text encoding such as utf-8 or latin-1, got {encoding!r}"
        ) from None
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise InputError(f"--data.delimiter must be one ASCII character and no quote or line end, got {delimiter!r}")
    ragged: list[pacsv.InvalidRow] = []

    def note_ragged(row: pacsv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        with _open(path) as stream:
            table = pacsv.read_csv(
                stream,
                read_options=pacsv.ReadOptions(encoding=encoding, block_size=BLOCK),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note_ragged
                ),
                convert_options=pacsv.ConvertOptions(null_values=MISSING, strings_can_be_null=True),
            )
    except (pa.ArrowInvalid, UnicodeError, EOFError, OSError) as error:
        reason = _undecodable(path, encoding) or f"{path} is not a table: {str(error).splitlines()[0]}"
        raise InputError(reason) from None
    # Arrow takes a column that is not UTF-8 for bytes, without a word.
    if ragged or any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise InputError(_undecodable(path, encoding) or _ragged(path, delimiter, encoding, len(ragged)))
    if unclosed := _unclosed(path, delimiter, encoding):
        raise InputError(f"{path}, line {unclosed}: a quote is opened there and never closed")
    try:
        table.schema.names  # noqa: B018 (Arrow decodes names when they are asked for)
    except UnicodeDecodeError:
        raise InputError(_undecodable(path, encoding)) from None
    return table


def _unclosed(path: Path, delimiter: str, encoding: str) -> int | None:
    with _open(path) as stream:
        odd = sum(chunk.count(b'"') for chunk in iter(lambda: stream.read(2**20), b"")) % 2
    if not odd:
        return None
    line = 1
    csv.field_size_limit(sys.maxsize)
    with io.TextIOWrapper(_open(path), encoding=encoding, newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            for _ in rows:
                line = rows.line_num + 1
        except csv.Error:
            return line
    return None


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _undecodable(path: Path, encoding: str) -> str | None:
    """Name the line of the first byte that `encoding` does not know."""
    decoder = getincrementaldecoder(encoding)()
    line = 0
    try:
        with _open(path) as stream:
            for line, raw in enumerate(stream, start=1):
                if raw.startswith((b"\xff\xfe", b"\xfe\xff")) and "16" not in encoding:
                    return f"{path}, line {line}: UTF-16, not {encoding} text; give --data.encoding utf-16"
                decoder.decode(raw)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return f"{path}, line {line}: not {encoding} text; try --data.encoding cp1252 or latin-1"
    except (OSError, EOFError) as broken:
        return f"{path} cannot be read: {broken}"
    return None


def _ragged(path: Path, delimiter: str, encoding: str, count: int) -> str:
    """Name the line of the first row that has other than the header's number of cells."""
    csv.field_size_limit(sys.maxsize)
    with io.TextIOWrapper(_open(path), encoding=encoding, newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter)
        width, line = len(next(rows)), 2
        for row in rows:
            if row and len(row) != width:
                break
            line = rows.line_num + 1
    more = f"; {count:,} rows are so" if count > 1 else ""
    return f"{path}, line {line}: every row must have the header's {width} cells, got {len(row)}{more}"
