"""`by_engine`: importances of a model with an additive first layer, from rows split into labels and numbers."""

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import HeldOut
from greenlight_films.importance.losses import LOSSES
from greenlight_films.importance.models import Additive
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.request import Request, carried, exchanged
from greenlight_films.importance.result import ColumnSet, ImportanceResult
from greenlight_films.importance.streams import keys_of
from greenlight_films.importance.summary import summary_of
from greenlight_films.importance.tasks import Tasks

MOVED, ROWS_COMPARED = (0.5, 0.5, 0.25, 0.1), 1024
"""Shares of X's columns that are moved, and of how many rows, to compare predictions where no row is."""


def by_engine(request: Request, additive: Additive) -> ImportanceResult | None:
    """Measure by the additive first layer; return None where `predict` gives other predictions than it does."""
    is_label = _is_label(additive.encoded)
    labels, dense = np.flatnonzero(is_label), np.flatnonzero(~is_label)
    rows = _held_out(additive, labels, dense, request.actual)
    reference = Reference.of(additive.split(labels, dense), rows, LOSSES[request.loss], additive.to_unit)
    predicted = reference.predicted.cpu()
    if hasattr(request.model, "predict") and not _predicts_the_same(request, additive, predicted.numpy()):
        return None
    order, n_labels = np.concatenate([labels, dense]), len(labels)
    sources, names = additive.sources[order], np.array(additive.names or request.names, dtype=object)[order]

    def set_of(level: str, name: str, members: Any) -> ColumnSet:
        chosen = np.isin(sources, members)
        return ColumnSet(name, level, np.flatnonzero(chosen[n_labels:]), np.flatnonzero(chosen[:n_labels]))

    numbers = [ColumnSet(name, "number", np.array([index]), labels[:0]) for index, name in enumerate(names[n_labels:])]
    is_encoded = additive.names is not None
    columns = [set_of("column", name, index) for index, name in enumerate(request.names)] if is_encoded else []
    groups = [set_of("group", *group) for group in request.groups.items()]
    several = np.flatnonzero(np.bincount(sources[sources >= 0], minlength=len(request.names)) > 1)
    sets = [*numbers, *(columns[index] for index in several), *groups]
    tasks = Tasks(reference, keys_of(names[:n_labels]), request.estimator, sets)
    tasks.run()
    values, joint = tasks.together()
    ends = accumulate([0, len(numbers), len(several), len(groups)])
    of_numbers, of_several, of_groups = (joint.take(torch.arange(*part)) for part in pairwise(ends))
    of_columns = Estimates.unknown(torch.zeros(len(request.names), dtype=torch.int64), request.estimator.n_repeats)
    of_columns.put(torch.from_numpy(several), of_several)
    # A column of X that becomes a single feature has that feature's importance.
    single = np.flatnonzero((sources >= 0) & ~np.isin(sources, several))
    of_features = Estimates.cat([values, of_numbers])
    of_columns.put(torch.from_numpy(sources[single]), of_features.take(torch.from_numpy(single)))
    # A column that the model is not given, or whose rows are all alike to it, has no effect.
    idle = np.setdiff1d(np.arange(len(request.names)), sources)
    _put_zeros(of_columns, request, dict(zip(idle, idle[:, None], strict=True)))
    members = enumerate(request.groups.values())
    _put_zeros(of_groups, request, {index: some for index, some in members if not np.isin(some, sources).any()})
    if columns:
        joint = Estimates.cat([of_numbers, of_columns, of_groups])
    if request.estimator.kind == "expected":
        of_columns = replace(of_columns, repeats=of_columns.mean[:, None])
    described = pd.DataFrame({"feature": names, "column": [[*request.names, ""][source] for source in sources]})
    described = described.assign(value=None, role="", level=np.where(is_label[order], "value", "number"))
    summary = summary_of(request.estimator, request.loss, request.actual, predicted)
    method = f"exact: {additive.name}'s first layer is additive"
    sets = [*numbers, *columns, *groups]
    return ImportanceResult(described, values, sets, joint, summary, method=method, columns=of_columns)


def _put_zeros(estimates: Estimates, request: Request, members: dict[int, np.ndarray]) -> None:
    """Write an importance of 0 for features, by index, whose columns of X have no effect and aren't all 0."""
    n_films = {index: carried(request.rows, columns) for index, columns in members.items()}
    some = torch.tensor([index for index, n in n_films.items() if n], dtype=torch.int64)
    films = torch.tensor([n for n in n_films.values() if n], dtype=torch.int64)
    estimates.put(some, Estimates.filled(0.0, films, estimates.repeats.shape[1]))


def _predicts_the_same(request: Request, additive: Additive, predicted: np.ndarray) -> bool:
    """Return whether `predict` gives what the first layer and the tail do, of rows as they are and of shuffled ones.

    Shuffled rows lie where no row of X does: there alone a `predict` that clips, say, may do so. Some of the columns
    are moved together, in four ways, each in random rows.

    Args:
        predicted: (n_rows,), by first layer and tail, of the rows as they are.
    """
    if not _same(predicted, request.predict(request.rows)):
        return False
    generator, (n_rows, n_columns) = np.random.default_rng(len(MOVED)), request.rows.shape
    some = np.sort(generator.permutation(n_rows)[:ROWS_COMPARED])
    rows = request.rows.iloc[some] if isinstance(request.rows, pd.DataFrame) else request.rows[some]
    encoded = additive.encoded[some]
    for share in MOVED:
        moves, order = generator.random(n_columns) < share, generator.permutation(len(some))
        # The last one is that of encoded columns that are the same in all rows.
        of_encoded = np.flatnonzero(np.append(moves, False)[additive.sources])
        ours = additive.predict(exchanged(encoded, of_encoded, order))
        if not _same(ours, request.predict(exchanged(rows, np.flatnonzero(moves), order))):
            return False
    return True


def _same(predicted: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether predictions are the same but for rounding."""
    expected = expected.ravel()
    return predicted.shape == expected.shape and np.allclose(predicted, expected, 1e-4, 1e-4 * expected.std())


def _is_label(encoded: Any) -> np.ndarray:
    """Return which columns have 0 and 1 alone, or, in a sparse matrix, are 0 in half of the rows or more."""
    if not sparse.issparse(encoded):
        return ((encoded == 0) | (encoded == 1)).all(0)
    n_rows, n_columns = encoded.shape
    counts = np.bincount(encoded.indices, minlength=n_columns)
    others = np.bincount(encoded.indices, (encoded.data != 0) & (encoded.data != 1), n_columns)
    return (others == 0) | (2 * counts <= n_rows)


def _held_out(additive: Additive, labels: np.ndarray, dense: np.ndarray, actual: Tensor) -> HeldOut:
    """Return encoded rows with some columns as labels, sparse, and the others dense."""
    encoded, weight = additive.encoded, additive.weight
    entries = sparse.csr_array(encoded[:, labels])
    entries.sum_duplicates()
    entries.eliminate_zeros()
    numbers = encoded[:, dense].toarray() if sparse.issparse(encoded) else encoded[:, dense]
    if not (np.isfinite(entries.data).all() and np.isfinite(numbers).all()):
        raise ValueError("X must hold finite numbers, got NaN or inf: put a SimpleImputer and the model in a Pipeline")
    indices, offsets = (torch.from_numpy(part.astype(np.int64)) for part in (entries.indices, entries.indptr))
    weights, numbers = (torch.from_numpy(part).to(weight.dtype) for part in (entries.data, numbers))
    return HeldOut(numbers, indices, offsets, weights, actual, torch.arange(len(actual))).to(weight.device)
