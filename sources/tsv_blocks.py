"""Tab-separated files without quotes, such as IMDb's, read block by block: they are larger than memory."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.raw_text import Ragged, open_rows, read_header, reading

BLOCK = 4 * 2**20
"""Bytes, of which `_Text` fills a quarter; a row must fit in one. Larger blocks took more memory and were no faster."""

NOTHING = "\\N"
"""Stands in a cell of which nothing is known."""


@dataclass(frozen=True)
class Block:
    """Some rows of a file.

    Attributes:
        lines: of the file, from 1; one a row.
        cells: text, missing where nothing is known.
    """

    lines: np.ndarray
    cells: pa.RecordBatch

    def where(self, these: np.ndarray) -> "Block":
        """Return some of the rows."""
        return self if these.all() else Block(self.lines[these], self.cells.filter(pa.array(these)))

    def texts(self) -> list[str]:
        """Return each row as it stands in the file, as far as its columns were read."""
        columns = [column.cast(pa.string()) for column in self.cells.columns]
        return pc.binary_join_element_wise(
            *columns, "\t", null_handling="replace", null_replacement=NOTHING
        ).to_pylist()


def blocks(
    preparation: Preparation, file: RawFile, wanted: Sequence[str], repeated: Sequence[str] = ()
) -> Iterator[Block]:
    """Read columns of a file; rows of another width than the header's are rejected at its end.

    Args:
        wanted: the columns.
        repeated: those of them with few different cells, which become dictionaries.

    Raises:
        InputError: the file is broken, such as a `.gz` that was cut off.
    """
    path = preparation.files[file]
    header, ragged = read_header(path), Ragged()
    text = pa.dictionary(pa.int32(), pa.string())
    kinds = {name: text if name in repeated else pa.string() for name in wanted}
    n_rows = n_filled = 0
    with reading(path) as raw:
        stream = _Text(raw)
        for batch in open_rows(stream, header, kinds, ragged.skip, BLOCK, [NOTHING]):
            block = Block(ragged.lines(np.arange(n_rows, n_rows + batch.num_rows), header), batch)
            n_rows += batch.num_rows
            block = block.where(_filled(batch))
            n_filled += len(block.lines)
            yield block
            preparation.say(f"Reading {path.name}: {n_filled:,} rows")
    preparation.read[preparation.name_of(file)] = n_filled + len(ragged.rows)
    preparation.note_bad_bytes(file, stream.bad)
    preparation.reject_broken(file, ragged.rows)


def _filled(batch: pa.RecordBatch) -> np.ndarray:
    """Return which rows are no empty lines, whose cells Arrow takes to be empty each."""
    empty = np.ones(batch.num_rows, dtype=bool)
    for column in batch.columns:
        if not empty.any():
            break
        empty &= pc.equal(column.cast(pa.string()), "").fill_null(False).to_numpy(zero_copy_only=False)
    return ~empty


class _Text:
    """A stream of bytes in which all that is no UTF-8 is replaced, for Arrow gives up at the first such byte.

    Attributes:
        bad: how many bytes or sequences were replaced.
    """

    closed = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self.bad = 0

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, none at the end."""
        while True:
            # A replaced byte becomes three; more than `size` must not be returned.
            piece = self._raw.read(max(size // 4, 16))
            text = self._decoder.decode(piece, final=not piece)
            if "\ufffd" in text:
                self.bad += text.count("\ufffd") - piece.count("\ufffd".encode())
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


def with_ids(
    preparation: Preparation, file: RawFile, block: Block, column: str, prefix: str
) -> tuple[Block, np.ndarray]:
    """Return the rows that have an id, and their ids as numbers; the others are rejected."""
    numbers = id_numbers(block.cells[column], prefix)
    bad = numbers < 0
    if not bad.any():
        return block, numbers
    reason = f"{column} is no id such as {prefix}0000009"
    preparation.reject(file, block.lines[bad], reason, block.where(bad).texts())
    return block.where(~bad), numbers[~bad]


def codes(cells: pa.DictionaryArray, known: dict[str, int]) -> np.ndarray:
    """Return the number of each cell in `known`, to which new ones are added; what is missing is a kind of its own."""
    names = [*cells.dictionary.to_pylist(), NOTHING]
    numbers = np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int32)
    return numbers[cells.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)]


class Places:
    """Where ids stand in a list without repetition."""

    def __init__(self, ids: np.ndarray) -> None:
        self._order = np.argsort(ids)
        self._sorted = ids[self._order]

    def of(self, ids: np.ndarray) -> np.ndarray:
        """Return the place of each id; -1 where it is not in the list."""
        if not len(self._sorted):
            return np.full(len(ids), -1)
        near = np.searchsorted(self._sorted, ids).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[near] == ids, self._order[near], -1)
