"""`NarrowEncoder`: encodes a few films in a time that does not grow with the names that a model knows."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_array

from greenlight_films.datamodules import EncodedFilms, FilmEncoder
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features import Category, Labels
from greenlight_films.datamodules.features.feature import Sparse
from greenlight_films.datamodules.tables.label_cells import read_labels
from greenlight_films.datamodules.tables.spellings import keys_of

REMEMBERED = 10_000  # lists of names
FEW = 256  # values of a block, from which on it is narrowed


class NarrowEncoder:
    """Encodes films as a `FilmEncoder` does, which is handed only those names that the films may hold.

    Which these are is looked up by the key that all spellings of a name share, with and without parentheses behind it.

    Attributes:
        columns: the table's columns that films are encoded from, each once.
    """

    def __init__(self, encoder: FilmEncoder) -> None:
        self._encoder = encoder
        self.columns = list(dict.fromkeys(name for feature in encoder.features for name in feature.columns))
        self._remembered = lru_cache(REMEMBERED)(self._unseen)
        groups = [[block for block in group if block.kind == "label"] for group in encoder.space.groups]
        sizes = [len(block.values) for block in chain.from_iterable(groups)]
        starts = iter(list(accumulate(sizes, initial=0)))
        self._starts = [[next(starts) for _ in group] for group in groups]  # of label blocks, by feature
        self._n_labels = sum(sizes)
        self._codes = {
            (index, position): _Codes(block.values)
            for index, group in enumerate(groups)
            for position, block in enumerate(group)
            if isinstance(encoder.features[index], Labels | Category) and len(block.values) >= FEW
        }

    def encode(self, frame: pd.DataFrame) -> EncodedFilms:
        """Encode films; a cell that can't be read is refused with its column and value."""
        columns: dict[int, list[np.ndarray]] = {}

        def narrowed(index: int, parsed: Any) -> list[Block]:
            blocks, columns[index] = self._narrowed(index, parsed)
            return blocks

        encoded = self._encoder.encode(frame, blocks_of=narrowed)
        of_all = np.concatenate([np.zeros(0, np.int32), *chain.from_iterable(columns[i] for i in sorted(columns))])
        labels, shape = encoded.labels, (encoded.n_rows, self._n_labels)
        return replace(encoded, labels=csr_array((labels.data, of_all[labels.indices], labels.indptr), shape=shape))

    def unseen(self, column: str, names: list[str]) -> list[str]:
        """Return those of some names of a column that no label column is for."""
        return list(self._remembered(column, tuple(names)))

    def _unseen(self, column: str, names: tuple[str, ...]) -> tuple[str, ...]:
        labelled = [isinstance(each, Labels | Category) and each.column == column for each in self._encoder.features]
        index = labelled.index(True)
        feature, parsed = self._encoder.features[index], read_labels(pd.Series(list(names), dtype=object))
        lists = [parsed] * len(self._starts[index]) if isinstance(feature, Labels) else parsed
        parts = feature.encode(lists, self._narrowed(index, lists)[0])
        counts = np.min([part.unseen for part in parts if isinstance(part, Sparse)], axis=0)
        return tuple(name for name, is_unseen in zip(names, counts.tolist(), strict=True) if is_unseen)

    def _narrowed(self, index: int, parsed: Any) -> tuple[list[Block], list[np.ndarray]]:
        """Return a feature's blocks with the names that its cells may hold, and which label columns these are."""
        feature, blocks, columns = self._encoder.features[index], list[Block](), list[np.ndarray]()
        for block in self._encoder.space.groups[index]:
            if block.kind == "label":
                codes = np.arange(len(block.values))
                if known := self._codes.get((index, len(columns))):
                    lists = parsed[0] if isinstance(parsed, list) else parsed
                    others = [feature.other] if isinstance(feature, Category) and feature.other else []
                    codes = known.of(lists.names.to_pylist(), others)
                    block = replace(block, values=[block.values[code] for code in codes.tolist()])
                columns.append((self._starts[index][len(columns)] + codes).astype(np.int32))
            blocks.append(block)
        return blocks, columns


class _Codes:
    """The codes of names, by the key that all spellings of a name share."""

    def __init__(self, values: list[str]) -> None:
        self._first: dict[str, int] = {}
        self._more: dict[str, list[int]] = {}
        for code, key in enumerate(keys_of(pa.array(values, pa.large_string())).to_pylist()):
            if self._first.setdefault(key, code) != code:
                self._more.setdefault(key, []).append(code)

    def of(self, names: list[str], values: list[str]) -> np.ndarray:
        """Return the codes that may be of some names as written, or are of some values, ascending."""
        written = [*values, *chain.from_iterable(map(_without_parentheses, names))]
        if not written:
            return np.zeros(0, dtype=np.int64)
        keys = keys_of(pa.array(written, pa.large_string())).to_pylist()
        first = (self._first[key] for key in keys if key in self._first)
        more = chain.from_iterable(self._more.get(key, ()) for key in keys)
        return np.array(sorted({*first, *more}), dtype=np.int64)


def _without_parentheses(name: str) -> Iterator[str]:
    """Yield a name, and what is left of it without the parentheses behind it.

    >>> list(_without_parentheses("Ann Ode (as A) (II)"))
    ['Ann Ode (as A) (II)', 'Ann Ode (as A)', 'Ann Ode']
    """
    yield name
    while name.endswith(")") and "(" in name:
        name = name[: name.rindex("(")].rstrip()
        yield name
