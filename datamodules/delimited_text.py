"""Read text tables, comma-separated and alike, and name the line of what is wrong with one."""

import csv
import gzip
import io
import sys
from codecs import getincrementaldecoder
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from datamodules.errors import InputError

BLOCK = 64 * 2**20
"""Bytes; a record must fit in one."""

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N"]
"""Cells of a text file that mean that nothing is known."""


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes:
        quote: around cells that hold a delimiter; empty where no cell is quoted, as in IMDb's `.tsv` files.
    """

    delimiter: str
    quote: str
    encoding: str

    def __post_init__(self) -> None:
        try:
            "".encode(self.encoding)  # unlike codecs.lookup, refuses codecs that are none of text
        except LookupError:
            raise InputError(
                f"--data.encoding must be a text encoding such as utf-8 or latin-1, got {self.encoding!r}"
            ) from None
        if not _is_character(self.delimiter) or self.delimiter in ('"', self.quote):
            raise InputError(
                f"--data.delimiter must be one ASCII character and no quote or line end, got {self.delimiter!r}"
            )
        if self.quote and not _is_character(self.quote):
            raise InputError(f"--data.quote must be one ASCII character or empty, got {self.quote!r}")

    def rows(self, stream: Iterable[str], *, strict: bool = False) -> Any:
        """Read rows slowly, counting lines."""
        csv.field_size_limit(sys.maxsize)
        quoting: Any = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return csv.reader(
            stream, delimiter=self.delimiter, quotechar=self.quote or None, quoting=quoting, strict=strict
        )


def _is_character(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n"


def read_delimited(path: Path, dialect: Dialect, texts: Collection[str] = ()) -> pa.Table:
    """Read a text table, also a `.gz`.

    Args:
        texts: columns whose cells stay as they are, also where they look like numbers.

    Raises:
        InputError: with the line of what is not text in the encoding, has other than the header's number of cells, or
            opens a quote that never closes.
    """
    try:
        table = _read(path, dialect, texts)
    except (pa.ArrowInvalid, UnicodeError, EOFError, OSError) as error:
        reason = _undecodable(path, dialect)
        if not reason and "columns, got" in str(error):
            reason = _ragged(path, dialect)
        raise InputError(reason or f"{path} is not a table: {str(error).splitlines()[0]}") from None
    # Arrow takes a column that is not UTF-8 for bytes, without a word.
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise InputError(_undecodable(path, dialect))
    if unclosed := _unclosed(path, dialect):
        raise InputError(f"{path}, line {unclosed}: a quote is opened there and never closed")
    return table


def _read(path: Path, dialect: Dialect, texts: Collection[str]) -> pa.Table:
    with _open(path) as stream:
        table = pacsv.read_csv(
            stream,
            read_options=pacsv.ReadOptions(encoding=dialect.encoding, block_size=BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=True
            ),
            convert_options=pacsv.ConvertOptions(
                null_values=MISSING, strings_can_be_null=True, column_types=dict.fromkeys(texts, pa.string())
            ),
        )
    table.schema.names  # noqa: B018 (Arrow decodes names when they are asked for)
    return table


def _unclosed(path: Path, dialect: Dialect) -> int | None:
    """Name the line of a quote that never closes; it would swallow the rest of the table."""
    quote = dialect.quote.encode()
    with _open(path) as stream:
        odd = quote and sum(chunk.count(quote) for chunk in iter(lambda: stream.read(2**20), b"")) % 2
    if not odd:
        return None
    line = 1
    with io.TextIOWrapper(_open(path), encoding=dialect.encoding, newline="") as stream:
        rows = dialect.rows(stream, strict=True)
        try:
            for _ in rows:
                line = rows.line_num + 1
        except csv.Error:
            return line
    return None


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _undecodable(path: Path, dialect: Dialect) -> str | None:
    """Name the line of the first byte that `encoding` does not know."""
    encoding = dialect.encoding
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


def _ragged(path: Path, dialect: Dialect) -> str:
    """Name the line of the first row that has other than the header's number of cells, and count such rows."""
    bad: list[tuple[int, int]] = []
    with io.TextIOWrapper(_open(path), encoding=dialect.encoding, newline="") as stream:
        rows = dialect.rows(stream)
        width = next(len(row) for row in rows if row)  # empty lines are left out
        line = rows.line_num + 1
        for row in rows:
            if row and len(row) != width:
                bad.append((line, len(row)))
            line = rows.line_num + 1
    more = f"; {len(bad):,} rows are so" if len(bad) > 1 else ""
    return f"{path}, line {bad[0][0]}: every row must have the header's {width} cells, got {bad[0][1]}{more}"
