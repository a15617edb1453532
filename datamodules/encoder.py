"""Fit the declared features on the training rows and encode films as a dense and a sparse block."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from os import cpu_count
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.feature_space import Block, FeatureSpace
from greenlight_films.datamodules.features import Dense, Feature, Sparse, declared

Result = TypeVar("Result")

FARTHEST = 1e15
"""Standard deviations; sums and squares of such numbers are still finite in 32 bits."""


@dataclass(frozen=True)
class EncodedFilms:
    """Films as the models take them; nothing is densified.

    Attributes:
        dense: (n_rows, n_dense) float32, scaled as declared.
        unscaled: (n_rows, n_dense) float64, the same in the numbers' own units (log1p taken), training medians in gaps.
        labels: (n_rows, n_labels) float32 in CSR with int32 columns, each once in a row.
        unseen: by source column, (n_rows,) int32: labels of the row that training did not keep.
    """

    dense: np.ndarray
    unscaled: np.ndarray
    labels: csr_array
    unseen: dict[str, np.ndarray]

    @property
    def n_rows(self) -> int:
        return len(self.dense)

    def take(self, rows: np.ndarray) -> "EncodedFilms":
        """Return some of the rows."""
        unseen = {column: counts[rows] for column, counts in self.unseen.items()}
        return EncodedFilms(self.dense[rows], self.unscaled[rows], self.labels[rows], unseen)

    def matrix(self) -> csr_array:
        """Return numbers and labels side by side, (n_rows, n_dense + n_labels) float64 in CSR."""
        return hstack([csr_array(self.dense), self.labels], format="csr", dtype=np.float64)


class FilmEncoder:
    """Turns a frame of films into `EncodedFilms`.

    Args:
        features: what to take from the table.
        space: what an earlier `fit_encode` learnt for these features.
    """

    def __init__(self, features: Sequence[Feature[Any]], space: FeatureSpace | None = None) -> None:
        if not features:
            raise InputError("data.features must declare at least one column")
        self.features = list(features)
        self._space = space

    @classmethod
    def from_space(cls, space: FeatureSpace) -> "FilmEncoder":
        """Restore the encoder that fitted `space`."""
        return cls([declared(**plain) for plain in space.features], space)

    @property
    def space(self) -> FeatureSpace:
        """Return what was fitted: the names of the encoded columns and their scaling."""
        if self._space is None:
            raise RuntimeError("the encoder is not fitted yet")
        return self._space

    def fit_encode(self, frame: pd.DataFrame, train: np.ndarray) -> EncodedFilms:
        """Learn from the rows `train` (their indices) and encode every row; each cell is parsed once."""

        def work(place: int, column: pd.Series) -> tuple[list[Block], list[Dense | Sparse]]:
            blocks, parts = self.features[place].fit_encode(self.features[place].parse(column), train)
            _refuse_far(parts, column)
            return blocks, parts

        fitted = self._each_feature(frame, work)
        declarations = [feature.declaration() for feature in self.features]
        self._space = FeatureSpace(declarations, [blocks for blocks, _ in fitted])
        if not self._space.n_dense + self._space.n_labels:
            raise InputError("data.features leave no column: no label is in `min_films` training rows; lower it")
        return self._assemble([parts for _, parts in fitted], len(frame))

    def encode(self, frame: pd.DataFrame) -> EncodedFilms:
        """Encode the rows of a table with what was learnt from the training rows."""

        def work(place: int, column: pd.Series) -> list[Dense | Sparse]:
            parts = self.features[place].encode(self.features[place].parse(column), self.space.groups[place])
            _refuse_far(parts, column)
            return parts

        return self._assemble(self._each_feature(frame, work), len(frame))

    def at_medians(self) -> np.ndarray:
        """Return the dense block's row of a film whose numbers are the training medians, and known, (n_dense,)."""
        parts = [
            feature.encode(np.array([group[0].fitted["median"]]), group)
            for feature, group in zip(self.features, self.space.groups, strict=True)
            if group and group[0].kind == "number"
        ]
        dense = [part.values for part in chain.from_iterable(parts) if isinstance(part, Dense)]
        return _columns(dense, 1, np.float32)[0]

    def _each_feature(self, frame: pd.DataFrame, work: Callable[[int, pd.Series], Result]) -> list[Result]:
        """Work on each feature's column, side by side: Arrow's and numpy's kernels run without the interpreter's lock.

        Raises:
            InputError: with the problems of all columns.
        """
        refuse_missing_columns((feature.column for feature in self.features), frame.columns)
        columns = [frame[feature.column] for feature in self.features]
        longest_first = sorted(range(len(columns)), key=lambda place: -columns[place].nbytes)
        with ThreadPoolExecutor(max_workers=cpu_count()) as pool:
            running = {place: pool.submit(work, place, columns[place]) for place in longest_first}
        failed = [task.exception() for _, task in sorted(running.items())]
        problems = [problem for problem in failed if isinstance(problem, InputError)]
        if problems:
            raise InputError("\n".join(map(str, problems)), problems[0].row)
        return [running[place].result() for place in range(len(columns))]

    def _assemble(self, parts: list[list[Dense | Sparse]], n_rows: int) -> EncodedFilms:
        placed = list(zip(chain.from_iterable(self.space.groups), chain.from_iterable(parts), strict=True))
        dense = [part for _, part in placed if isinstance(part, Dense)]
        sparse = [(block, part) for block, part in placed if isinstance(part, Sparse)]
        return EncodedFilms(
            dense=_columns([part.values for part in dense], n_rows, np.float32),
            unscaled=_columns([part.unscaled for part in dense], n_rows, np.float64),
            labels=_side_by_side(sparse, n_rows),
            unseen=_unseen(sparse),
        )


def _refuse_far(parts: list[Dense | Sparse], column: pd.Series) -> None:
    """Refuse a number that would leave all others without a digit in the network's sums."""
    for part in parts:
        if isinstance(part, Dense) and (far := ~(np.abs(part.values[:, 0]) < FARTHEST)).any():
            place = int(far.argmax())
            row = int(column.index[place]) + 1
            raise InputError(
                f"column '{column.name}', row {row} has {column.iloc[place]}: more than {FARTHEST:g} standard "
                "deviations from the mean of the training rows; correct or empty it, or leave the column out",
                row,
            )


def _columns(parts: list[np.ndarray], n_rows: int, kind: type) -> np.ndarray:
    return np.concatenate([np.zeros((n_rows, 0), kind), *parts], axis=1)


def _side_by_side(sparse: list[tuple[Block, Sparse]], n_rows: int) -> csr_array:
    n_present = sum(len(part.columns) for _, part in sparse)
    offset_type = np.int32 if n_present < 2**31 else np.int64
    parts = [
        csr_array((part.weights, part.columns, part.offsets.astype(offset_type)), shape=(n_rows, len(block.values)))
        for block, part in sparse
    ]
    return hstack(parts, format="csr") if parts else csr_array((n_rows, 0), dtype=np.float32)


def _unseen(sparse: list[tuple[Block, Sparse]]) -> dict[str, np.ndarray]:
    counts: dict[str, np.ndarray] = {}
    for block, part in sparse:
        counts[block.column] = counts.get(block.column, 0) + part.unseen
    return counts
