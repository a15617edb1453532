"""What labels are beside their names, from the features that declare it: constants, and training rows' own inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.input_scales import EFFECT, TRAIT, InputScales
from greenlight_films.datamodules.crossed.label_cells import Cells
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
    """

    values: np.ndarray
    centre: np.ndarray
    columns: list[str]
    names: list[str]


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
        scales: which inputs there are, and their scales, where a network knows them already.
        others: (n_rows,) float64 of each other column that records are of, NaN where not known.
    """

    encoded: EncodedFilms
    target: np.ndarray
    train: np.ndarray
    val: np.ndarray
    film: np.ndarray
    year: np.ndarray | None
    seed: int
    penalty: float | None = None
    scales: InputScales | None = None
    others: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Crossed:
    """Inputs of labels, and those of the training rows, which never hold the row's own target.

    Attributes:
        drawn: (n_drawings, n_train, n_inputs) float32, centred and scaled.
        train: (n_train,) indices of these rows.
        penalty: of the ridge regression; None without it.
        scales: of the inputs.
    """

    labels: LabelInputs
    drawn: np.ndarray
    train: np.ndarray
    penalty: float | None
    scales: InputScales

    def of_rows(self, labels: csr_array) -> np.ndarray:
        """Return the inputs of all rows, (n_rows, n_inputs) float32, from their labels; training rows' first own."""
        sums = np.asarray(labels @ self.labels.values) - self.labels.centre
        sums[self.train] = self.drawn[0]
        return sums


@dataclass(frozen=True)
class Part:
    """Inputs of the labels of a column: (n, k) of label columns, (n_drawings, n_train, k) of training rows' cells."""

    column: str
    names: list[str]
    of: np.ndarray
    values: np.ndarray
    crossed: np.ndarray


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
        if isinstance(feature, TrackRecord):
            if names := _record_names(feature, columns[feature.column], learnt):
                parts.append(_records(feature, names, columns[feature.column], learnt, film, drawings))
        elif isinstance(feature, Profile):
            names, traits = _traits(feature, features, space, learnt, columns)
            if _has_profile(feature, learnt):
                parts.append(_profile(feature.column, names, columns[feature.column], learnt, traits, drawings))
    return _together(parts, space.n_labels, learnt, penalty) if parts else None


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
    effects = ridge_effects(labels, numbers, residual, learnt.train, learnt.val, drawings, learnt.penalty)
    values = np.split(effects.coefficients[:, None], np.cumsum([part.shape[1] for part in labels])[:-1])
    parts = [
        Part(column, [EFFECT], columns[column], own, effects.crossed[..., [index]])
        for index, (column, own) in enumerate(zip(ridged, values, strict=True))
    ]
    return parts, effects.penalty


def _in_bins(dense: np.ndarray, train: np.ndarray) -> csr_array:
    """Return numbers with their shares of bins of the training rows, (n_rows, k) float64."""
    parts = [dense.astype(np.float64)]
    for values in dense.T.astype(np.float64):
        edges = bin_edges(values[train])
        if len(edges) > 2:
            parts.append(bin_shares(values, edges))
    return csr_array(np.concatenate(parts, axis=1))


def _record_names(feature: TrackRecord, of: np.ndarray, learnt: Learnt) -> list[str]:
    """Return which of `NAMES` a column's records have; none where its rows of weights say as much."""
    if learnt.scales is not None:
        known = learnt.scales.names_of(feature.column)
        return [name for name, own in zip(NAMES, feature.input_names(NAMES), strict=True) if own in known]
    if len(of) <= feature.min_labels:
        return []
    has_one = np.diff(learnt.encoded.labels[learnt.train][:, of].indptr).max(initial=0) <= 1
    return [NAMES[index] for index in OF_ONE] if has_one else list(NAMES)


def _records(
    feature: TrackRecord, names: list[str], of: np.ndarray, learnt: Learnt, film: np.ndarray, drawings: Drawings
) -> Part:
    cells = Cells.of(learnt.encoded.labels[learnt.train][:, of])
    residual = _residual(feature, learnt)
    if learnt.year is None:
        values, crossed = track_records(cells, residual, film, drawings)
    else:
        values, crossed = earlier_records(cells, residual, film, learnt.year[learnt.train].astype(np.int64))
        crossed = np.broadcast_to(crossed, (len(drawings.fold), *crossed.shape[1:]))
    kept = [NAMES.index(name) for name in names]
    return Part(feature.column, feature.input_names(names), of, values[:, kept], crossed[..., kept])


def _residual(feature: TrackRecord, learnt: Learnt) -> np.ndarray:
    """Return what training rows' records are of, less its mean, (n_train,) float64."""
    if feature.of is None:
        residual = learnt.target[learnt.train]
        return np.asarray(residual - residual.mean())
    values = learnt.others[feature.of][learnt.train]
    known = values[~np.isnan(values)]
    if len(known) < 2 or np.ptp(known) == 0:
        raise InputError(
            f"data.features: `of` of TrackRecord of '{feature.column}' must be a column with two different numbers or "
            f"more among the training films, got '{feature.of}'; leave it out"
        )
    return np.asarray((values - known.mean()) / known.std())


def _has_profile(profile: Profile, learnt: Learnt) -> bool:
    if learnt.scales is None:
        return len(learnt.train) >= profile.min_rows
    return any(name.startswith(TRAIT) for name in learnt.scales.names_of(profile.column))


def _profile(
    column: str, names: list[str], of: np.ndarray, learnt: Learnt, traits: np.ndarray, drawings: Drawings
) -> Part:
    values, crossed = profiles(Cells.of(learnt.encoded.labels[learnt.train][:, of]), traits, drawings)
    return Part(column, names, of, values, crossed)


def _traits(
    profile: Profile,
    features: Sequence[Feature[Any]],
    space: FeatureSpace,
    learnt: Learnt,
    labels: dict[str, np.ndarray],
) -> tuple[list[str], np.ndarray]:
    """Return names and values of traits, (n_train, k) float64, less their means: numbers, and labels not rare."""
    dense = iter(block_columns(space.dense))
    numbers: dict[str, np.ndarray] = {}
    for feature, group in zip(features, space.groups, strict=True):
        for block in group:
            if block.kind != "label":
                numbers.setdefault(feature.column, next(dense))
    of_labels, of_numbers = (np.array(names, dtype=object) for names in (space.label_names(), space.dense_names()))
    names, parts = list[str](), []
    for column in profile.of:
        if column in labels:
            own = labels[column]
            carried = learnt.encoded.labels[learnt.train][:, own].astype(bool).astype(np.float64)
            if learnt.scales is None:
                common = np.flatnonzero(carried.sum(axis=0) >= COMMON * len(learnt.train))
            else:
                common = np.flatnonzero(np.isin(TRAIT + of_labels[own], learnt.scales.names_of(profile.column)))
            names += (TRAIT + of_labels[own[common]]).tolist()
            parts.append(carried[:, common].toarray())
        elif column in numbers:
            names += (TRAIT + of_numbers[numbers[column]]).tolist()
            parts.append(learnt.encoded.dense[learnt.train][:, numbers[column]].astype(np.float64))
        else:
            raise InputError(
                f"data.features: Profile of '{profile.column}' needs columns of data.features, got '{column}'"
                f"{nearest(column, [*labels, *numbers])}"
            )
    traits = np.concatenate(parts, axis=1)
    return names, traits - traits.mean(axis=0)


def _together(parts: list[Part], n_labels: int, learnt: Learnt, penalty: float | None) -> Crossed:
    """Bring the inputs to mean 0 and deviation 1 over all drawings of the training rows, or to the scales known."""
    n_inputs, shape = sum(len(part.names) for part in parts), parts[0].crossed.shape[:2]
    scales = learnt.scales or InputScales(
        list(chain.from_iterable([part.column] * len(part.names) for part in parts)),
        list(chain.from_iterable(part.names for part in parts)),
        np.concatenate([part.crossed.mean(axis=(0, 1)) for part in parts]),
        np.concatenate([part.crossed.std(axis=(0, 1)) for part in parts]),
    )
    deviation = np.where(scales.deviation == 0, 1, scales.deviation)
    centre = scales.mean / deviation
    values, drawn = np.zeros((n_labels, n_inputs), np.float32), np.empty((*shape, n_inputs), np.float32)
    first = 0
    for part in parts:
        own = slice(first, first := first + len(part.names))
        values[part.of, own] = part.values / deviation[own]
        drawn[..., own] = part.crossed / deviation[own] - centre[own]
    labels = LabelInputs(values, centre.astype(np.float32), scales.columns, scales.names)
    return Crossed(labels, drawn, learnt.train, penalty, scales)
