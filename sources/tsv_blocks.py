"""IMDb's tab-separated files, which are larger than memory, read block by block as Arrow batches with their lines."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation, repeated
from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.raw_text import RaggedRows, arrow_batches, open_raw, read_header

BLOCK = 4 * 2**20
"""Bytes, of which `Utf8Stream` fills a quarter; a row must fit in it. Larger blocks took more memory, no less time."""

UNKNOWN = "\\N"
"""A cell of which nothing is known."""

PREFIXES = {"tconst": "tt", "nconst": "nm"}
"""How the ids in these columns begin."""

FEW_DISTINCT = ("titleType", "category")
"""Columns that are read as dictionaries."""

Matches = Iterator[tuple[pa.RecordBatch, np.ndarray]]
"""Rows of a file, the last column `line` being where each stands in it, and a number for each row."""


def read_blocks(preparation: Preparation, file: RawFile, columns: Sequence[str]) -> Matches:
    """Yield the rows that have an id, with the ids as numbers; those without, and ragged ones, are rejected.

    Args:
        columns: the id's, `tconst` or `nconst`, first. They become text, null where nothing is known.

    Raises:
        InputError: the file is broken, such as a `.gz` that was cut off.
    """
    path = preparation.files[file]
    header, ragged = read_header(path), RaggedRows()
    text = pa.dictionary(pa.int32(), pa.string())
    types = {name: text if name in FEW_DISTINCT else pa.string() for name in columns}
    n_rows = n_filled = 0
    with open_raw(path) as raw:
        stream = Utf8Stream(raw)
        for batch in arrow_batches(stream, header, types, ragged.skip, BLOCK, [UNKNOWN]):
            lines = ragged.lines(np.arange(n_rows, n_rows + batch.num_rows), header)
            filled = ~_is_empty(batch)
            n_rows += batch.num_rows
            n_filled += int(filled.sum())
            whole = pa.RecordBatch.from_arrays([*batch.columns, pa.array(lines)], names=[*columns, "line"])
            rows = where(whole, filled)
            ids = checked_ids(preparation, file, rows, columns[0])
            yield where(rows, ids >= 0), ids[ids >= 0]
            preparation.say(f"Reading {path.name}: {n_filled:,} rows")
    preparation.read[preparation.name_of(file)] = n_filled + len(ragged.rows)
    preparation.note_bad_bytes(file, stream.n_bad)
    preparation.reject_broken(file, ragged.rows)


def read_matches(
    preparation: Preparation, file: RawFile, columns: Sequence[str], ids: pd.Index, others: str, unique: bool = True
) -> Matches:
    """Yield the rows about some ids as `read_blocks` does, with the position of each row's id among them.

    Args:
        ids: numbers, without repetition.
        others: a note on the rows about other ids, with which they are counted.
        unique: whether the second row about an id is rejected.
    """
    seen, n_others = np.zeros(len(ids), dtype=bool), 0
    for batch, numbers in read_blocks(preparation, file, columns):
        position = ids.get_indexer(numbers)
        n_others += int((position < 0).sum())
        batch, position = where(batch, position >= 0), position[position >= 0]
        if unique:
            again = pd.Index(position).duplicated() | seen[position]
            reject_rows(preparation, file, where(batch, again), repeated(columns[0]))
            batch, position = where(batch, ~again), position[~again]
            seen[position] = True
        yield batch, position
    preparation.note(others, n_others)


def where(batch: pa.RecordBatch, mask: np.ndarray) -> pa.RecordBatch:
    """Return some rows, without a copy where that is all."""
    return batch if mask.all() else batch.filter(pa.array(mask))


def checked_ids(preparation: Preparation, file: RawFile, batch: pa.RecordBatch, column: str) -> np.ndarray:
    """Return a column of ids as numbers; rows without an id have -1 and are rejected."""
    numbers = id_numbers(batch[column], PREFIXES[column])
    bad = where(batch, numbers < 0)
    reject_rows(preparation, file, bad, f"{column} is no id such as {PREFIXES[column]}0000009")
    return numbers


def reject_rows(preparation: Preparation, file: RawFile, batch: pa.RecordBatch, reason: str) -> None:
    """Reject rows, each with its text as far as its columns were read."""
    columns = [column.cast(pa.string()) for column in batch.columns[:-1]]
    texts = pc.binary_join_element_wise(*columns, "\t", null_handling="replace", null_replacement=UNKNOWN)
    preparation.reject(file, batch["line"].to_numpy(), reason, texts.to_pylist())


def _is_empty(batch: pa.RecordBatch) -> np.ndarray:
    """Return which rows are empty lines, of which Arrow makes empty cells."""
    empty = np.ones(batch.num_rows, dtype=bool)
    for column in batch.columns:
        if not empty.any():
            break
        empty &= pc.equal(column.cast(pa.string()), "").fill_null(False).to_numpy(zero_copy_only=False)
    return empty


class Utf8Stream:
    """A stream of bytes in which all that is no UTF-8 is replaced, since Arrow stops at the first such byte.

    Attributes:
        n_bad: how many bytes or sequences were replaced.
    """

    closed = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self.n_bad = 0

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, none at the end."""
        while True:
            # A replaced byte becomes three; more than `size` must not be returned.
            piece = self._raw.read(max(size // 4, 16))
            text = self._decoder.decode(piece, final=not piece)
            if "\ufffd" in text:
                self.n_bad += text.count("\ufffd") - piece.count("\ufffd".encode())
            if text or not piece:
                return text.encode()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def id_numbers(cells: pa.Array, prefix: str) -> np.ndarray:
    """Return ids such as tt0000009 as whole numbers, here 9; what has another form is -1."""
    digits = pc.utf8_slice_codeunits(cells, len(prefix))
    n_digits = pc.binary_length(digits)
    good = pc.and_(pc.starts_with(cells, prefix), pc.ascii_is_decimal(digits))
    good = pc.and_(good, pc.and_(pc.greater_equal(n_digits, 7), pc.less_equal(n_digits, 18)))
    good = pc.fill_null(good, False)
    if not pc.all(good, min_count=0).as_py():
        digits = pc.if_else(good, digits, "-1")
    return digits.cast(pa.int64()).to_numpy(zero_copy_only=False)


def id_texts(numbers: np.ndarray, prefix: str) -> pa.Array:
    """Return ids as IMDb writes them."""
    digits = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def codes(cells: pa.DictionaryArray, known: dict[Any, int]) -> np.ndarray:
    """Return the number of each cell in `known`, to which new ones are added; a null cell counts as `UNKNOWN`."""
    names = cells.dictionary.to_pylist()
    if cells.null_count:
        names.append(UNKNOWN)
    numbers = np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int32)
    return numbers[cells.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)]
