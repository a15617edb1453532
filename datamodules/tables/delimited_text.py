"""Read comma-separated and similar text tables into Arrow tables; errors name the line of the file."""

import csv
import gzip
import io
import zlib
from codecs import getincrementaldecoder, lookup
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.datamodules.errors import InputError

DELIMITERS = {".csv": ",", ".tsv": "\t"}
QUOTES = {".csv": '"', ".tsv": ""}

BLOCK = 64 * 2**20  # bytes; a record must fit in one
LONGEST = 16 * 2**20  # bytes of a line; what reads line by line takes up to 20 times as much
WIDEST = 100_000  # cells of a header; each column takes Arrow 7 kB, whatever is in it

SWOLLEN, SWOLLEN_RATIO = 256 * 2**20, 200
"""A `.gz` must not unpack to more than so many bytes, and more than so many times its size.

Names are packed 3 to 20 times, dummies several hundred times.
"""

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N"]
"""Cells of a text file that mean that the value is not known."""


@dataclass(frozen=True)
class Dialect:
    """How a text table is written; no `quote` means that no cell is quoted, as in IMDb's `.tsv` files."""

    delimiter: str
    quote: str
    encoding: str

    def __post_init__(self) -> None:
        try:
            "".encode(self.encoding)  # unlike codecs.lookup, refuses codecs that are none of text
            if lookup(self.encoding).name == "punycode":  # which Arrow can't read
                raise LookupError
        except (LookupError, ValueError):
            raise InputError(
                f"--data.encoding must be a text encoding such as utf-8 or latin-1, got {self.encoding!r}"
            ) from None
        if not _is_character(self.delimiter) or self.delimiter in ('"', self.quote):
            raise InputError(
                f"--data.delimiter must be one ASCII character and no quote or line end, got {self.delimiter!r}"
            )
        if self.quote and not _is_character(self.quote):
            raise InputError(f"--data.quote must be one ASCII character or empty, got {self.quote!r}")

    def rows(self, stream: Iterable[str]) -> Any:
        """Return Python's reader, which is slow and counts lines."""
        csv.field_size_limit(LONGEST)
        quoting: Any = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return csv.reader(stream, delimiter=self.delimiter, quotechar=self.quote or None, quoting=quoting)


def _is_character(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0"


def read_delimited(path: Path, dialect: Dialect, texts: Collection[str] = ()) -> pa.Table:
    """Read a text table, also a `.gz`; the cells of the columns `texts` stay as they are.

    Raises:
        InputError: with the line that is not text in the encoding, has other than the header's number of cells,
            opens a quote that never closes, or is too long.
    """
    try:
        if _skim(path, dialect):
            _refuse_unclosed(path, dialect)
        table = _read(path, dialect, texts)
        if _ends_in_lines(table):  # two quotes too many, or single ones before the open one
            _refuse_unclosed(path, dialect)
    except (pa.ArrowException, UnicodeError, EOFError, OSError, zlib.error) as error:
        raise _explained(error, path, dialect) from None
    # Arrow takes a column that is not UTF-8 for bytes, without an error.
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise InputError(_undecodable(path, dialect) or f"{path}: not {dialect.encoding} text; give --data.encoding")
    return table


def _explained(error: Exception, path: Path, dialect: Dialect) -> InputError:
    """Return Arrow's error with the line at fault, for which the file is read again."""
    message = str(error).splitlines()[0] if str(error) else "it can't be read"
    reason = _undecodable(path, dialect)
    if not reason and "columns, got" in message:
        _refuse_unclosed(path, dialect)
        reason = _ragged(path, dialect)
    if not reason and "Empty CSV" in message:
        reason = f"{path} has no header; a header line and rows of films are needed"
    if not reason and "straddl" in message:
        reason = f"{path}: a film's cells must have less than {BLOCK // 2**20} MiB together; shorten them"
    return InputError(reason or f"{path} is not a table: {message}")


def _skim(path: Path, dialect: Dialect) -> bool:
    """Look through the bytes once, and return whether the number of quotes is odd.

    What is larger than any table is refused: Arrow would take memory for it first.
    """
    quote = dialect.quote.encode()
    most = max(SWOLLEN_RATIO * path.stat().st_size, SWOLLEN)
    n_quotes = n_bytes = length = 0
    line = 1
    with _open(path) as stream:
        head = stream.read(LONGEST)
        _refuse_wide(head, path, dialect)
        for chunk in chain([head], iter(lambda: stream.read(2**20), b"")):
            n_bytes += len(chunk)
            if n_bytes > most:
                raise InputError(
                    f"{path} unpacks to more than {SWOLLEN_RATIO} times its size and {SWOLLEN // 2**20} MiB, which few "
                    "tables do; if it is one, unpack it with gunzip and give that file"
                )
            end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r") + 1
            length = len(chunk) - end + (0 if end else length)
            line += chunk.count(b"\n")
            if length >= LONGEST:
                raise InputError(
                    f"{path}, line {line}: a line must be shorter than {LONGEST // 2**20} MiB; end it where a film "
                    "ends, or mend what wrote it"
                )
            n_quotes += chunk.count(quote) if quote else 0
    return n_quotes % 2 == 1


def _refuse_wide(head: bytes, path: Path, dialect: Dialect) -> None:
    rows = dialect.rows(io.TextIOWrapper(io.BytesIO(head), encoding=dialect.encoding, errors="replace", newline=""))
    with suppress(csv.Error):  # a cell too long for Python
        if len(next(filter(None, rows), [])) > WIDEST:
            raise InputError(
                f"{path}, line {rows.line_num}: a header must have at most {WIDEST:,} cells; write the table with "
                "fewer columns, or as Parquet"
            )


def _read(path: Path, dialect: Dialect, texts: Collection[str]) -> pa.Table:
    with _open(path) as stream:
        table = pacsv.read_csv(
            stream,
            pacsv.ReadOptions(encoding=dialect.encoding, block_size=BLOCK),
            pacsv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=True),
            pacsv.ConvertOptions(
                null_values=MISSING, strings_can_be_null=True, column_types=dict.fromkeys(texts, pa.string())
            ),
        )
    table.schema.names  # noqa: B018 (Arrow decodes names when they are used)
    return table


def _ends_in_lines(table: pa.Table) -> bool:
    """Return whether a cell of the last row has a line end in it: it may be the rest of the file."""
    last = table.slice(max(len(table) - 1, 0)).to_pylist()
    return any(isinstance(cell, str | bytes) and len(cell.splitlines()) > 1 for row in last for cell in row.values())


def _numbered(path: Path, dialect: Dialect, end: Iterable[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """Read rows with Python's reader, each with the line in which it begins, from 1; empty lines are empty rows."""
    line = 1
    with io.TextIOWrapper(_open(path), encoding=dialect.encoding, newline="") as stream:
        rows = dialect.rows(chain(stream, end))
        try:
            for row in rows:
                yield line, row
                line = rows.line_num + 1
        except csv.Error:
            raise InputError(
                f"{path}, line {line}: a cell must be shorter than {LONGEST // 2**20} MiB; is a quote left open there?"
            ) from None


def _refuse_unclosed(path: Path, dialect: Dialect) -> None:
    """Refuse a quote that never closes, and would swallow the rest of the table."""
    end = ["the", "end"]
    for line, row in _numbered(path, dialect, ["\n", dialect.delimiter.join(end)]):
        last = line, row
    if last[1] != end:
        raise InputError(f"{path}, line {last[0]}: a quote is opened there and never closed; close or remove it")


def _open(path: Path) -> io.BufferedReader:
    return io.BufferedReader(gzip.GzipFile(path), 2**20) if path.suffix.lower() == ".gz" else path.open("rb")


def line_of(row: int, path: Path, dialect: Dialect) -> int | None:
    """Return the line in which a row begins, both counted from 1; None where Python's reader has no such row."""
    with suppress(InputError):  # a cell too long for Python
        for line, cells in _numbered(path, dialect):
            row -= bool(cells)  # the header is row 0
            if row < 0:
                return line
    return None


def _undecodable(path: Path, dialect: Dialect) -> str | None:
    """Return what to do about the first byte that is not text in the encoding, with its line."""
    encoding = dialect.encoding
    decoder = getincrementaldecoder(encoding)()
    line, chunk = 1, b""
    try:
        with _open(path) as stream:
            for chunk in iter(lambda: stream.read(2**20), b""):
                if line == 1 and chunk.startswith((b"\xff\xfe", b"\xfe\xff")) and "16" not in encoding:
                    return f"{path}, line 1: UTF-16, not {encoding} text; give --data.encoding utf-16"
                decoder.decode(chunk)
                line += chunk.count(b"\n")
        chunk = b""
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError):
            # The decoder had kept what came last, and its lines are counted already.
            kept = len(error.object) - len(chunk)
            line += error.object[: error.start].count(b"\n") - error.object[:kept].count(b"\n")
        return f"{path}, line {line}: not {encoding} text; try --data.encoding cp1252 or latin-1"
    except (OSError, EOFError, zlib.error) as broken:
        return f"{path} cannot be read: {broken}; make or fetch it again"
    return None


def _ragged(path: Path, dialect: Dialect) -> str | None:
    """Return the line of the first row without the header's number of cells, and the number of such rows."""
    rows = ((line, len(row)) for line, row in _numbered(path, dialect) if row)
    _, width = next(rows)
    bad = [(line, n_cells) for line, n_cells in rows if n_cells != width]
    if not bad:  # Arrow ends lines elsewhere than Python
        return None
    more = f"; {len(bad):,} rows are so" if len(bad) > 1 else ""
    return (
        f"{path}, line {bad[0][0]}: every row must have the header's {width} cells, got {bad[0][1]}{more}; "
        "put cells that hold a delimiter in quotes, or give --data.delimiter or --data.quote"
    )
