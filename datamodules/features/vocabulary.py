"""Vocabularies: the labels that have a column of their own, chosen by their training rows, and their encoding."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.features.feature import Sparse
from greenlight_films.datamodules.tables.label_lists import LabelLists, first_positions


def training_codes(lists: LabelLists, train: np.ndarray, film: np.ndarray | None = None) -> np.ndarray:
    """Return the codes of the labels in the rows `train`, in the table's order.

    With `film`, the code of each row's film, (n_rows,), a label stands there once a film: where it comes first.
    """
    in_train = np.zeros(lists.n_rows, dtype=bool)
    in_train[train] = True
    if film is None and in_train.all():
        return lists.codes
    is_kept = np.repeat(in_train, lists.counts())
    codes = lists.codes[is_kept]
    if film is None or not len(codes):
        return codes
    of_label = np.repeat(film, lists.counts())[is_kept].astype(np.int64)
    first = np.unique(of_label * len(lists.names) + codes, return_index=True)[1]
    return codes[np.sort(first)]


def n_films(lists: LabelLists, train: np.ndarray, film: np.ndarray | None = None) -> np.ndarray:
    """Return the number of training films that have each label, (n_names,); without `film` every row is one."""
    return np.bincount(training_codes(lists, train, film), minlength=len(lists.names))


def frequent(lists: LabelLists, train: np.ndarray, min_films: int = 1, film: np.ndarray | None = None) -> np.ndarray:
    """Return the codes of labels in at least `min_films` training films, those of most films first.

    Ties stand in the order of their first training rows. No row may have a label twice. `film` is as in `n_films`.
    """
    codes = training_codes(lists, train, film)
    films = np.bincount(codes, minlength=len(lists.names))
    kept = np.flatnonzero(films >= max(min_films, 1))
    # Not the order of the codes, which depends on rows that are not in `train`.
    first = first_positions(codes, len(films))
    kept = kept[np.argsort(first[kept], kind="stable")]
    # Small unsigned numbers are sorted by radix, in a quarter of the time.
    most = films.max(initial=0)
    return kept[np.argsort((most - films[kept]).astype(np.min_scalar_type(most)), kind="stable")]


def vocabulary(lists: LabelLists, train: np.ndarray, min_films: int = 1, film: np.ndarray | None = None) -> list[str]:
    """Return the names of `frequent`."""
    return names_of(lists, frequent(lists, train, min_films, film))


def names_of(lists: LabelLists, codes: np.ndarray) -> list[str]:
    """Return the names that the codes stand for."""
    return lists.names.take(pa.array(codes)).to_pylist()


def columns_of_names(names: pa.Array, values: list[str]) -> np.ndarray:
    """Return the position in `values` of each name, -1 where it is not there; (n_names,) int32."""
    return pc.index_in(names, value_set=pa.array(values, names.type)).fill_null(-1).to_numpy()


def encode_labels(lists: LabelLists, columns: np.ndarray) -> Sparse:
    """Encode each label with weight 1 as its name's column, of (n_names,); where that is -1 it counts as unseen."""
    encoded = columns[lists.codes].astype(np.int32, copy=False)
    kept = lists.keep(encoded >= 0, encoded)
    unseen = (lists.counts() - kept.counts()).astype(np.int32)
    return Sparse(kept.offsets, kept.codes, np.ones(len(kept.codes), dtype=np.float32), unseen)


def encode_values(lists: LabelLists, values: list[str]) -> Sparse:
    """Encode each label as its position in `values`."""
    return encode_labels(lists, columns_of_names(lists.names, values))
