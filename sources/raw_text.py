"""Raw files as text: how they are opened, encoded, headed and cut into records."""

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.datamodules.errors import InputError

HEAD = 2**20
"""Bytes in which a header must stand."""

DELIMITERS = "\t|;,"

SHOWN = 200
"""Characters of a row or cell in the account of what was rejected."""

HOLES = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
"""Bytes that cp1252 doesn't know."""


@contextmanager
def reading(path: Path) -> Iterator[Any]:
    """Open a file as bytes, unpacked where it ends in `.gz`.

    Raises:
        InputError: whatever breaks while it is read, here or in Arrow.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            yield stream
    except (OSError, EOFError, zlib.error, pa.ArrowException) as problem:
        if isinstance(problem, OSError) and problem.strerror:
            raise InputError(f"{path} can't be read: {problem.strerror}") from None
        reason = str(problem).splitlines()[0]
        if "straddling" in reason:
            raise InputError(f"{path} has a row of more than a million bytes: is a line end missing?") from None
        raise InputError(f"{path} can't be read to its end: {reason}; download it again") from None


@dataclass(frozen=True)
class Header:
    """What a table's header tells.

    Attributes:
        delimiter: between the columns.
        columns: their names.
        lines: of the file up to the header's end; empty ones may stand before it.
        spaced: whether blanks stand behind the delimiter, and before quotes.
    """

    delimiter: str
    columns: tuple[str, ...]
    lines: int
    spaced: bool


def read_header(path: Path) -> Header:
    """Read a table's header: the first line that has a cell.

    Raises:
        InputError: the file is empty, or can't be read.
    """
    with reading(path) as stream:
        text = stream.read(HEAD).decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise InputError(f"{path} is empty; a header line and rows of films are needed")
    csv.field_size_limit(sys.maxsize)
    found = []
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        cells = next(row for row in reader if any(cell.strip() for cell in row))
        found.append((len(cells), delimiter, cells, reader.line_num))
    _, delimiter, cells, lines = max(found, key=lambda one: one[0])
    head = "".join(line for line, _ in zip(io.StringIO(text, newline=""), range(lines), strict=False))
    return Header(delimiter, tuple(cell.strip() for cell in cells), lines, f'{delimiter} "' in head)


def encoding_of(path: Path) -> tuple[str, int]:
    """Return a text's encoding, and how many bytes are none of it.

    UTF-8 with few bad bytes stays UTF-8: another encoding would spoil all its other letters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = letters = 0
    holes = marked = False
    with reading(path) as stream:
        for piece in iter(lambda: stream.read(2**20), b""):
            text = decoder.decode(piece)
            marked |= text.startswith("\ufeff") and not letters
            if not text.isascii():
                whole = text.encode("utf-8", "ignore").decode()
                bad += len(text) - len(whole)
                letters += len(whole) - len(whole.encode("ascii", "ignore"))
                holes |= any(hole in piece for hole in HOLES)
    bad += len(decoder.decode(b"", final=True))
    if not bad or marked or letters > 2 * bad:
        return "utf-8-sig", bad
    return ("latin-1" if holes else "cp1252"), 0


def records(path: Path, header: Header, encoding: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield the records below a header, as the line that each begins at, its cells and its text.

    Where a quote doesn't close at its cell's end but lines below, only the line that opens it is lost: it has no cells.

    Raises:
        InputError: a quote is never closed, or the file can't be read to its end.
    """
    pending, held = deque[str](), list[str]()

    def lines(stream: Iterator[str]) -> Iterator[str]:
        while (text := pending.popleft() if pending else next(stream, None)) is not None:
            held.append(text)
            yield text

    def reader_of(texts: Iterator[str], strict: bool) -> Any:
        return csv.reader(texts, delimiter=header.delimiter, skipinitialspace=header.spaced, strict=strict)

    with reading(path) as raw, io.TextIOWrapper(raw, encoding, "replace", newline="") as stream:
        for _ in range(header.lines):
            next(stream)
        reader, line = reader_of(lines(stream), strict=True), header.lines + 1
        while True:
            held.clear()
            try:
                yield line, next(reader), held[0]
            except StopIteration:
                return
            except csv.Error as problem:
                if "unexpected end" in str(problem):
                    reason = "a quote is opened there and never closed; close or remove it"
                    raise InputError(f"{path}, line {line}: {reason}") from None
                # Within one line, as in `"a"b,c`, no other row is touched.
                yield line, next(reader_of(iter(held), strict=False)) if len(held) == 1 else [], held[0]
                pending.extendleft(reversed(held[1:]))
                del held[1:]
            line += len(held)


class Ragged:
    """Keeps the rows that Arrow can't read, for they have other than the header's number of cells.

    Attributes:
        rows: each as its line, its number of cells and its text.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str]] = []

    def skip(self, row: Any) -> str:
        self.rows.append((row.number, row.actual_columns, row.text[:SHOWN]))
        return "skip"

    def lines(self, rows: np.ndarray, header: Header) -> np.ndarray:
        """Return the lines of the other rows, which are counted from 0."""
        ragged = np.array([line for line, _, _ in self.rows], dtype=np.int64)
        rows_before = ragged - header.lines - 1 - np.arange(len(ragged))
        return rows + header.lines + 1 + np.searchsorted(rows_before, rows, side="right")


def open_rows(
    stream: Any,
    header: Header,
    kinds: dict[str, pa.DataType],
    on_ragged: Callable[[Any], str],
    block: int,
    missing: Sequence[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Yield columns of a table without quotes, a row a line, block by block.

    Args:
        kinds: the columns that are wanted.
        on_ragged: is given rows of another width than the header's; their `number` is their line.
        block: bytes.
        missing: cells that mean that nothing is known.
    """
    try:
        reader = pacsv.open_csv(
            pa.PythonFile(stream, mode="r"),
            # One thread: only then is a broken row's number told, and several were no faster.
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=block, skip_rows=header.lines, column_names=list(header.columns)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=header.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=on_ragged
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(kinds),
                column_types=kinds,
                null_values=list(missing),
                strings_can_be_null=bool(missing),
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as problem:
        if "Could not skip" in str(problem):  # the header has no line end, and nothing is below it
            return
        raise
    yield from reader
