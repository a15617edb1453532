"""IMDb's tab-separated files, which are larger than memory, as Arrow batches with the ids of their rows as numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.arrow_rows import arrow_rows
from greenlight_films.sources.preparation import Preparation, repeated
from greenlight_films.sources.raw_files import RawFile

BLOCK = 2**20  # bytes; larger blocks took more memory, no less time
UNKNOWN = "\\N"
PREFIXES = {"tconst": "tt", "nconst": "nm"}  # of the ids in these columns
FEW_DISTINCT = ("titleType", "category")  # are read as dictionaries

Matches = Iterator[tuple[pa.RecordBatch, np.ndarray]]
"""Rows of a file, the last column `line` being where each stands in it, and a number for each row."""


def read_blocks(preparation: Preparation, file: RawFile, columns: Sequence[str]) -> Matches:
    """Yield the rows that have an id, with the ids as numbers; those without, and ragged ones, are rejected.

    Args:
        columns: the id's, `tconst` or `nconst`, first. They become text, null where nothing is known.
    """
    n_empty = 0
    dictionary = pa.dictionary(pa.int32(), pa.string())
    types = {name: dictionary if name in FEW_DISTINCT else pa.string() for name in columns}
    for batch in arrow_rows(preparation, file, types, BLOCK, [UNKNOWN]):
        empty = np.ones(batch.num_rows, dtype=bool)  # lines, of which Arrow makes empty cells
        for column in batch.columns[:-1]:
            if empty.any():
                empty &= pc.equal(column.cast(pa.string()), "").fill_null(False).to_numpy(zero_copy_only=False)
        n_empty += int(empty.sum())
        rows = where(batch, ~empty)
        ids = checked_ids(preparation, file, rows, columns[0])
        yield where(rows, ids >= 0), ids[ids >= 0]
    preparation.read[preparation.name_of(file)] -= n_empty


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
            _reject(preparation, file, where(batch, again), repeated(columns[0]))
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
    _reject(preparation, file, where(batch, numbers < 0), f"{column} is no id such as {PREFIXES[column]}0000009")
    return numbers


def _reject(preparation: Preparation, file: RawFile, batch: pa.RecordBatch, reason: str) -> None:
    columns = [column.cast(pa.string()) for column in batch.columns[:-1]]
    texts = pc.binary_join_element_wise(*columns, "\t", null_handling="replace", null_replacement=UNKNOWN)
    preparation.reject(file, batch["line"].to_numpy(), reason, texts.to_pylist())


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
