"""The encoder: fits the declared features on the training rows, and encodes films as a dense and a sparse block."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.columns_in_blocks import ColumnsInBlocks
from greenlight_films.datamodules.errors import FARTHEST, InputError, all_or_faults, refuse_missing_columns, too_far
from greenlight_films.datamodules.feature_space import Block, FeatureSpace
from greenlight_films.datamodules.features import Dense, Feature, LabelInput, Size, Sparse, completed, declared
from greenlight_films.datamodules.features.label_input import fit_all_labels, with_more_labels
from greenlight_films.datamodules.features.number import Number
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.threads import in_parallel

Encoded = tuple[list[Block], list[Dense | Sparse]]  # of a feature
Read = tuple[Encoded, bytes]  # with the digest of what was read

FEW_ROWS = 1000  # that aren't worth threads
MANY_LABELS = 10  # in a column of a new table; that none is known is then worth a word


@dataclass(frozen=True)
class EncodedFilms:
    """Films as the models take them: numbers dense, labels sparse.

    Attributes:
        dense: (n_rows, n_dense) float32, scaled as declared.
        unscaled: (n_rows, n_dense) float64, the same in the numbers' own units (log1p taken), training medians in gaps.
        labels: (n_rows, n_labels) float32 in CSR with int32 columns, each at most once in a row.
        unseen: by source column, (n_rows,) int32: number of the row's labels that have no column.
        digests: of each feature's values as read, where they are wanted.
        inputs: (n_rows, n_inputs) float32, the sums of the label inputs of the film's labels, a training row's own
            target left out; None where the network is to add them up itself.
    """

    dense: np.ndarray
    unscaled: np.ndarray
    labels: csr_array
    unseen: dict[str, np.ndarray]
    digests: tuple[bytes, ...] = ()
    inputs: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        return len(self.dense)

    def take(self, rows: np.ndarray) -> "EncodedFilms":
        """Return these rows, by index."""
        unseen = {column: counts[rows] for column, counts in self.unseen.items()}
        inputs = None if self.inputs is None else self.inputs[rows]
        return EncodedFilms(self.dense[rows], self.unscaled[rows], self.labels[rows], unseen, inputs=inputs)

    def matrix(self) -> csr_array:
        """Return numbers and labels side by side, (n_rows, n_dense + n_labels) float64 in CSR."""
        return hstack([csr_array(self.dense), self.labels], format="csr", dtype=np.float64)


class FilmEncoder:
    """Turns a frame of films into `EncodedFilms`.

    Args:
        space: that of an earlier `fit_encode` of these features.
        formats: how the columns' cells are written.
    """

    def __init__(
        self, features: Sequence[Feature[Any]], space: FeatureSpace | None = None, formats: Formats = Formats()
    ) -> None:
        if not features:
            raise InputError("data.features must declare a column or more, got none; `look` proposes some for a table")
        self.features = completed(features)
        self.formats = formats
        self.notices: list[str] = []  # of the last `fit_encode`
        self._space = space

    @classmethod
    def from_space(cls, space: FeatureSpace, formats: Formats = Formats()) -> "FilmEncoder":
        """Restore the encoder that fitted `space`."""
        return cls([declared(**plain) for plain in space.features], space, formats)

    def reading(self, formats: Formats) -> "FilmEncoder":
        """Return the same encoder for columns that are written in other ways."""
        return FilmEncoder(self.features, self._space, formats)

    @property
    def space(self) -> FeatureSpace:
        """The fitted names and scaling of the encoded columns."""
        if self._space is None:
            raise RuntimeError("the encoder is not fitted yet")
        return self._space

    def fit_encode(
        self,
        frame: pd.DataFrame,
        train: np.ndarray,
        film: np.ndarray | None = None,
        *,
        digests: bool = False,
        blocks: ColumnsInBlocks | None = None,
    ) -> EncodedFilms:
        """Learn from the rows `train` (their indices) and encode every row; each cell is parsed once.

        Where several rows are of a film, `film` has its code for each row, (n_rows,): films are counted, not rows.
        Columns in `blocks` are read from there, not from the frame, in the rows that the frame's index counts.
        """
        notices = dict[int, list[str]]()
        columns = {feature.column for feature in self.features if isinstance(feature, LabelInput)}

        def fit(index: int, parsed: Any) -> tuple[Encoded, Any]:
            feature = self.features[index]
            ready, notices[index] = feature.prepared(parsed)
            fit_encode = fit_all_labels if feature.column in columns else type(feature).fit_encode
            return fit_encode(feature, ready, train, film), parsed

        read = self._with_sizes(
            self._each_feature(frame, fit, digests, blocks), lambda size, _, counts: size.fit_counts(counts, train)
        )
        self.notices = list(dict.fromkeys(chain.from_iterable(notices[index] for index in sorted(notices))))
        declarations = [feature.declaration() for feature in self.features]
        self._space = FeatureSpace(declarations, [fitted for (fitted, _), _ in read])
        if not self._space.n_dense + self._space.n_labels:
            raise InputError("data.features leave no column: no label is in `min_films` training rows; lower it")
        return _assemble(read, len(frame))

    def encode(
        self,
        frame: pd.DataFrame,
        *,
        digests: bool = False,
        blocks_of: Callable[[int, Any], list[Block]] | None = None,
        blocks: ColumnsInBlocks | None = None,
    ) -> EncodedFilms:
        """Encode the rows of a table as `fit_encode` did its own.

        A column whose labels are mostly unknown as they were written there is read as it is written here.

        Args:
            blocks: columns that are read from there, as in `fit_encode`.
            blocks_of: from a feature's index and its cells as read to the blocks to encode them by, where these aren't
                the fitted ones; the columns of labels are then those of these blocks.
        """
        groups = self.space.groups

        def encode(index: int, parsed: Any) -> tuple[Encoded, Any]:
            feature, own = self.features[index], blocks_of(index, parsed) if blocks_of else groups[index]
            encoded = own, feature.encode(parsed, own)
            if blocks_of or (blocks and feature.column in blocks.names):  # whose cells aren't here
                return encoded, parsed
            otherwise = feature.read_otherwise(frame, self.formats, *encoded)
            return (encoded, parsed) if otherwise is None else ((own, feature.encode(otherwise, own)), otherwise)

        read = self._each_feature(frame, encode, digests, blocks)
        return _assemble(self._with_sizes(read, lambda _, index, counts: groups[index]), len(frame))

    def notices_on_unknown(self, encoded: EncodedFilms) -> list[str]:
        """Say of which columns of a table no label has a column, where that can hardly be chance."""
        is_there = np.zeros(self.space.n_labels, dtype=bool)
        is_there[encoded.labels.indices] = True
        unseen = {column: int(counts.sum()) for column, counts in encoded.unseen.items()}
        return [
            f"none of the {unseen[block.column]:,} labels of '{block.column}' is known to the model, "
            "which leaves them out"
            for _, block, columns in self.space.blocks()
            if block.kind == "label" and unseen[block.column] >= MANY_LABELS and not is_there[columns].any()
        ]

    def extended(self, frame: pd.DataFrame, train: np.ndarray) -> "FilmEncoder":
        """Return an encoder that also has columns, but no rows of weights, for labels of the rows `train`.

        Those are added of which more is known than their names; all else is encoded as before.
        """
        other = FilmEncoder(self.features, formats=self.formats)
        other.fit_encode(frame, train)
        columns = {feature.column for feature in self.features if isinstance(feature, LabelInput)}
        groups = [
            with_more_labels(feature, blocks, more) if feature.column in columns else blocks
            for feature, blocks, more in zip(self.features, self.space.groups, other.space.groups, strict=True)
        ]
        return FilmEncoder(self.features, FeatureSpace(self.space.features, groups), self.formats)

    def _with_sizes(self, read: list[Read], blocks_of: Callable[[Size, int, np.ndarray], list[Block]]) -> list[Read]:
        """Add the sizes of cells to what was read, from the labels that features of the same column read."""
        sized = list(read)
        for index, feature in enumerate(self.features):
            if isinstance(feature, Size):
                same = [read[other][0][1] for other, each in enumerate(self.features) if each.column == feature.column]
                parts = (part for part in chain.from_iterable(same) if isinstance(part, Sparse))
                counts = np.sum([np.diff(part.offsets) + part.unseen for part in parts], axis=0)
                blocks = blocks_of(feature, index, counts)
                sized[index] = ((blocks, feature.encode_counts(counts, blocks)), b"")
        return sized

    def at_medians(self) -> np.ndarray:
        """Return the dense row of a film whose numbers are all known, and the training medians, (n_dense,)."""
        row = np.zeros(self.space.n_dense, np.float32)
        for index, block in enumerate(self.space.dense):  # a column each
            if block.kind == "number":
                (number,) = Number(block.column).encode(np.array([block.fitted["median"]]), [block])
                assert isinstance(number, Dense)
                row[index] = number.values[0, 0]
        return row

    def _each_feature(
        self,
        frame: pd.DataFrame,
        encode: Callable[[int, Any], tuple[Encoded, Any]],
        digests: bool,
        blocks: ColumnsInBlocks | None,
    ) -> list[Read]:
        """Parse each column and call `encode` with the feature's index, in threads: Arrow and numpy hold no lock.

        It returns the cells as read too, for their digest. The problems of all columns are told in one message.
        """
        refuse_missing_columns(chain.from_iterable(feature.columns for feature in self.features), frame.columns)

        cells = blocks.cells(self.features, self.formats, frame.index) if blocks else {}

        def work(index: int) -> Read:
            feature = self.features[index]
            parsed = cells.pop(index) if index in cells else feature.read(frame, self.formats)
            (blocks, parts), parsed = encode(index, parsed)
            _refuse_far(parts, frame, feature)
            return (blocks, parts), feature.digest(parsed) if digests else b""

        if len(frame) < FEW_ROWS:
            return all_or_faults([partial(work, index) for index in range(len(self.features))])
        sizes = [sum(frame[name].nbytes for name in feature.columns) for feature in self.features]
        longest_first = sorted(range(len(sizes)), key=lambda index: -sizes[index])
        results = dict(zip(longest_first, in_parallel(work, longest_first), strict=True))
        return all_or_faults([results[index] for index in range(len(sizes))])


def _assemble(read: list[Read], n_rows: int) -> EncodedFilms:
    pairs = [pair for (blocks, parts), _ in read for pair in zip(blocks, parts, strict=True)]
    dense = [part for _, part in pairs if isinstance(part, Dense)]
    sparse = [(block, part) for block, part in pairs if isinstance(part, Sparse)]
    unseen: dict[str, np.ndarray] = {}
    for block, part in sparse:
        unseen[block.column] = unseen.get(block.column, 0) + part.unseen
    return EncodedFilms(
        dense=_columns([part.values for part in dense], n_rows, np.float32),
        unscaled=_columns([part.unscaled for part in dense], n_rows, np.float64),
        labels=_side_by_side(sparse, n_rows),
        unseen=unseen,
        digests=tuple(own for _, own in read),
    )


def _refuse_far(parts: list[Dense | Sparse], frame: pd.DataFrame, feature: Feature[Any]) -> None:
    """Refuse a number so far from the others that their digits are lost in the network's sums."""
    for part in parts:
        if isinstance(part, Dense) and (far := ~(np.abs(part.values[:, 0]) < FARTHEST)).any():
            position, column = int(far.argmax()), frame[feature.columns[0]]
            remedy = "correct or empty it, or leave the column out"
            row = int(column.index[position]) + 1
            raise too_far(f"column '{column.name}'", row, column.iloc[position], remedy)


def _columns(parts: list[np.ndarray], n_rows: int, kind: type) -> np.ndarray:
    return np.concatenate([np.zeros((n_rows, 0), kind), *parts], axis=1)


def _side_by_side(sparse: list[tuple[Block, Sparse]], n_rows: int) -> csr_array:
    n_present = sum(len(part.columns) for _, part in sparse)
    offset_type = np.int32 if n_present < 2**31 else np.int64
    parts = [
        csr_array((part.weights, part.columns, part.offsets.astype(offset_type)), shape=(n_rows, len(block.values)))
        for block, part in sparse
    ]
    if len(parts) == 1:  # which `hstack` would copy
        return parts[0]
    return hstack(parts, format="csr") if parts else csr_array((n_rows, 0), dtype=np.float32)
