"""The labels of a column's cells, as arrays: which labels each row has, in the cell's order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from greenlight_films.datamodules.tables.distinct_texts import codes_of
from greenlight_films.datamodules.tables.name_bytes import NameBytes

ROWS_AT_ONCE = 2**18
"""Rows whose labels are copied or sorted at once: of millions of rows that would take gigabytes."""

CODES_AT_ONCE = 2**22
"""Labels whose codes are widened to 64 bits at once."""


@dataclass(frozen=True)
class LabelLists:
    """The labels of n rows: row i has ``names[codes[offsets[i]:offsets[i + 1]]]``, in the cell's order.

    Attributes:
        offsets: (n + 1,) int64.
        codes: (n_labels,) int32, into names.
        names: the distinct labels: trimmed, in Unicode NFC, none empty.
        no_roles: whether parentheses behind names were roles, which were dropped.
    """

    offsets: np.ndarray
    codes: np.ndarray
    names: pa.Array
    no_roles: bool = False

    @property
    def fitted(self) -> dict[str, bool]:
        """What encoding must know of them beside a vocabulary."""
        return {"no_roles": True} if self.no_roles else {}

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def bytes_of_names(self) -> NameBytes:
        """The bytes of the names, which are searched all at once; what was found is kept."""
        return NameBytes.of(self.names)

    def counts(self) -> np.ndarray:
        """Return the number of labels of each row, (n,) int64."""
        return np.diff(self.offsets)

    def _with(self, offsets: np.ndarray, codes: np.ndarray) -> "LabelLists":
        """Return other lists of the same names, with what is known of their bytes."""
        lists = replace(self, offsets=offsets, codes=codes)
        vars(lists)["bytes_of_names"] = self.bytes_of_names
        return lists

    def keep(self, kept: np.ndarray, codes: np.ndarray) -> "LabelLists":
        """Return the labels where `kept` is true, with these codes instead of their own; both (n_labels,)."""
        if kept.all():
            return self._with(self.offsets, codes)
        left_out = np.searchsorted(np.flatnonzero(~kept), self.offsets)  # mostly few
        return self._with(self.offsets - left_out, codes[kept])

    def at(self, position: int) -> "LabelLists":
        """Return the label at `position` of each row, counted from 0; rows with fewer labels are left empty."""
        present = self.counts() > position
        codes = self.codes[self.offsets[:-1][present] + position]
        return self._with(offsets_of(present), codes)

    def take(self, rows: np.ndarray) -> "LabelLists":
        """Return the labels of these rows, by index; none for -1."""
        counts = np.append(self.counts(), 0)[rows]
        offsets = offsets_of(counts)
        positions = np.repeat(self.offsets[rows] - offsets[:-1], counts)
        positions += np.arange(offsets[-1])
        return self._with(offsets, self.codes[positions])

    def distinct(self) -> "LabelLists":
        """Return each row's labels once, where they come first."""
        starts = range(0, self.n_rows, ROWS_AT_ONCE)
        first = np.concatenate([np.zeros(0, bool), *map(self._are_first, starts)])
        return self if first.all() else self.keep(first, self.codes)

    def _are_first(self, row: int) -> np.ndarray:
        """Return whether the labels of some rows, from this one on, are not in their rows before, (n_labels,) bool."""
        offsets = self.offsets[row : row + ROWS_AT_ONCE + 1]
        n_rows, width, codes = len(offsets) - 1, max(len(self.names), 1), self.codes[offsets[0] : offsets[-1]]
        # Counted by name, a name's rows in order: a row that it has twice stands there twice.
        counted = (np.empty(len(codes), np.int8), codes, (offsets - offsets[0]).astype(np.int32))
        by_name = csr_array(counted, shape=(n_rows, width)).tocsc()
        again = by_name.indices[1:] == by_name.indices[:-1]
        ends = by_name.indptr[1:-1]
        again[ends[(ends > 0) & (ends < len(codes))] - 1] = False
        if not again.any():
            return np.ones(len(codes), dtype=bool)
        # Half as wide, sorted in half the time.
        key_type = np.dtype(np.int32 if n_rows * width < 2**31 else np.int64)
        keys = np.repeat(np.arange(n_rows, dtype=key_type) * width, np.diff(offsets)) + codes
        order = np.argsort(keys, kind="stable")
        first = np.empty(len(keys), dtype=bool)
        first[order] = np.diff(keys[order], prepend=-1) > 0
        return first

    def renamed(self, names: pa.Array) -> "LabelLists":
        """Return the lists with other names, one for each of theirs; equal names become one label, null ones none."""
        if names.equals(self.names):
            return self
        merged = names.dictionary_encode()
        codes = codes_of(merged)[self.codes]
        return replace(self, names=merged.dictionary).keep(codes >= 0, codes)

    def to_lists(self) -> list[list[str]]:
        """Return each row's labels as texts."""
        names = self.names.to_pylist()
        codes = self.codes.tolist()
        return [[names[code] for code in codes[start:end]] for start, end in pairwise(self.offsets.tolist())]


def first_positions(codes: np.ndarray, n_names: int) -> np.ndarray:
    """Return where each of n codes stands first, (n_names,) int64; -1 where it doesn't."""
    first = np.full(n_names, -1, dtype=np.int64)
    for start in reversed(range(0, len(codes), CODES_AT_ONCE)):
        part = codes[start : start + CODES_AT_ONCE]
        first[part[::-1]] = np.arange(start, start + len(part))[::-1]  # the last assignment is the first place
    return first


def side_by_side(parts: Sequence[LabelLists]) -> LabelLists:
    """Return the labels of several columns as those of one: a row has those of the first column, then of the next."""
    encoded = pa.concat_arrays([part.names for part in parts]).dictionary_encode()
    indices = encoded.indices.to_numpy()
    shift = offsets_of(np.array([len(part.names) for part in parts]))
    counts = np.stack([part.counts() for part in parts], axis=1)
    codes = np.empty(counts.sum(), dtype=np.int32)
    starts = offsets_of(counts.ravel())[:-1].reshape(counts.shape)
    for column, part in enumerate(parts):
        positions = np.repeat(starts[:, column] - part.offsets[:-1], part.counts()) + np.arange(len(part.codes))
        codes[positions] = indices[shift[column] + part.codes]
    return LabelLists(offsets_of(counts.sum(axis=1)), codes, encoded.dictionary)


def stacked(parts: Sequence[LabelLists]) -> LabelLists:
    """Return the labels of several tables as those of one: the rows of the first, then those of the next."""
    if len(parts) == 1:
        return parts[0]
    encoded = pa.concat_arrays([part.names for part in parts]).dictionary_encode()
    first = offsets_of(np.array([len(part.names) for part in parts]))
    code_of = np.split(encoded.indices.to_numpy(), first[1:-1])
    counts = np.concatenate([part.counts() for part in parts])
    ends = np.cumsum([len(part.codes) for part in parts])
    codes = np.empty(ends[-1], dtype=np.int32)
    for own, part, end in zip(code_of, parts, ends, strict=True):
        codes[end - len(part.codes) : end] = own[part.codes]
    return LabelLists(offsets_of(counts), codes, encoded.dictionary)


def without(lists: LabelLists, names: pa.Array) -> LabelLists:
    """Return the lists without rows' only labels that are among `names`: texts that mean that nothing is known."""
    short = np.flatnonzero(lists.bytes_of_names.lengths <= NameBytes.of(names).lengths.max(initial=0))
    among = short[pc.is_in(lists.names.take(pa.array(short)), value_set=names).to_numpy(zero_copy_only=False)]
    if not len(among):
        return lists
    alone = lists.offsets[:-1][lists.counts() == 1]
    kept = np.ones(len(lists.codes), dtype=bool)
    kept[alone] = ~np.isin(lists.codes[alone], among)
    return lists.keep(kept, lists.codes)


def offsets_of(counts: np.ndarray) -> np.ndarray:
    """Return where each row begins, and the end: (n + 1,) for n counts."""
    return np.concatenate(([0], np.cumsum(counts)))
