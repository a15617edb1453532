"""Opening, decoding and cutting raw text files into rows, with the line of each row kept for messages."""

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
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.datamodules.errors import InputError

HEAD = 2**20
"""Bytes in which a header must stand."""

DELIMITERS = "\t|;,"

SHOWN = 200
"""Characters of a row or cell in the table of what was rejected."""

NOT_IN_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


class BrokenRow(NamedTuple):
    """A row that can't be used; `n_cells` is 0 where an open quote makes the number unsure."""

    line: int
    n_cells: int
    text: str


@dataclass(frozen=True)
class Header:
    """A table's header.

    Attributes:
        lines: how many lines of the file it ends after; empty ones may stand before it.
        spaced: whether blanks stand between delimiters and quotes.
    """

    delimiter: str
    columns: tuple[str, ...]
    lines: int
    spaced: bool


@contextmanager
def open_raw(path: Path) -> Iterator[Any]:
    """Open a file as bytes, unpacked where its name ends in `.gz`.

    Raises:
        InputError: whatever fails inside the `with`, here or in Arrow.
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


def read_header(path: Path) -> Header:
    """Return the first line that has a cell, cut at the delimiter that gives the most cells.

    Raises:
        InputError: the file is empty, or can't be read.
    """
    with open_raw(path) as stream:
        text = stream.read(HEAD).decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise InputError(f"{path} is empty; a header line and rows of films are needed")
    csv.field_size_limit(sys.maxsize)
    cells, delimiter, lines = max(
        (_first_row(text, delimiter) for delimiter in DELIMITERS), key=lambda candidate: len(candidate[0])
    )
    head = "".join(line for line, _ in zip(io.StringIO(text, newline=""), range(lines), strict=False))
    return Header(delimiter, tuple(cell.strip() for cell in cells), lines, f'{delimiter} "' in head)


def _first_row(text: str, delimiter: str) -> tuple[list[str], str, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    cells = next(row for row in reader if any(cell.strip() for cell in row))
    return cells, delimiter, reader.line_num


def encoding_of(path: Path) -> tuple[str, int]:
    """Return a text's encoding, and how many of its bytes are not valid in it.

    UTF-8 with few bad bytes stays UTF-8: another encoding would spoil all its other letters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = letters = 0
    not_cp1252 = has_mark = False
    with open_raw(path) as stream:
        for piece in iter(lambda: stream.read(2**20), b""):
            text = decoder.decode(piece)
            has_mark |= text.startswith("\ufeff") and not letters
            if not text.isascii():
                valid = text.encode("utf-8", "ignore").decode()
                bad += len(text) - len(valid)
                letters += len(valid) - len(valid.encode("ascii", "ignore"))
                not_cp1252 |= any(byte in piece for byte in NOT_IN_CP1252)
    bad += len(decoder.decode(b"", final=True))
    if not bad or has_mark or letters > 2 * bad:
        return "utf-8-sig", bad
    return ("latin-1" if not_cp1252 else "cp1252"), 0


def read_records(
    path: Path, header: Header, encoding: str, wanted: Sequence[str], size: int
) -> Iterator[tuple[list[int], dict[str, list[str]], list[BrokenRow]]]:
    """Yield the records below a header, `size` at a time, as lines, cells by column, and the broken rows.

    The last block may be empty; columns that the file lacks are not among the cells; empty lines are no records.
    """
    positions = {name: header.columns.index(name) for name in wanted if name in header.columns}
    lines: list[int] = []
    cells: dict[str, list[str]] = {name: [] for name in positions}
    broken: list[BrokenRow] = []
    for line, row, text in _records(path, header, encoding):
        if len(row) == len(header.columns):
            lines.append(line)
            for name, position in positions.items():
                cells[name].append(row[position])
        elif text.strip():
            broken.append(BrokenRow(line, len(row), header.delimiter.join(row) or text))
        if len(lines) + len(broken) >= size:
            yield lines, cells, broken
            lines, cells, broken = [], {name: [] for name in positions}, []
    yield lines, cells, broken


def _records(path: Path, header: Header, encoding: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield each record's first line as a number, its cells, and the text of that line.

    Where a quote doesn't close at its cell's end but lines below, only the line that opens it is lost: it has no cells.

    Raises:
        InputError: a quote is never closed, or the file can't be read to its end.
    """
    pending, taken = deque[str](), list[str]()

    def lines(stream: Iterator[str]) -> Iterator[str]:
        while (text := pending.popleft() if pending else next(stream, None)) is not None:
            taken.append(text)
            yield text

    def reader_of(texts: Iterator[str], strict: bool) -> Any:
        return csv.reader(texts, delimiter=header.delimiter, skipinitialspace=header.spaced, strict=strict)

    with open_raw(path) as raw, io.TextIOWrapper(raw, encoding, "replace", newline="") as stream:
        for _ in range(header.lines):
            next(stream)
        reader, line = reader_of(lines(stream), strict=True), header.lines + 1
        while True:
            taken.clear()
            try:
                yield line, next(reader), taken[0]
            except StopIteration:
                return
            except csv.Error as problem:
                if "unexpected end" in str(problem):
                    reason = "a quote is opened there and never closed; close or remove it"
                    raise InputError(f"{path}, line {line}: {reason}") from None
                # Within one line, as in `"a"b,c`, no other row is touched.
                yield line, next(reader_of(iter(taken), strict=False)) if len(taken) == 1 else [], taken[0]
                pending.extendleft(reversed(taken[1:]))
                del taken[1:]
            line += len(taken)


class RaggedRows:
    """Collects the rows that Arrow skips because they have a wrong number of cells."""

    def __init__(self) -> None:
        self.rows: list[BrokenRow] = []

    def skip(self, row: Any) -> str:
        self.rows.append(BrokenRow(row.number, row.actual_columns, row.text[:SHOWN]))
        return "skip"

    def lines(self, rows: np.ndarray, header: Header) -> np.ndarray:
        """Return the lines of the rows that Arrow read, given their numbers from 0."""
        skipped = np.array([row.line for row in self.rows], dtype=np.int64)
        rows_before = skipped - header.lines - 1 - np.arange(len(skipped))
        return rows + header.lines + 1 + np.searchsorted(rows_before, rows, side="right")


def arrow_batches(
    stream: Any,
    header: Header,
    types: dict[str, pa.DataType],
    on_ragged: Callable[[Any], str],
    block: int,
    missing: Sequence[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Yield columns of a table without quotes, a row per line, `block` bytes at a time.

    Args:
        types: of the columns that are wanted.
        on_ragged: is called with rows of a wrong number of cells; their `number` is their line.
        missing: cells that are read as null.
    """
    try:
        reader = pacsv.open_csv(
            pa.PythonFile(stream, mode="r"),
            # One thread: only then does a ragged row have its number, and several were no faster.
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=block, skip_rows=header.lines, column_names=list(header.columns)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=header.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=on_ragged
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(types),
                column_types=types,
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
