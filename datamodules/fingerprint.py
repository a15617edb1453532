"""A fingerprint of a table: of the values as read, in the columns that a config names.

The same table has the same fingerprint, whatever file it stands in and however its cells are written.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from greenlight_films.datamodules.tables.label_lists import CODES_AT_ONCE, LabelLists, first_positions

OF_VALUES = "values:"  # stands before such fingerprints; those of older runs are of encoded films


def fingerprint(parts: Iterable[bytes]) -> str:
    """Return the fingerprint of a table from the digests of its parts."""
    return OF_VALUES + sha256(b"".join(parts)).hexdigest()


def digest(values: Any) -> bytes:
    """Return a digest of values as a feature read them: arrays, labels, lists and dataclasses of such.

    Missing numbers are equal, as are 0 and -0; labels count by their names and order, not by their codes.
    """
    if isinstance(values, LabelLists):
        return _of_labels(values)
    if isinstance(values, np.ndarray):
        return _of_array(values)
    if isinstance(values, list | tuple):
        return _joined([str(len(values)).encode(), *map(digest, values)])
    if is_dataclass(values):
        return _joined(digest(getattr(values, field.name)) for field in fields(values))
    return _joined([repr(values).encode()])


def _of_array(values: np.ndarray) -> bytes:
    if values.dtype.kind == "M":
        values = values.astype("datetime64[D]").astype(np.int64)
    elif values.dtype.kind == "f":
        plain = values + values.dtype.type(0)  # -0 becomes 0
        values = np.where(np.isnan(plain), np.array(np.nan, values.dtype), plain)
    elif values.dtype.kind not in "biu":
        return _joined(map(repr, values.tolist()))
    return _joined([str(values.shape).encode(), _bytes_of(values)])


def _bytes_of(values: np.ndarray) -> memoryview:
    """Return the bytes of numbers, the lowest of each first."""
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def _of_labels(labels: LabelLists) -> bytes:
    # Names in the order in which rows have them first: their codes follow from how cells are written.
    first = first_positions(labels.codes, len(labels.names))
    used = np.flatnonzero(first >= 0)
    order = used[np.argsort(first[used], kind="stable")]
    code = np.zeros(len(labels.names), dtype=np.int64)
    code[order] = np.arange(len(order))
    texts = labels.names.take(pa.array(order)).cast(pa.large_string())
    row = pa.LargeListArray.from_arrays(pa.array([0, len(texts)], pa.int64()), texts)  # a row of all, joined in Arrow
    written = pc.binary_join(row, pa.scalar("", pa.large_string()))[0].as_buffer()
    parts = [pc.binary_length(texts).to_numpy().astype(np.int64), labels.counts().astype(np.int64)]
    starts = range(0, len(labels.codes), CODES_AT_ONCE)
    codes = (_bytes_of(code[labels.codes[start : start + CODES_AT_ONCE]]) for start in starts)
    return _joined(
        [memoryview(written), *map(_of_array, parts), _joined(chain([str(labels.codes.shape).encode()], codes))]
    )


def _joined(parts: Iterable[bytes | memoryview | str]) -> bytes:
    whole = sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
    return whole.digest()


def fingerprint_of_encoded(actual: np.ndarray, dense: np.ndarray, labels: csr_array) -> str:
    """Return the fingerprint that older runs kept."""
    whole = sha256()
    for part in (actual, dense, labels.indptr, labels.indices, labels.data):
        whole.update(np.ascontiguousarray(part).data)
    return whole.hexdigest()
