"""What labels are beside their names, from the features that declare it: constants, and training rows' own inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.by_label import ByLabel
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.datamodules.crossed.near_inputs import NearInputs, near_columns, near_inputs
from greenlight_films.datamodules.crossed.profiles import profiles
from greenlight_films.datamodules.crossed.ridge_columns import ridge_effects
from greenlight_films.datamodules.crossed.track_records import NAMES, earlier_records, track_records
from greenlight_films.datamodules.encoder import EncodedFilms
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.feature_sets import block_columns
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Feature, Profile, RidgeByColumn, TrackRecord
from greenlight_films.datamodules.features.number import bin_edges, bin_shares

COMMON = 0.01  # share of training films with a label, from which on it is a trait
OF_ONE = [NAMES.index(name) for name in ("record", "films", "known")]  # where a cell has a label at most


@dataclass(frozen=True)
class LabelInputs:
    """Constants of labels, learnt from the training films.

    Attributes:
        values: (n_labels, n_inputs) float32, in standard deviations of the training rows' sums.
        centre: (n_inputs,) float32, the mean of these sums, in the same unit.
        columns: (n_inputs,) the table's column that each belongs to.
        names: (n_inputs,) such as `record` or `films`.
        near: of columns whose records go by how near films are; their `values` are means over typical films.
    """

    values: np.ndarray
    centre: np.ndarray
    columns: list[str]
    names: list[str]
    near: tuple[NearFilms, ...] = ()

    def sizes(self) -> dict[str, Any]:
        """Return what a network is built by to take them, plain data."""
        return {"input_columns": self.columns, "near": [near.plan for near in self.near]}

    def of_rows(self, encoded: EncodedFilms) -> np.ndarray:
        """Return the inputs of films that nothing was learnt from, (n_rows, n_inputs) float32."""
        sums, labels = np.asarray(encoded.labels @ self.values), encoded.labels
        rows = np.repeat(np.arange(encoded.n_rows), np.diff(labels.indptr))
        for near in self.near:
            parts = (encoded.dense, rows, labels.indices.astype(np.int64), labels.data)
            sums[:, near.plan["inputs"]] = near.summed(*map(torch.from_numpy, parts)).numpy()
        return sums - self.centre

    def of_labels(self, labels: np.ndarray, dense: np.ndarray) -> np.ndarray:
        """Return what labels, (n,), are in a film of some numbers, (n_dense,): (n, n_inputs) float32."""
        values, row = self.values[labels], np.zeros(len(labels), np.int64)
        for near in self.near:
            where = (dense[None], row, labels.astype(np.int64))
            values[:, near.plan["inputs"]] = near.inputs_of(*map(torch.from_numpy, where)).numpy()
        return values


@dataclass(frozen=True)
class Learnt:
    """The films that inputs are learnt from.

    Attributes:
        target: (n_rows,) scaled, NaN where not known.
        train: indices of the training rows.
        val: indices of the rows that choose a penalty.
        film: (n_rows,) int64, the film of each row as a code.
        year: (n_rows,) float64, under a split by time; else None.
        seed: of the folds.
        penalty: of the ridge regression, where it is chosen already.
        kernels: of near records, by column, where they are tuned already.
        by_label: whether the training rows' inputs are wanted by label too.
    """

    encoded: EncodedFilms
    target: np.ndarray
    train: np.ndarray
    val: np.ndarray
    film: np.ndarray
    year: np.ndarray | None
    seed: int
    penalty: float | None = None
    kernels: dict[str, list[float]] = field(default_factory=dict)
    by_label: bool = False

    def cells(self, labels: np.ndarray) -> Cells:
        """Return some labels of the training rows' cells."""
        return Cells.of(self.encoded.labels[self.train][:, labels], [] if self.by_label else None)


@dataclass(frozen=True)
class Crossed:
    """Inputs of labels, and those of the training rows, which never hold the row's own target.

    Attributes:
        drawn: (n_drawings, n_train, n_inputs) float32, centred and scaled.
        train: (n_train,) indices of these rows.
        penalty: of the ridge regression; None without it.
        kernels: of near records, by column.
        by_label: the first drawing's inputs by label, where they were wanted.
    """

    labels: LabelInputs
    drawn: np.ndarray
    train: np.ndarray
    penalty: float | None
    kernels: dict[str, list[float]] = field(default_factory=dict)
    by_label: ByLabel | None = None

    def of_rows(self, encoded: EncodedFilms) -> np.ndarray:
        """Return the inputs of all rows, (n_rows, n_inputs) float32; of training rows those of the first drawing."""
        sums = self.labels.of_rows(encoded)
        sums[self.train] = self.drawn[0]
        return sums


@dataclass(frozen=True)
class Part:
    """Inputs of the labels of a column: (n, k) of label columns, (n_drawings, n_train, k) of training rows' cells.

    Where it was wanted, `present` are the first drawing's by label, (n_present, k), in `cells`.
    """

    column: str
    names: list[str]
    of: np.ndarray
    values: np.ndarray
    crossed: np.ndarray
    near: NearInputs | None = None
    cells: Cells | None = None
    present: np.ndarray | None = None


def crossed_inputs(features: Sequence[Feature[Any]], space: FeatureSpace, learnt: Learnt) -> Crossed | None:
    """Return what the features declare of labels; None where they declare nothing.

    Raises:
        InputError: a training row has no year under a split by time.
    """
    if not any(isinstance(feature, RidgeByColumn | TrackRecord | Profile) for feature in features):
        return None
    columns = _label_columns(features, space)
    film = np.unique(learnt.film[learnt.train], return_inverse=True)[1]
    if learnt.year is None:
        n_folds = min(10, int(film.max()) + 1)
        drawings = Drawings.of_films(film, n_folds, seed=learnt.seed)
    else:
        if np.isnan(learnt.year[learnt.train]).any():
            raise InputError(
                "data.split: TimeSplit must be by years or dates where data.features declare RidgeByColumn or "
                "TrackRecord, which are of earlier years; leave these out, or split by another column"
            )
        drawings = Drawings.of_years(learnt.year[learnt.train].astype(np.int64))
    ridged = [feature.column for feature in features if isinstance(feature, RidgeByColumn)]
    parts, penalty = _ridge(ridged, columns, learnt, drawings) if ridged else ([], None)
    for feature in features:
        if isinstance(feature, TrackRecord) and len(columns[feature.column]) > feature.min_labels:
            near = near_columns(feature.near or [], features, space)
            parts.append(_records(feature.column, columns[feature.column], learnt, film, drawings, near))
        elif isinstance(feature, Profile):
            traits = _traits(feature, features, space, learnt, columns)
            if len(learnt.train) < feature.min_rows:
                continue
            parts.append(_profile(feature.column, columns[feature.column], learnt, traits, drawings))
    return _together(parts, space.n_labels, learnt.train, penalty) if parts else None


def _label_columns(features: Sequence[Feature[Any]], space: FeatureSpace) -> dict[str, np.ndarray]:
    """Return the label columns of each of the table's columns."""
    blocks = iter(block_columns(space.labels))
    columns: dict[str, np.ndarray] = {}
    for feature, group in zip(features, space.groups, strict=True):
        for block in group:
            if block.kind == "label":
                own = next(blocks)
                columns[feature.column] = np.concatenate([columns.get(feature.column, own[:0]), own])
    return columns


def _ridge(
    ridged: list[str], columns: dict[str, np.ndarray], learnt: Learnt, drawings: Drawings
) -> tuple[list[Part], float]:
    labels = [learnt.encoded.labels[:, columns[column]] for column in ridged]
    residual = learnt.target - learnt.target[learnt.train].mean()
    numbers = _in_bins(learnt.encoded.dense, learnt.train)
    kept: list[np.ndarray] | None = [] if learnt.by_label else None
    effects = ridge_effects(labels, numbers, residual, learnt.train, learnt.val, drawings, learnt.penalty, kept)
    values = np.split(effects.coefficients[:, None], np.cumsum([part.shape[1] for part in labels])[:-1])
    parts = []
    for index, (column, own) in enumerate(zip(ridged, values, strict=True)):
        of, present = columns[column], None if kept is None else kept[index]
        cells = None if kept is None else learnt.cells(of)
        parts.append(Part(column, ["linear effect"], of, own, effects.crossed[..., [index]], None, cells, present))
    return parts, effects.penalty


def _in_bins(dense: np.ndarray, train: np.ndarray) -> csr_array:
    """Return numbers with their shares of bins of the training rows, (n_rows, k) float64."""
    parts = [dense.astype(np.float64)]
    for values in dense.T.astype(np.float64):
        edges = bin_edges(values[train])
        if len(edges) > 2:
            parts.append(bin_shares(values, edges))
    return csr_array(np.concatenate(parts, axis=1))


def _records(
    column: str, of: np.ndarray, learnt: Learnt, film: np.ndarray, drawings: Drawings, by: Sequence[int]
) -> Part:
    """Return the records of a column's labels; `by` are the dense columns by which films are near, if any."""
    cells = learnt.cells(of)
    residual = learnt.target[learnt.train]
    residual = residual - residual.mean()
    if learnt.year is None:
        values, crossed = track_records(cells, residual, film, drawings)
    else:
        values, crossed = earlier_records(cells, residual, film, learnt.year[learnt.train].astype(np.int64))
        crossed = np.broadcast_to(crossed, (len(drawings.fold), *crossed.shape[1:]))
    kept = OF_ONE if cells.counts().max(initial=0) <= 1 else list(range(len(NAMES)))
    values, crossed, near = values[:, kept], crossed[..., kept], None
    if by:
        dense, n_inputs = learnt.encoded.dense[learnt.train], len(kept) - 2  # all but the two of counts
        near = near_inputs(cells, of, residual, film, dense, by, n_inputs, learnt.kernels.get(column), learnt.seed)
        values[:, :n_inputs], crossed[..., :n_inputs] = near.values, near.crossed  # without folds: the same each time
    present = None
    if cells.kept is not None:  # of each drawing, and at last those that go by how near films are
        present = cells.kept[0][:, kept]
        if by:
            present[:, : cells.kept[-1].shape[1]] = cells.kept[-1]
    return Part(column, [NAMES[index] for index in kept], of, values, crossed, near, cells, present)


def _profile(column: str, of: np.ndarray, learnt: Learnt, traits: np.ndarray, drawings: Drawings) -> Part:
    cells = learnt.cells(of)
    values, crossed = profiles(cells, traits, drawings)
    names, present = [f"profile {index + 1}" for index in range(traits.shape[1])], cells.kept[0] if cells.kept else None
    return Part(column, names, of, values, crossed, None, cells, present)


def _traits(
    profile: Profile,
    features: Sequence[Feature[Any]],
    space: FeatureSpace,
    learnt: Learnt,
    labels: dict[str, np.ndarray],
) -> np.ndarray:
    """Return traits of the training rows, (n_train, k) float64, less their means: numbers, and labels not rare."""
    dense = iter(block_columns(space.dense))
    numbers: dict[str, np.ndarray] = {}
    for feature, group in zip(features, space.groups, strict=True):
        for block in group:
            if block.kind != "label":
                numbers.setdefault(feature.column, next(dense))
    parts = []
    for column in profile.of:
        if column in labels:
            carried = learnt.encoded.labels[learnt.train][:, labels[column]].astype(bool).astype(np.float64)
            common = np.flatnonzero(carried.sum(axis=0) >= COMMON * len(learnt.train))
            parts.append(carried[:, common].toarray())
        elif column in numbers:
            parts.append(learnt.encoded.dense[learnt.train][:, numbers[column]].astype(np.float64))
        else:
            raise InputError(
                f"data.features: Profile of '{profile.column}' needs columns of data.features, got '{column}'"
                f"{nearest(column, [*labels, *numbers])}"
            )
    traits = np.concatenate(parts, axis=1)
    return traits - traits.mean(axis=0)


def _together(parts: list[Part], n_labels: int, train: np.ndarray, penalty: float | None) -> Crossed:
    """Bring the inputs to mean 0 and deviation 1 over all drawings of the training rows."""
    n_inputs, shape = sum(len(part.names) for part in parts), parts[0].crossed.shape[:2]
    values, centre = np.zeros((n_labels, n_inputs), np.float32), np.empty(n_inputs)
    drawn, first, near = np.empty((*shape, n_inputs), np.float32), 0, list[NearFilms]()
    by_label = ByLabel()
    for part in parts:
        own = slice(first, first := first + len(part.names))
        deviation = part.crossed.std(axis=(0, 1))
        deviation[deviation == 0] = 1
        centre[own] = part.crossed.mean(axis=(0, 1)) / deviation
        values[part.of, own] = part.values / deviation
        drawn[..., own] = part.crossed / deviation - centre[own]
        if part.cells is not None and part.present is not None:
            by_label.add(own, part.of[part.cells.codes], part.cells.offsets, part.present / deviation)
        near += [part.near.films.as_inputs(own.start, 1 / deviation)] if part.near else []
    columns = list(chain.from_iterable([part.column] * len(part.names) for part in parts))
    names = list(chain.from_iterable(part.names for part in parts))
    labels = LabelInputs(values, centre.astype(np.float32), columns, names, tuple(near))
    kernels = {part.column: part.near.kernel for part in parts if part.near}
    return Crossed(labels, drawn, train, penalty, kernels, by_label if by_label.parts else None)
