"""Opening, decoding and cutting raw text files into rows, with the line of each row kept for messages."""

import csv
import gzip
import io
import sys
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables import encodings
from greenlight_films.datamodules.tables.encodings import survey

HEAD = 2**20  # bytes in which a header must stand


class Header(NamedTuple):
    """A table's header, which ends after `lines` lines; `spaced` is whether blanks stand before quotes."""

    delimiter: str
    columns: tuple[str, ...]
    lines: int
    spaced: bool

    def wrong_width(self, n_cells: int) -> str:
        """Return the reason to reject a row of `n_cells` cells."""
        return f"has {n_cells} cells where the header has {len(self.columns)}: shifted or cut off"


class BrokenRow(NamedTuple):
    """A row that can't be used, with the line that it begins at."""

    line: int
    reason: str
    text: str


@contextmanager
def open_raw(path: Path) -> Iterator[Any]:
    """Open a file as bytes, unpacked where its name ends in `.gz`; what fails inside the `with` is an InputError."""
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
    """Return the first line that has a cell, cut at the delimiter that gives the most cells; refuse an empty file."""
    with open_raw(path) as stream:
        text = stream.read(HEAD).decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise InputError(f"{path} is empty; a header line and rows of films are needed")
    csv.field_size_limit(sys.maxsize)
    candidates = []
    for delimiter in "\t|;,":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        columns = next(cells for row in reader if any(cells := [cell.strip() for cell in row]))
        candidates.append((delimiter, tuple(columns), reader.line_num))
    delimiter, names, lines = max(candidates, key=lambda candidate: len(candidate[1]))
    head = "".join(islice(io.StringIO(text, newline=""), lines))
    return Header(delimiter, names, lines, spaced=f'{delimiter} "' in head)


def encoding_of(path: Path) -> tuple[str, int]:
    """Return a text's encoding, and how many of its bytes are not valid in it.

    UTF-8 with few bad bytes stays UTF-8: another encoding would spoil all its other letters.
    """
    with open_raw(path) as stream:
        seen = survey(iter(lambda: stream.read(2**20), b""))
    encoding = encodings.encoding_of(seen)
    return ("utf-8-sig", seen.bad) if encoding.startswith("utf-8") else (encoding, 0)


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
            reason = header.wrong_width(len(row)) if row else "a quote is opened there and not closed at its cell's end"
            broken.append(BrokenRow(line, reason, header.delimiter.join(row) or text))
        if len(lines) + len(broken) >= size:
            yield lines, cells, broken
            lines, cells, broken = [], {name: [] for name in positions}, []
    yield lines, cells, broken


def _records(path: Path, header: Header, encoding: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield each record's first line as a number, its cells, and the text of that line.

    Where a quote doesn't close at its cell's end but lines below, only the line that opens it is lost: it has no cells.
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
