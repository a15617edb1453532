"""Cells as labels: one label a cell, or several.

They work on whole Arrow and numpy arrays. A frame's index counts its rows from 0; messages count them from 1.
"""

import ast
import json
from typing import Any, Literal
from unicodedata import normalize

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of

LISTS = pa.large_list(pa.large_string())

_POOL = pa.system_memory_pool()
"""Arrow's own gives memory back sooner, and each new page then costs a fault: a third of dictionary_encode's time."""


def read_labels(column: pd.Series, format: Format = Format()) -> LabelLists:
    """Take each cell for one label."""
    texts = _texts(column)
    return _tidy(np.arange(len(texts) + 1), texts)


def split_labels(column: pd.Series, separator: str, format: Format = Format()) -> LabelLists:
    """Split each cell into labels at `separator`."""
    texts = _texts(column)
    sample = texts.slice(0, 1000)
    if pc.count_distinct(sample).as_py() > 0.7 * len(sample):
        return _split(texts, separator)
    cells = texts.dictionary_encode()  # few are different: each is split once
    return _split(cells.dictionary, separator).take(cells.indices.fill_null(-1).to_numpy())


def _split(texts: pa.Array, separator: str) -> LabelLists:
    lists = pc.split_pattern(texts, separator, memory_pool=_POOL)
    return _tidy(lists.offsets.to_numpy(), lists.flatten())


def parse_labels(
    column: pd.Series, literal: Literal["json", "python"], key: str, format: Format = Format()
) -> LabelLists:
    """Parse each cell as a literal: a list of texts, or of objects whose `key` is the label. No code is run."""
    loads = json.loads if literal == "json" else ast.literal_eval
    cells = _texts(column).dictionary_encode()
    parsed = []
    for code, cell in enumerate(cells.dictionary.to_pylist()):
        try:
            parsed.append(_labels_in(loads(cell), key))
        except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
            position = pc.index(cells.indices, code).as_py()
            raise _no_list(column, position, f"a list in {literal} format,", key, cell) from None
    return _flatten(pa.array(parsed, LISTS).take(cells.indices))


def is_nested(column: pd.Series) -> bool:
    """Tell whether cells hold lists or objects, as of Parquet files and data frames."""
    if isinstance(column.dtype, pd.ArrowDtype):
        return pa.types.is_nested(column.dtype.pyarrow_dtype)
    return column.dtype == object and any(isinstance(cell, list | tuple | dict | set | np.ndarray) for cell in column)


def read_lists(column: pd.Series, key: str) -> LabelLists:
    """Take the labels from cells that hold lists of texts, or of objects whose `key` is the label.

    Missing cells have no label, missing items are left out.
    """
    cells = column
    if isinstance(column.dtype, pd.ArrowDtype):
        array = _array(column)
        try:
            return _flatten(array.cast(LISTS))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a list of objects
            cells = array.to_pylist()
    parsed = []
    for position, cell in enumerate(cells):
        items = cell.tolist() if isinstance(cell, np.ndarray) else [cell] if isinstance(cell, dict) else cell
        try:
            if isinstance(items, list | tuple):
                parsed.append(_labels_in([item for item in items if not _is_missing(item)], key))
            elif _is_missing(items):
                parsed.append([])
            else:
                raise TypeError
        except (ValueError, TypeError, KeyError):
            raise _no_list(column, position, "a list", key, str(cell)) from None
    return _flatten(pa.array(parsed, LISTS))


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _no_list(column: pd.Series, position: int, requirement: str, key: str, cell: str) -> InputError:
    row = int(column.index[position]) + 1
    wanted = f"{requirement} of texts or of objects with the key {key!r}"
    return InputError(f"column '{column.name}', row {row}: the cell must be {wanted}; got {cell[:80]!r}", row)


def _labels_in(value: Any, key: str) -> list[str]:
    """Return the labels in a parsed cell; a TypeError, KeyError or ValueError where it holds something else."""
    items: Any = value if isinstance(value, list | tuple) else [] if value is None else [value]
    labels = [item[key] if isinstance(item, dict) else item for item in items]
    if not all(isinstance(label, str | int | float | np.number) for label in labels):
        raise TypeError
    texts = [str(label) for label in labels]
    "".join(texts).encode()  # a ValueError for half a surrogate pair, which is no text
    return texts


def _array(column: pd.Series) -> pa.Array:
    array = pa.Array.from_pandas(column)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _texts(column: pd.Series) -> pa.Array:
    if is_nested(column):
        raise InputError(f"column '{column.name}' must hold one text a cell, got lists or objects; use Labels")
    column = _written(column)
    if pd.api.types.is_float_dtype(column.dtype):
        # An id column with a hole in it comes as 862.0.
        whole = column.dropna()
        if (whole == whole.round()).all() and (whole.abs() < 2**53).all():
            column = column.astype("Int64")
    try:
        return _array(column).cast(pa.large_string())
    except (pa.ArrowException, TypeError):  # numbers and texts in a column, as SQLite may have them
        return _array(column.map(str, na_action="ignore").astype("str")).cast(pa.large_string())


def _written(column: pd.Series) -> pd.Series:
    """Return dates and truth values of a typed column as they are written in a text file."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.astype("str")
    if pd.api.types.is_bool_dtype(column.dtype) or (
        column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    ):
        return column.map(str, na_action="ignore").astype("str")
    return column


def _flatten(lists: pa.Array) -> LabelLists:
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    return _tidy(offsets_of(lengths), lists.flatten())


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
    """Return names in Unicode NFC; text in ASCII is as it should be."""
    other = pc.invert(pc.string_is_ascii(names))
    given = names.filter(other)
    normal = pa.array([normalize("NFC", name) for name in given.to_pylist()], names.type)
    return names if normal.equals(given) else pc.replace_with_mask(names, other, normal)
