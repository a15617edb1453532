"""`CellEncoder`: encodes films column by column, with a cache of encoded cells."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, FilmEncoder
from greenlight_films.datamodules.feature_sets import block_columns
from greenlight_films.serving.narrow_encoder import NarrowEncoder

REMEMBERED = 20_000  # cells, of all columns together


class CellEncoder:
    """Encodes films as a `FilmEncoder` does, of an edited film only the cells that were edited.

    Features that read a column of the table together are encoded together.
    """

    def __init__(self, encoder: FilmEncoder) -> None:
        self._space, columns = encoder.space, _columns_by_feature(encoder.space)
        together = _together(encoder)
        self._groups = [_Group(encoder, indices, columns) for indices in together]
        pairs = zip(together, self._groups, strict=True)
        self._group_of = {encoder.features[index].column: group for indices, group in pairs for index in indices}
        self._encoded = lru_cache(REMEMBERED)(lambda index, key: self._groups[index].encode(key))

    def encode(self, films: Sequence[Mapping[str, Any]]) -> EncodedFilms:
        """Encode films by their cells; one that can't be read is refused with its column and value."""
        n_rows, space = len(films), self._space
        dense, unscaled = np.zeros((n_rows, space.n_dense), np.float32), np.zeros((n_rows, space.n_dense))
        labels, weights, unseen = list[np.ndarray](), list[np.ndarray](), dict[str, np.ndarray]()
        for row, film in enumerate(films):
            own_labels, own_weights = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
            for index, group in enumerate(self._groups):
                part = self._encoded(index, group.key(film))
                dense[row, group.dense], unscaled[row, group.dense] = part.dense[0], part.unscaled[0]
                own_labels.append(group.labels[part.labels.indices])
                own_weights.append(part.labels.data)
                for column, counts in part.unseen.items():
                    unseen.setdefault(column, np.zeros(n_rows, np.int32))[row] += counts[0]
            labels.append(np.concatenate(own_labels))
            weights.append(np.concatenate(own_weights))
        offsets = np.cumsum([0, *map(len, labels)], dtype=np.int32)
        parts = (np.concatenate(weights), np.concatenate(labels), offsets)
        matrix = csr_array(parts, shape=(n_rows, space.n_labels))
        matrix.sort_indices()
        return EncodedFilms(dense, unscaled, matrix, unseen)

    def unseen(self, column: str, names: list[str]) -> list[str]:
        """Return those of some names of a column that no label column is for."""
        return self._group_of[column].encoder.unseen(column, names)


class _Group:
    """Features that read columns together: their encoder, and where its columns stand among all."""

    def __init__(
        self, encoder: FilmEncoder, indices: list[int], columns: tuple[list[np.ndarray], list[np.ndarray]]
    ) -> None:
        self.dense, self.labels = (np.concatenate([part[index] for index in indices]) for part in columns)
        features, groups = encoder.space.features, encoder.space.groups
        space = FeatureSpace([features[index] for index in indices], [groups[index] for index in indices])
        own = FilmEncoder([encoder.features[index] for index in indices], space, encoder.formats)
        self.encoder = NarrowEncoder(own)

    def key(self, film: Mapping[str, Any]) -> str:
        """Return the film's cells in these columns, as text."""
        return json.dumps([film.get(column) for column in self.encoder.columns], default=str)

    def encode(self, key: str) -> EncodedFilms:
        cells = zip(self.encoder.columns, json.loads(key), strict=True)
        return self.encoder.encode(pd.DataFrame({column: pd.Series([cell], dtype=object) for column, cell in cells}))


def _together(encoder: FilmEncoder) -> list[list[int]]:
    """Return the indices of features by the columns that they read, in the order of the first of each."""
    groups: list[tuple[set[str], list[int]]] = []
    for index, feature in enumerate(encoder.features):
        columns = {feature.column, *feature.columns}
        same = [group for group in groups if group[0] & columns]
        groups = [group for group in groups if group not in same]
        groups.append(
            (columns.union(*(each for each, _ in same)), sorted([index, *(i for _, members in same for i in members)]))
        )
    return sorted(members for _, members in groups)


def _columns_by_feature(space: FeatureSpace) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the dense columns and the label columns of each feature."""
    dense, labels = iter(block_columns(space.dense)), iter(block_columns(space.labels))
    none = np.zeros(0, np.int32)
    both: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for group in space.groups:
        parts = [(block.kind == "label", next(labels if block.kind == "label" else dense)) for block in group]
        for is_label, side in ((False, both[0]), (True, both[1])):
            side.append(np.concatenate([none, *(part for kind, part in parts if kind == is_label)]).astype(np.int32))
    return both
