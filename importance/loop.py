"""Importance for any predictor: shuffle columns and predict all rows again, as `sklearn.inspection` does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm  # type: ignore[import-untyped] # no stubs

from greenlight_films.importance.effects import of_shuffles
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.losses import LOSSES, Loss
from greenlight_films.importance.request import Request
from greenlight_films.importance.result import DESCRIBED, ColumnSet, ImportanceResult
from greenlight_films.importance.rows import carried, exchanged
from greenlight_films.importance.streams import child, keys_of, permutation


def loop_importance(
    predict: Callable[[Tensor], Tensor],
    features: Tensor,
    actual: Tensor,
    columns: Sequence[Tensor],
    loss: Loss,
    orders: Callable[[int, int], Tensor],
    n_repeats: int = 5,
    film: Tensor | None = None,
    batch_rows: int = 2**16,
) -> Estimates:
    """Return the importance of n sets of columns, each set shuffled together.

    Args:
        predict: from (n, n_features) to (n,), in the target's unit.
        features: (n_rows, n_features), held-out rows.
        actual: (n_rows,), the target.
        columns: for each of n sets, the indices of its columns.
        orders: from a set's index and a repeat to a permutation of the rows, (n_rows,) int64: row i is given the
            columns of row order[i].
        film: (n_rows,) int64, codes from 0; by default each row is a film of its own.
        batch_rows: about how many rows are predicted at once.
    """
    n_rows, device = len(features), features.device
    film = torch.arange(n_rows, device=device) if film is None else film.to(device)
    at_once = max(1, batch_rows // n_rows)

    def predicted(index: int) -> Iterator[tuple[Tensor, Tensor]]:
        given = [orders(index, repeat).to(device) for repeat in range(n_repeats)]
        for start in range(0, n_repeats, at_once):
            part = given[start : start + at_once]
            shuffled = features.repeat(len(part), 1, 1)
            for copy, order in zip(shuffled, part, strict=True):
                copy[:, columns[index]] = features[order][:, columns[index]]
            yield from zip(predict(shuffled.flatten(0, 1)).view(len(part), n_rows), part, strict=True)

    n_films = [len(torch.unique(film[(features[:, some] != 0).any(1)])) for some in columns]
    shuffled = map(predicted, range(len(columns)))
    return importance_of_predictions(predict(features), shuffled, actual, loss, film, n_films)


def importance_of_predictions(
    before: Tensor,
    shuffled: Iterable[Iterable[tuple[Tensor, Tensor]]],
    actual: Tensor,
    loss: Loss,
    film: Tensor,
    n_films: Sequence[int],
) -> Estimates:
    """Return the importance of n features from predictions before and after shuffling them.

    Args:
        before: (n_rows,), predictions of the rows as they are, in the target's unit.
        shuffled: for each feature, and each of its shuffles, the predictions and the order of the rows.
        n_films: of each feature, how many films carry it.
    """
    actual = actual.double()
    losses = loss.per_row(before.double(), actual)
    variance = float(actual.var(correction=0))

    def increase(means: Tensor) -> tuple[Tensor, Tensor]:
        return loss.increase(means, losses.mean(), variance)

    results = [Estimates.unknown(torch.zeros(0, dtype=torch.int64, device=actual.device))]
    for repeats, n in zip(shuffled, n_films, strict=True):
        changes = ((loss.per_row(after.double(), actual) - losses, order) for after, order in repeats)
        results.append(of_shuffles(changes, film, increase, n))
    return Estimates.cat(results)


def by_loop(request: Request, method: str) -> ImportanceResult:
    """Shuffle each column and each group, and run `predict` again."""
    n_rows, n_repeats = len(request.actual), request.estimator.n_repeats
    columns = [np.array([index]) for index in range(len(request.names))] + list(request.groups.values())
    levels = ["number"] * len(request.names) + ["group"] * len(request.groups)
    named = [*request.names, *request.groups]
    streams = request.estimator.streams(keys_of([f"{level} {name}" for level, name in zip(levels, named, strict=True)]))

    def predict(rows: Any) -> Tensor:
        predicted = np.asarray(request.model.predict(rows), dtype=np.float64)
        if predicted.shape not in ((n_rows,), (n_rows, 1)):
            raise ValueError(f"model must predict one number a row, got shape {predicted.shape} for {n_rows} rows")
        return torch.from_numpy(predicted.ravel())

    def shuffled(index: int) -> Iterator[tuple[Tensor, Tensor]]:
        for repeat in range(n_repeats):
            order = permutation(child(streams[index], repeat), n_rows)
            yield predict(exchanged(request.rows, columns[index], order.numpy())), order

    before, loss = predict(request.rows), LOSSES[request.loss]
    bar = tqdm(range(len(columns)), desc="Importance", unit=" columns", leave=False)
    n_films = [carried(request.rows, some) for some in columns]
    joint = importance_of_predictions(before, map(shuffled, bar), request.actual, loss, torch.arange(n_rows), n_films)
    described = pd.DataFrame({"feature": request.names, "column": request.names, "value": None, "role": ""})
    sets = [ColumnSet(*item, np.array([], np.int64)) for item in zip(named, levels, columns, strict=True)]
    summary = request.summary(loss.per_row(before, request.actual), before.numpy())
    unknown = Estimates.unknown(torch.zeros(0, dtype=torch.int64))
    first = joint.take(torch.arange(len(request.names)))
    described = described.assign(level="column")[DESCRIBED]
    return ImportanceResult(described, unknown, sets, joint, summary, method=method, columns=first)
