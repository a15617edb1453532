"""What stands in a table's cells: numbers, one label, or several labels; on Arrow and numpy arrays, not row by row."""

import ast
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError

FIRST_BYTE_OF_U0300 = 0xCC
"""In UTF-8; every code point from there on starts with this byte or a higher one."""

LARGEST = 1e100
"""Of numbers in a table: their squares and sums are still numbers."""

_POOL = pa.system_memory_pool()
"""Arrow's own gives memory back sooner, and each new page then costs a fault: a third of dictionary_encode's time."""

SAMPLE, REPEATED = 1000, 0.7
"""Where fewer than 70 % of the first thousand cells are different, each of them is split only once."""


@dataclass(frozen=True)
class LabelLists:
    """The labels of n rows: row i has ``names[codes[offsets[i]:offsets[i + 1]]]``, in the cell's order.

    Attributes:
        offsets: (n + 1,) int64.
        codes: (n_labels,) int32, into names.
        names: the distinct labels: trimmed, in Unicode NFC, none empty.
    """

    offsets: np.ndarray
    codes: np.ndarray
    names: pa.Array

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    def counts(self) -> np.ndarray:
        """Return how many labels each row has, (n,) int64."""
        return np.diff(self.offsets)

    def keep(self, kept: np.ndarray, codes: np.ndarray) -> "LabelLists":
        """Return the labels where `kept` is true, with other codes for them; both (n_labels,)."""
        if kept.all():
            return LabelLists(self.offsets, codes, self.names)
        return LabelLists(np.concatenate(([0], np.cumsum(kept)))[self.offsets], codes[kept], self.names)

    def at(self, position: int) -> "LabelLists":
        """Return the label at `position` of each row, counted from 0; rows with fewer labels are left empty."""
        present = self.counts() > position
        codes = self.codes[self.offsets[:-1][present] + position]
        return LabelLists(np.concatenate(([0], np.cumsum(present))), codes, self.names)

    def take(self, rows: np.ndarray) -> "LabelLists":
        """Return the labels of these rows, by index; none for -1."""
        counts = np.append(self.counts(), 0)[rows]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        places = np.repeat(self.offsets[rows] - offsets[:-1], counts)
        places += np.arange(offsets[-1])
        return LabelLists(offsets, self.codes[places], self.names)

    def distinct(self) -> "LabelLists":
        """Return each row's labels once, where they come first."""
        width = max(len(self.names), 1)
        # Half as wide, sorted in half the time.
        key_type = np.dtype(np.int32 if self.n_rows * width < 2**31 else np.int64)
        starts = np.arange(self.n_rows, dtype=key_type) * width
        keys = np.repeat(starts, self.counts()) + self.codes
        in_order = np.sort(keys)
        if (in_order[1:] != in_order[:-1]).all():
            return self
        order = np.argsort(keys, kind="stable")
        first = np.empty(len(keys), dtype=bool)
        first[order] = np.diff(keys[order], prepend=-1) > 0
        return self.keep(first, self.codes)


def read_numbers(column: pd.Series, above: float = -np.inf) -> np.ndarray:
    """Return a column as (n,) float64, NaN where missing.

    Rows are numbered from 1 in messages, after the frame's index.

    Raises:
        InputError: a cell holds text, a date, an infinite value, or one that is not above `above`.
    """
    if column.dtype == object and pd.api.types.infer_dtype(column) == "boolean":
        column = column.astype("boolean")
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(np.float64, na_value=np.nan)
    else:
        given = column.notna().to_numpy()
        if pd.api.types.is_datetime64_any_dtype(column.dtype) and given.any():
            raise InputError(f"column '{column.name}' must hold numbers, got dates such as {column[given].iloc[0]}")
        values = pd.to_numeric(column.astype("str"), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        _refuse(given & np.isnan(values), column, "must hold numbers")
    _refuse(np.isinf(values), column, "must hold finite numbers")
    _refuse(np.abs(values) > LARGEST, column, f"must hold numbers from -{LARGEST:g} to {LARGEST:g}")
    _refuse(values <= above, column, f"must be above {above:g} for log1p")
    return values


def _refuse(bad: np.ndarray, column: pd.Series, requirement: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        more = f" ({int(bad.sum()):,} such rows)" if bad.sum() > 1 else ""
        value = str(column.iloc[row])[:80]
        number = int(column.index[row]) + 1
        raise InputError(
            f"column '{column.name}' {requirement}, row {number} has {value!r}{more}; correct or empty it", number
        )


def read_labels(column: pd.Series) -> LabelLists:
    """Take each cell for one label."""
    texts = _texts(column)
    return _tidy(np.arange(len(texts) + 1), texts)


def split_labels(column: pd.Series, separator: str) -> LabelLists:
    """Split each cell into labels at `separator`."""
    if _is_list(column):
        return _from_arrow_lists(column)
    texts = _texts(column)
    if pc.count_distinct(texts.slice(0, SAMPLE)).as_py() > REPEATED * min(len(texts), SAMPLE):
        return _split(texts, separator)
    cells = texts.dictionary_encode()
    return _split(cells.dictionary, separator).take(cells.indices.fill_null(-1).to_numpy())


def _split(texts: pa.Array, separator: str) -> LabelLists:
    lists = pc.split_pattern(texts, separator, memory_pool=_POOL)
    return _tidy(lists.offsets.to_numpy(), lists.flatten())


def parse_labels(column: pd.Series, loads: Callable[[str], Any], key: str) -> LabelLists:
    """Parse each cell as a literal: a list of texts, or of objects whose `key` is the label.

    Args:
        loads: ``json.loads``, or ``ast.literal_eval``, which runs no code.
    """
    if _is_list(column):
        return _from_arrow_lists(column)
    cells = _texts(column).dictionary_encode()
    parsed = []
    for code, cell in enumerate(cells.dictionary.to_pylist()):
        try:
            labels = [str(label) for label in _labels_in(loads(cell), key)]
            "".join(labels).encode()  # a lone surrogate is no text
            parsed.append(labels)
        except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
            row = int(column.index[pc.index(cells.indices, code).as_py()]) + 1
            raise InputError(
                f"column '{column.name}', row {row}: the cell must be a list in {_FORMATS[loads]} format, "
                f"of texts or of objects with the key {key!r}; got {cell[:80]!r}",
                row,
            ) from None
    lists = pa.array(parsed, pa.large_list(pa.large_string())).take(cells.indices)
    return _tidy(*_parts(lists))


_FORMATS: dict[Callable[[str], Any], str] = {json.loads: "json", ast.literal_eval: "python"}


def _labels_in(value: Any, key: str) -> Iterable[Any]:
    items = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    for item in items:
        label = item[key] if isinstance(item, dict) else item
        if not isinstance(label, (str, int, float)):
            raise TypeError
        yield label


def _is_list(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.ArrowDtype) and pa.types.is_nested(column.dtype.pyarrow_dtype)


def _from_arrow_lists(column: pd.Series) -> LabelLists:
    try:
        lists = _one_array(column).cast(pa.large_list(pa.large_string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"column '{column.name}' must hold lists of texts, got {column.dtype.pyarrow_dtype}") from None
    return _tidy(*_parts(lists))


def _parts(lists: pa.Array) -> tuple[np.ndarray, pa.Array]:
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    return np.concatenate(([0], np.cumsum(lengths))), lists.flatten()


def _one_array(column: pd.Series) -> pa.Array:
    array = pa.Array.from_pandas(column)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _texts(column: pd.Series) -> pa.Array:
    if _is_list(column):
        kind = column.dtype.pyarrow_dtype
        raise InputError(f"column '{column.name}' must hold one text a cell, got {kind}; use Labels")
    if pd.api.types.is_float_dtype(column.dtype):
        # An id column with a hole in it comes as 862.0.
        whole = column.dropna()
        if (whole == whole.round()).all() and (whole.abs() < 2**53).all():
            column = column.astype("Int64")
    try:
        return _one_array(column).cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # SQLite may hold numbers and texts in one column
        return _one_array(column.map(str, na_action="ignore")).cast(pa.large_string())


def _tidy(offsets: np.ndarray, values: pa.Array) -> LabelLists:
    """Trim and normalise the distinct values, and leave out the empty ones."""
    encoded = pc.dictionary_encode(values, memory_pool=_POOL)
    names = _normalise(pc.utf8_trim_whitespace(encoded.dictionary))
    if names.equals(encoded.dictionary) and pc.index(names, "").as_py() < 0 and encoded.null_count == 0:
        return LabelLists(offsets, encoded.indices.to_numpy(), names)
    merged = pc.if_else(pc.equal(names, ""), pa.scalar(None, names.type), names).dictionary_encode()
    code_of = np.append(merged.indices.fill_null(-1).to_numpy(), -1).astype(np.int32)
    codes = code_of[encoded.indices.fill_null(-1).to_numpy()]
    return LabelLists(offsets, codes, merged.dictionary).keep(codes >= 0, codes)


def _normalise(names: pa.Array) -> pa.Array:
    """Return names in Unicode NFC; what has no code point from U+0300 on is so already, and that is nearly all."""
    offsets = np.frombuffer(names.buffers()[1], np.int64)[names.offset : names.offset + len(names) + 1]
    text = np.frombuffer(names.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    beyond = np.flatnonzero(text >= FIRST_BYTE_OF_U0300) + offsets[0]
    other = np.zeros(len(names), dtype=bool)
    other[np.searchsorted(offsets, beyond, side="right") - 1] = True
    given = names.filter(pa.array(other))
    normal = pc.utf8_normalize(given, form="NFC")
    return names if normal.equals(given) else pc.replace_with_mask(names, pa.array(other), normal)
