"""`by_engine`: importances of a model with an additive first layer, from rows split into labels and numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor, nn

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import HeldOut
from greenlight_films.importance.losses import LOSSES
from greenlight_films.importance.models import Additive
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.request import Request
from greenlight_films.importance.result import ColumnSet, ImportanceResult
from greenlight_films.importance.tasks import TaskResult, Tasks

EMPTY = np.array([], np.int64)


def by_engine(request: Request, additive: Additive) -> ImportanceResult | None:
    """Measure by the additive first layer; return None where `predict` gives other predictions than it does."""
    is_label = _is_label(additive.encoded)
    labels, dense = np.flatnonzero(is_label), np.flatnonzero(~is_label)
    rows = _held_out(additive, labels, dense, request.actual)
    reference = Reference.of(additive.split(labels, dense), rows, LOSSES[request.loss], additive.to_unit)
    predicted = reference.predicted.cpu().numpy()
    if not (isinstance(request.model, nn.Module) or _same(predicted, request.model.predict(request.rows))):
        return None
    order = np.concatenate([labels, dense])
    sources = order if additive.sources is None else additive.sources[order]
    names = np.array(additive.names or request.names, dtype=object)[order]
    sets = _sets(request, names[len(labels) :], sources, len(labels), with_columns=additive.sources is not None)
    tasks = Tasks.of_names(reference, names[: len(labels)], sets, request.estimator)
    results: list[TaskResult] = []
    tasks.run(tasks.share(), results)
    values, joint = tasks.together(results)
    if additive.sources is None:
        columns = Estimates.cat([values, joint.take(torch.arange(len(dense)))]).take(torch.from_numpy(order.argsort()))
    else:
        columns = joint.take(torch.arange(len(dense), len(dense) + len(request.names)))
    if request.estimator.kind == "expected":
        columns = replace(columns, repeats=columns.mean[:, None])
    described = pd.DataFrame({"feature": names, "column": [[*request.names, ""][source] for source in sources]})
    described = described.assign(value=None, role="", level=np.where(is_label[order], "value", "number"))
    summary = request.summary(reference.losses.cpu(), predicted)
    method = f"exact: {additive.name}'s first layer is additive"
    return ImportanceResult(described, values, sets, joint, summary, method=method, columns=columns)


def _same(predicted: np.ndarray, expected: Any) -> bool:
    """Return whether predictions are the same but for rounding."""
    expected = np.asarray(expected, np.float64).ravel()
    return predicted.shape == expected.shape and np.allclose(predicted, expected, 1e-4, 1e-4 * expected.std())


def _sets(
    request: Request, numbers: np.ndarray, sources: np.ndarray, n_labels: int, *, with_columns: bool
) -> list[ColumnSet]:
    """Return each number, each column of X where it was encoded, and each group.

    Args:
        sources: of all features, labels first, the column of X.
    """
    columns = {name: np.array([index]) for index, name in enumerate(request.names)} if with_columns else {}
    named = [("column", *item) for item in columns.items()] + [("group", *item) for item in request.groups.items()]
    sets = [ColumnSet(name, "number", np.array([index]), EMPTY) for index, name in enumerate(numbers)]
    for level, name, members in named:
        chosen = np.isin(sources, members)
        sets.append(ColumnSet(name, level, np.flatnonzero(chosen[n_labels:]), np.flatnonzero(chosen[:n_labels])))
    return sets


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
