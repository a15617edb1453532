"""Which labels have a column of their own, and where each stands: learnt from the training rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.features.feature import Sparse
from greenlight_films.datamodules.tables.cells import LabelLists


def _training_codes(lists: LabelLists, train: np.ndarray) -> np.ndarray:
    in_train = np.zeros(lists.n_rows, dtype=bool)
    in_train[train] = True
    return lists.codes[np.repeat(in_train, lists.counts())]


def films_with(lists: LabelLists, train: np.ndarray) -> np.ndarray:
    """Count the rows of `train` that have each name; a row must not have one twice."""
    return np.bincount(_training_codes(lists, train), minlength=len(lists.names))


def frequent(lists: LabelLists, train: np.ndarray, min_films: int) -> np.ndarray:
    """Return the codes of at least `min_films` training rows, the most frequent first, ties as they come in there."""
    codes = _training_codes(lists, train)
    films = np.bincount(codes, minlength=len(lists.names))
    kept = np.flatnonzero(films >= max(min_films, 1))
    # Not the order of the codes: it would tell of rows that are not in `train`.
    first = np.empty(len(films), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last one written is the first one there
    kept = kept[np.argsort(first[kept], kind="stable")]
    # Small unsigned numbers are sorted by radix, in a quarter of the time.
    most = films.max(initial=0)
    return kept[np.argsort((most - films[kept]).astype(np.min_scalar_type(most)), kind="stable")]


def vocabulary(lists: LabelLists, train: np.ndarray, min_films: int = 1) -> list[str]:
    """Return the names of `frequent`."""
    return names_of(lists.names, frequent(lists, train, min_films))


def names_of(names: pa.Array, codes: np.ndarray) -> list[str]:
    """Return the names that the codes stand for."""
    return names.take(pa.array(codes)).to_pylist()


def inverse(codes: np.ndarray, n_names: int) -> np.ndarray:
    """Return where each of the names stands in `codes`, -1 where it doesn't."""
    place = np.full(n_names, -1)
    place[codes] = np.arange(len(codes))
    return place


def places_of(names: pa.Array, values: list[str]) -> np.ndarray:
    """Return where each name stands in `values`, -1 where it doesn't."""
    return pc.index_in(names, value_set=pa.array(values, names.type)).fill_null(-1).to_numpy()


def encode_labels(lists: LabelLists, place: np.ndarray) -> Sparse:
    """Encode labels as their places; those whose place is -1 are dropped and counted."""
    columns = place[lists.codes].astype(np.int32)
    kept = lists.keep(columns >= 0, columns)
    unseen = (lists.counts() - kept.counts()).astype(np.int32)
    return Sparse(kept.offsets, kept.codes, np.ones(len(kept.codes), dtype=np.float32), unseen)
