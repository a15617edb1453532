"""Label inputs: ridge effects, track records and profiles of labels, cross-fitted on the training rows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from greenlight_films.datamodules.crossed.by_label import ByLabel
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.input_parts import ColumnInputs, profile_part, record_part, ridge_parts
from greenlight_films.datamodules.crossed.input_scales import InputScales
from greenlight_films.datamodules.crossed.label_inputs import Crossed, LabelInputs, Learnt
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Feature, Profile, RidgeByColumn, TrackRecord

ROUNDING = 1e-9  # of the largest value, a deviation that is none


def crossed_inputs(features: Sequence[Feature[Any]], space: FeatureSpace, learnt: Learnt) -> Crossed | None:
    """Return what the features declare of labels; None where they declare nothing.

    Raises:
        InputError: a training row has no year under a split by time.
    """
    if not any(isinstance(feature, RidgeByColumn | TrackRecord | Profile) for feature in features):
        return None
    columns = _label_columns(space)
    film = np.unique(learnt.film[learnt.train], return_inverse=True)[1]
    drawings = _drawings(learnt, film)
    ridged = [feature.column for feature in features if isinstance(feature, RidgeByColumn)]
    parts, penalty = ridge_parts(ridged, columns, learnt, drawings) if ridged else ([], None)
    for feature in features:
        part = None
        if isinstance(feature, TrackRecord):
            part = record_part(feature, space, columns[feature.column], learnt, film, drawings)
        elif isinstance(feature, Profile):
            part = profile_part(feature, space, columns, learnt, drawings)
        parts += [] if part is None else [part]
    return _together(parts, space.n_labels, learnt, penalty) if parts else None


def _drawings(learnt: Learnt, film: np.ndarray) -> Drawings:
    if learnt.year is None:
        return Drawings.of_films(film, min(10, int(film.max()) + 1), seed=learnt.seed)
    if np.isnan(learnt.year[learnt.train]).any():
        raise InputError(
            "data.split: TimeSplit must be by years or dates where data.features declare RidgeByColumn or "
            "TrackRecord, which are of earlier years; leave these out, or split by another column"
        )
    return Drawings.of_years(learnt.year[learnt.train].astype(np.int64))


def _label_columns(space: FeatureSpace) -> dict[str, np.ndarray]:
    """Return the label columns of each of the table's columns."""
    columns = dict[str, np.ndarray]()
    for feature, block, own in space.blocks():
        if block.kind == "label":
            columns[feature["column"]] = np.concatenate([columns.get(feature["column"], own[:0]), own])
    return columns


def _together(parts: list[ColumnInputs], n_labels: int, learnt: Learnt, penalty: float | None) -> Crossed:
    """Bring the inputs to mean 0 and deviation 1 over all drawings of the training rows, or to the scales known.

    Where a network has limits, labels' inputs stay within them, and the rows' are the sums of these.
    """
    n_inputs, shape = sum(len(part.names) for part in parts), parts[0].crossed.shape[:2]
    scales = learnt.scales or InputScales(
        list(chain.from_iterable([part.column] * len(part.names) for part in parts)),
        list(chain.from_iterable(part.names for part in parts)),
        np.concatenate([part.crossed.mean(axis=(0, 1)) for part in parts]),
        np.concatenate([_deviation(part) for part in parts]),
    )
    # Of an input that is the same in all training rows nothing is learnt: it is 0 in all others too.
    deviations = np.where(scales.deviation == 0, np.inf, scales.deviation)
    centre = scales.mean / deviations
    values, drawn = np.zeros((n_labels, n_inputs), np.float32), np.empty((*shape, n_inputs), np.float32)
    first, near, by_label, is_limited = 0, list[NearFilms](), ByLabel(), np.zeros(n_labels, bool)
    for part in parts:
        own = slice(first, first := first + len(part.names))
        deviation = deviations[own]
        values[part.of, own] = part.values / deviation
        if scales.limits is not None:
            limits = scales.limits[:, own] * np.where(np.isinf(deviation), 1, deviation)
            given, part = values[part.of, own], _within(part, limits)
            values[part.of, own] = part.values / deviation
            is_limited[part.of] |= (values[part.of, own] != given).any(axis=1)
        drawn[..., own] = part.crossed / deviation - centre[own]
        near += [part.near.films.as_inputs(own.start, 1 / deviation)] if part.near else []
        if part.cells is not None and part.present is not None:
            by_label.add(own, part.of[part.cells.codes], part.cells.offsets, part.present / deviation)
    labels = LabelInputs(values, centre.astype(np.float32), scales.columns, scales.names, tuple(near))
    kernels = {part.column: part.near.kernel for part in parts if part.near}
    known = by_label if by_label.parts else None
    return Crossed(labels, drawn, learnt.train, penalty, scales, kernels, known, int(is_limited.sum()))


def _deviation(part: ColumnInputs) -> np.ndarray:
    """Return the deviation of a part's sums over all drawings, (k,) float64; 0 where it is one of rounding."""
    deviation, sums = part.crossed.std(axis=(0, 1)), part.crossed.reshape(-1, part.crossed.shape[-1])
    ends = [end(each, axis=0, initial=0) for each in (part.values, sums) for end in (np.max, np.min)]
    return np.where(deviation <= ROUNDING * np.abs(ends).max(axis=0), 0, deviation)


def _within(part: ColumnInputs, limits: np.ndarray) -> ColumnInputs:
    """Return a part whose labels lie within limits, (2, k), in every row too, whose sums are then of one drawing."""
    assert part.cells is not None
    assert part.present is not None
    present = part.present.clip(*limits)
    crossed = np.broadcast_to(part.cells.summed(present), part.crossed.shape)
    return replace(part, values=part.values.clip(*limits), present=present, crossed=crossed)
