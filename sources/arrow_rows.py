"""Tables without quotes that are larger than memory, read block by block as Arrow batches with the line of each row."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from greenlight_films.sources.preparation import SHOWN, Preparation
from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.raw_text import BrokenRow, open_raw, read_header


def arrow_rows(
    preparation: Preparation, file: RawFile, types: dict[str, pa.DataType], block: int, missing: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield columns of a table, a row per line of text, and the last column `line`, where each row stands in the file.

    Rows with a wrong number of cells are rejected; bytes that are no UTF-8 are replaced and noted. A broken file, such
    as a `.gz` that was cut off, is refused.

    Args:
        block: bytes that are read at a time; a row must fit in them.
        missing: cells that are read as null.
    """
    path = preparation.files[file]
    preparation.say(f"Reading {path.name}")
    header, ragged, n_rows = read_header(path), list[BrokenRow](), 0

    def skip(row: Any) -> str:
        ragged.append(BrokenRow(row.number, header.wrong_width(row.actual_columns), row.text[:SHOWN]))
        return "skip"

    # One thread: only then does a ragged row have its number, and several were no faster.
    reading = pacsv.ReadOptions(
        use_threads=False, block_size=block, skip_rows=header.lines, column_names=list(header.columns)
    )
    parsing = pacsv.ParseOptions(
        delimiter=header.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip
    )
    converting = pacsv.ConvertOptions(
        include_columns=list(types), column_types=types, null_values=list(missing), strings_can_be_null=bool(missing),
        check_utf8=False,
    )  # fmt: skip
    with open_raw(path) as raw:
        stream = _Utf8Stream(raw)
        try:
            batches = pacsv.open_csv(pa.PythonFile(stream, mode="r"), reading, parsing, converting)
        except pa.ArrowInvalid as problem:
            if "Could not skip" not in str(problem):
                raise
            batches = []  # the header has no line end, and nothing is below it
        for batch in batches:
            skipped = np.array([row.line for row in ragged], dtype=np.int64)
            rows_before = skipped - header.lines - 1 - np.arange(len(skipped))
            rows = np.arange(n_rows, n_rows + batch.num_rows)
            lines = rows + header.lines + 1 + np.searchsorted(rows_before, rows, side="right")
            n_rows += batch.num_rows
            yield batch.append_column("line", pa.array(lines))
            preparation.say(f"Reading {path.name}, {n_rows:,} rows")
    preparation.read[preparation.name_of(file)] = n_rows + len(ragged)
    preparation.note_bad_bytes(file, stream.n_bad)
    preparation.reject_broken(file, ragged)


class _Utf8Stream:
    """A stream of bytes in which all that is no UTF-8 is replaced, for Arrow stops at it or loses its row.

    Attributes:
        n_bad: how many bytes or sequences were replaced.
    """

    closed = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._rest = b""
        self.n_bad = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end."""
        piece = b"more"
        while len(self._rest) < size and piece:
            piece = self._raw.read(size)
            text = self._decoder.decode(piece, final=not piece)
            if "\ufffd" in text:
                self.n_bad += text.count("\ufffd") - piece.count("\ufffd".encode())
            self._rest += text.encode()
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def close(self) -> None:
        self.closed = True
