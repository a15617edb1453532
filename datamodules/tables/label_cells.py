"""Cells as labels: one label a cell, or several.

They work on whole Arrow and numpy arrays. A frame's index counts its rows from 0; messages count them from 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.tables.bad_cells import refuse_cells
from greenlight_films.datamodules.tables.distinct_texts import codes_of, combined
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_lists import ROWS_AT_ONCE, LabelLists, offsets_of, stacked, without
from greenlight_films.datamodules.tables.label_literals import FAULTS, LiteralFormat, items_of
from greenlight_films.datamodules.tables.label_parts import joined_parts, without_nobody
from greenlight_films.datamodules.tables.missing_cells import LABELS_MISSING, mask_missing

LISTS = pa.large_list(pa.large_string())

BLANK = ord(" ")

_BETWEEN_WORDS = r"[^\p{L}\p{M}\p{N}'-]+|--+"

_POOL = pa.system_memory_pool()
"""Arrow's own gives memory back sooner, and each new page then costs a fault: a third of dictionary_encode's time."""


def read_labels(column: pd.Series, format: Format = Format()) -> LabelLists:
    """Take each cell for one label."""
    texts = texts_of(column)
    return without(_tidy(np.arange(len(texts) + 1), texts), _missing(format))


def split_labels(column: pd.Series, separator: str | Sequence[str], format: Format = Format()) -> LabelLists:
    """Split each cell into labels at `separator`, or at each of several, such as `, ` and ` and `."""
    separators = [separator] if isinstance(separator, str) else list(separator)
    texts = texts_of(column)
    sample = texts.slice(0, 1000)
    if pc.count_distinct(sample).as_py() > 0.7 * len(sample):
        lists = _split(texts, separators)
    else:
        cells = texts.dictionary_encode()  # few are different: each is split once
        lists = _split(cells.dictionary, separators).take(codes_of(cells))
    return without(lists, _missing(format))


def _split(texts: pa.Array, separators: list[str]) -> LabelLists:
    first, *others = separators
    # `A, B, and C`: comma and word are one separator.
    pairs = [mark.rstrip() + word for mark in separators for word in separators if mark != word and word[:1] == " "]
    for other in [*pairs, *sorted(others, key=len, reverse=True)]:
        texts = pc.replace_substring(texts, other, first)
    lists = pc.split_pattern(texts, first, memory_pool=_POOL)
    labels = _tidy(lists.offsets.to_numpy(), lists.flatten())
    mark = first.strip()
    if mark and not mark.isalnum() and mark != first:  # before the first label or behind the last it has no blank
        begins, ends = labels.bytes_of_names.edges
        if (begins == mark.encode()[0]).any() or (ends == mark.encode()[-1]).any():
            labels = labels.renamed(_or_null(pc.utf8_trim(labels.names, mark + " ")))
    return without_nobody(joined_parts(labels, f"{mark} " if mark == "," else first))


def read_words(column: pd.Series, format: Format = Format()) -> LabelLists:
    """Take the words of each cell, in small letters, each once.

    >>> read_words(pd.Series(["The O'Neills' well-known 2nd film -- and THE last"])).to_lists()
    [['the', "o'neills", 'well-known', '2nd', 'film', 'and', 'last']]
    """
    texts = pc.utf8_lower(mask_missing(texts_of(column), format))
    texts = pc.replace_substring(texts, "\u2019", "'")
    texts = pc.replace_substring_regex(texts, _BETWEEN_WORDS, " ")
    lists = pc.split_pattern(pc.replace_substring_regex(texts, "['-]* ['-]*", " "), " ", memory_pool=_POOL)
    words = _tidy(lists.offsets.to_numpy(), lists.flatten())
    return words.renamed(_or_null(pc.utf8_trim(words.names, "'-"))).distinct()  # a cell's first and last word


def parse_labels(
    column: pd.Series,
    literal: LiteralFormat,
    key: str,
    format: Format = Format(),
    where: Mapping[str, Any] | None = None,
) -> LabelLists:
    """Parse each cell as a list of texts, or of objects whose `key` is the label. No code is run.

    Args:
        where: keys and values that an object must have.
    """
    cells = texts_of(column).dictionary_encode()
    missing = set(_missing(format).to_pylist())
    parsed, faults = [], dict[int, Exception]()
    for code, cell in enumerate(cells.dictionary.to_pylist()):
        try:
            parsed.append([] if cell.strip() in missing else _labels_in(items_of(cell, literal), key, where))
        except FAULTS as fault:
            parsed.append([])
            faults[code] = fault
    if faults:
        bad = np.isin(codes_of(cells), list(faults))
        _refuse_no_lists(column, bad, f"in {literal} format", key, list(faults.values()))
    lists = _flatten(pa.array(parsed, LISTS).take(cells.indices))
    return joined_parts(lists, ", ") if literal == "bare_brackets" else lists


def is_nested(column: pd.Series) -> bool:
    """Tell whether cells hold lists or objects, as of Parquet files and data frames."""
    if isinstance(column.dtype, pd.ArrowDtype):
        return pa.types.is_nested(column.dtype.pyarrow_dtype)
    kinds = (list, tuple, dict, set, frozenset, np.ndarray, pd.DataFrame, pd.Series)
    return column.dtype == object and any(isinstance(cell, kinds) for cell in column)


def read_lists(column: pd.Series, key: str, where: Mapping[str, Any] | None = None) -> LabelLists:
    """Take the labels from cells that hold lists of texts, or of objects whose `key` is the label.

    A text alone is one label; missing cells have no label, missing items are left out.
    """
    try:
        array = pa.Array.from_pandas(column)
        of_items = getattr(array.type, "value_type", None)
        if of_items is None or not (_is_text(of_items) or pa.types.is_integer(of_items)):
            raise TypeError
        parts = (array.slice(start, ROWS_AT_ONCE) for start in range(0, max(len(array), 1), ROWS_AT_ONCE))
        return stacked([_flatten(combined(part).cast(LISTS)) for part in parts])
    except (pa.ArrowException, TypeError, ValueError):  # other things than lists of texts
        cells = _array(column).to_pylist() if isinstance(column.dtype, pd.ArrowDtype) else column
    parsed, faults, bad = [], list[Exception](), np.zeros(len(column), dtype=bool)
    for position, cell in enumerate(cells):
        try:
            parsed.append(_labels_in(_items(cell), key, where))
        except FAULTS as fault:
            parsed.append([])
            faults.append(fault)
            bad[position] = True
    _refuse_no_lists(column, bad, "", key, faults)
    return _flatten(pa.array(parsed, LISTS))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _items(cell: Any) -> list[Any]:
    if isinstance(cell, set | frozenset):
        return sorted(cell, key=str)
    if isinstance(cell, np.ndarray | pd.Series):
        return list(cell.tolist()) if cell.ndim == 1 else [cell.tolist()]
    return list(cell) if isinstance(cell, list | tuple) else [cell]


class _NoKey(KeyError):
    """An object without the key; the argument is the object's keys."""


def _labels_in(items: list[Any], key: str, where: Mapping[str, Any] | None = None) -> list[str]:
    """Return the labels in a parsed cell; a TypeError, KeyError or ValueError where it holds something else."""
    labels = []
    for item in items:
        label = item
        if isinstance(item, dict):
            if where and any(str(item.get(name)) != str(value) for name, value in where.items()):
                continue
            if key not in item:
                raise _NoKey(list(map(str, item)))
            label = item[key]
        elif where and not _is_missing(item):
            raise TypeError("no object")
        if _is_missing(label):
            continue
        if isinstance(label, float | np.floating) and label.is_integer():
            label = int(label)
        if not isinstance(label, str | int | float | np.number):
            raise TypeError(type(label).__name__)
        labels.append(str(label))
    "".join(labels).encode()  # a ValueError for half a surrogate pair, which is no text
    return labels


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _refuse_no_lists(column: pd.Series, bad: np.ndarray, form: str, key: str, faults: list[Exception]) -> None:
    """Refuse cells that hold no list, or objects without the key, naming the keys that they have."""
    if not bad.any():
        return
    keys = list(dict.fromkeys(name for fault in faults if isinstance(fault, _NoKey) for name in fault.args[0]))
    if keys and all(isinstance(fault, _NoKey) for fault in faults):
        remedy = f"set `key` to one of these keys{nearest(key, keys)}"
        refuse_cells(column, bad, f"must hold objects with the key {key!r}, they have {listed(keys)}", remedy)
    frames = [cell for cell in column[bad] if isinstance(cell, pd.DataFrame | pd.Series)]
    if frames:
        column = column.map(lambda cell: f"a {type(cell).__name__}" if isinstance(cell, pd.DataFrame) else cell)
    remedy = ""
    if form:
        texts = list(dict.fromkeys(str(cell).strip()[:80] for cell in column[bad]))[:3]
        remedy = (
            "escape a quote that stands within a text, or correct the cell, or declare it missing by data.missing: "
            f"{{{column.name}: {texts}}}"
        )
    wanted = f"must hold lists{f' {form}' if form else ''} of texts or of objects with the key {key!r}"
    refuse_cells(column, bad, wanted, remedy)


def _array(column: pd.Series) -> pa.Array:
    return combined(pa.Array.from_pandas(column))


def texts_of(column: pd.Series) -> pa.Array:
    """Return cells as Arrow texts, null where missing: whole floats without a point, numbers as they are written."""
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


def _missing(format: Format) -> pa.Array:
    return pa.array(LABELS_MISSING if format.missing is None else format.missing, pa.large_string())


def _written(column: pd.Series) -> pd.Series:
    """Return dates and truth values of a typed column as they are written in a text file."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        if isinstance(column.dtype, pd.ArrowDtype):  # pandas would write the time of a day, too
            column = _array(column).to_pandas().set_axis(column.index).rename(column.name)
        return column.astype("str")
    if pd.api.types.is_bool_dtype(column.dtype) or (
        column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    ):
        return column.map(str, na_action="ignore").astype("str")
    return column


def _flatten(lists: pa.Array) -> LabelLists:
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    return _tidy(offsets_of(lengths), lists.flatten())


def _or_null(names: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(names, ""), pa.scalar(None, names.type), names)


def _tidy(offsets: np.ndarray, values: pa.Array) -> LabelLists:
    """Trim and normalise the distinct values, and leave out the empty ones."""
    encoded = pc.dictionary_encode(values, memory_pool=_POOL)
    as_written = LabelLists(offsets, codes_of(encoded), encoded.dictionary)
    names = _normalise(as_written)
    if names is as_written.names and encoded.null_count == 0:
        return as_written
    merged = names.dictionary_encode()
    code_of = np.append(codes_of(merged), np.int32(-1))
    codes = code_of[as_written.codes]
    return LabelLists(offsets, codes, merged.dictionary).keep(codes >= 0, codes)


def _normalise(lists: LabelLists) -> pa.Array:
    """Return the names without blanks around them and in Unicode NFC, null where nothing is left."""
    names, data = lists.names, lists.bytes_of_names
    first, last = data.edges
    odd = data.beyond_latin | (first <= BLANK) | (last <= BLANK)
    if not odd.any():
        return names
    given = names.take(pa.array(np.flatnonzero(odd)))
    trimmed = pc.utf8_trim_whitespace(given)
    normal = pa.array([normalize("NFC", name) or None for name in trimmed.to_pylist()], names.type)
    return names if normal.equals(given) else pc.replace_with_mask(names, pa.array(odd), normal)
