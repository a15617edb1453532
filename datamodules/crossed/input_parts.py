"""Label inputs by kind: ridge effects, track records and profiles, each made from the training films."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.input_scales import EFFECT, TRAIT
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.label_inputs import Learnt
from greenlight_films.datamodules.crossed.near_inputs import NearInputs, near_columns, near_inputs
from greenlight_films.datamodules.crossed.profiles import profiles
from greenlight_films.datamodules.crossed.ridge_columns import ridge_effects
from greenlight_films.datamodules.crossed.track_records import NAMES, earlier_records, track_records
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Profile, TrackRecord
from greenlight_films.datamodules.features.number import bin_edges, bin_shares

COMMON = 0.01  # share of training films with a label, from which on it is a trait
OF_ONE = [NAMES.index(name) for name in ("record", "films", "known")]  # where a cell has a label at most
OF_COUNTS = 2  # of a record's inputs, at its end: how many films there are, and whether there are any


@dataclass(frozen=True)
class ColumnInputs:
    """Inputs of the labels of a column.

    Attributes:
        of: (n,) the label columns.
        values: (n, k) of these.
        crossed: (n_drawings, n_train, k) of training rows' cells.
        cells: of the training rows, where the first drawing's inputs by label are wanted, and else None.
        present: these inputs, (n_present, k).
        near: what records that go by how near films are are computed from.
    """

    column: str
    names: list[str]
    of: np.ndarray
    values: np.ndarray
    crossed: np.ndarray
    cells: Cells | None = None
    present: np.ndarray | None = None
    near: NearInputs | None = None


def ridge_parts(
    ridged: list[str], columns: dict[str, np.ndarray], learnt: Learnt, drawings: Drawings
) -> tuple[list[ColumnInputs], float]:
    """Return the linear effects of the labels of some columns, and the penalty that they were fitted with."""
    labels = [learnt.encoded.labels[:, columns[column]] for column in ridged]
    residual = learnt.target - learnt.target[learnt.train].mean()
    numbers, kept = _in_bins(learnt.encoded.dense, learnt.train), list[np.ndarray]() if learnt.by_label else None
    fit, penalty = ridge_effects(labels, numbers, residual, learnt.train, learnt.val, drawings, learnt.penalty, kept)
    parts = []
    for index, column in enumerate(ridged):
        of, own = columns[column], fit.coefficients[index][:, None]
        by_label = (None, None) if kept is None else (learnt.cells(of), kept[index])
        parts.append(ColumnInputs(column, [EFFECT], of, own, fit.crossed[..., [index]], *by_label))
    return parts, penalty


def _in_bins(dense: np.ndarray, train: np.ndarray) -> csr_array:
    """Return numbers with their shares of bins of the training rows, (n_rows, k) float64."""
    parts = [dense.astype(np.float64)]
    for values in dense.T.astype(np.float64):
        edges = bin_edges(values[train])
        if len(edges) > 2:
            parts.append(bin_shares(values, edges))
    return csr_array(np.concatenate(parts, axis=1))


def record_part(
    feature: TrackRecord,
    space: FeatureSpace,
    of: np.ndarray,
    learnt: Learnt,
    film: np.ndarray,
    drawings: Drawings,
) -> ColumnInputs | None:
    """Return the records of a column's labels; None where its rows of weights say as much.

    Args:
        of: (n,) the label columns.
        film: (n_train,) int64, codes of films.
    """
    names = _record_names(feature, of, learnt)
    if not names:
        return None
    cells, residual = learnt.cells(of), _residual(feature, learnt)
    if learnt.year is None:
        values, crossed = track_records(cells, residual, film, drawings)
    else:
        values, crossed = earlier_records(cells, residual, film, learnt.year[learnt.train].astype(np.int64))
        crossed = np.broadcast_to(crossed, (len(drawings.fold), *crossed.shape[1:]))
    kept = [NAMES.index(name) for name in names]
    values, crossed, near = values[:, kept], crossed[..., kept], None
    n_inputs = len(kept) - OF_COUNTS
    if feature.near:
        by, dense = near_columns(feature.near, space), learnt.encoded.dense[learnt.train]
        kernel = learnt.kernels.get(feature.column)
        near = near_inputs(cells, of, residual, film, dense, by, n_inputs, kernel, learnt.seed)
        values[:, :n_inputs], crossed[..., :n_inputs] = near.values, near.crossed  # without folds: the same each time
    present = None
    if cells.kept is not None:  # of each drawing, and at last those that go by how near films are
        present = cells.kept[0][:, kept]
        if feature.near:
            present[:, :n_inputs] = cells.kept[-1]
    return ColumnInputs(feature.column, feature.input_names(names), of, values, crossed, cells, present, near)


def _record_names(feature: TrackRecord, of: np.ndarray, learnt: Learnt) -> list[str]:
    """Return which of `NAMES` a column's records have; none where its rows of weights say as much."""
    if learnt.scales is not None:
        known = learnt.scales.names_of(feature.column)
        return [name for name, own in zip(NAMES, feature.input_names(NAMES), strict=True) if own in known]
    if len(of) <= feature.min_labels:
        return []
    has_one = np.diff(learnt.encoded.labels[learnt.train][:, of].indptr).max(initial=0) <= 1
    return [NAMES[index] for index in OF_ONE] if has_one else list(NAMES)


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


def profile_part(
    profile: Profile, space: FeatureSpace, columns: dict[str, np.ndarray], learnt: Learnt, drawings: Drawings
) -> ColumnInputs | None:
    """Return the profiles of a column's labels; None where there are too few films for them."""
    names, traits = _traits(profile, space, learnt, columns)
    if learnt.scales is None:
        has_profile = len(learnt.train) >= profile.min_rows
    else:
        has_profile = any(name.startswith(TRAIT) for name in learnt.scales.names_of(profile.column))
    if not has_profile:
        return None
    of = columns[profile.column]
    cells = learnt.cells(of)
    values, crossed = profiles(cells, traits, drawings)
    return ColumnInputs(profile.column, names, of, values, crossed, cells, cells.kept[0] if cells.kept else None)


def _traits(
    profile: Profile, space: FeatureSpace, learnt: Learnt, labels: dict[str, np.ndarray]
) -> tuple[list[str], np.ndarray]:
    """Return names and values of traits, (n_train, k) float64, less their means: numbers, and labels not rare."""
    numbers = dict[str, np.ndarray]()
    for feature, block, columns in space.blocks():
        if block.kind != "label":
            numbers.setdefault(feature["column"], columns)
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
