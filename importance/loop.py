"""Importance for any predictor: shuffle columns and predict all rows again, as `sklearn.inspection` does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm  # type: ignore[import-untyped] # no stubs

from greenlight_films.importance.effects import of_shuffles
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.losses import LOSSES, Loss, variance_of
from greenlight_films.importance.request import Request, carried, exchanged
from greenlight_films.importance.result import ColumnSet, ImportanceResult
from greenlight_films.importance.streams import child, keys_of, permutation
from greenlight_films.importance.summary import summary_of


def loop_importance(
    predict: Callable[[Tensor], Tensor],
    features: Tensor,
    actual: Tensor,
    columns: Sequence[Tensor],
    loss: Loss,
    orders: Callable[[int, int], Tensor],
    n_repeats: int = 5,
    film: Tensor | None = None,
    counts: Tensor | None = None,
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
        counts: (n_rows,) with mean 1, how much each row's loss counts; None: all count alike.
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
    return importance_of_predictions(predict(features), shuffled, actual, loss, film, n_films, counts)


def importance_of_predictions(
    before: Tensor,
    shuffled: Iterable[Iterable[tuple[Tensor, Tensor]]],
    actual: Tensor,
    loss: Loss,
    film: Tensor,
    n_films: Sequence[int],
    counts: Tensor | None = None,
) -> Estimates:
    """Return the importance of features that `n_films` films carry from predictions before and after shuffling them.

    Args:
        before: (n_rows,), predictions of the rows as they are.
        shuffled: for each feature, and each of its shuffles, the predictions and the order of the rows.
    """
    actual, times = actual.double(), 1.0 if counts is None else counts
    losses = loss.per_row(before.double(), actual) * times
    increase = partial(loss.increase, before=losses.mean(), variance=variance_of(actual, counts))
    results = [Estimates.unknown(torch.zeros(0, dtype=torch.int64, device=actual.device))]
    for repeats, n in zip(shuffled, n_films, strict=True):
        changes = ((loss.per_row(after.double(), actual) * times - losses, order) for after, order in repeats)
        results.append(of_shuffles(changes, film, increase, n))
    return Estimates.cat(results)


def by_loop(request: Request, method: str) -> ImportanceResult:
    """Shuffle each column and each group, and run `predict` again."""
    n_rows, n_repeats, names = len(request.actual), request.estimator.n_repeats, request.names
    none = np.array([], np.int64)
    sets = [ColumnSet(name, "number", np.array([index]), none) for index, name in enumerate(names)]
    sets += [ColumnSet(name, "group", members, none) for name, members in request.groups.items()]
    streams = request.estimator.streams(keys_of([f"{part.level} {part.name}" for part in sets]))

    def predict(rows: Any) -> Tensor:
        predicted = request.predict(rows)
        if predicted.shape not in ((n_rows,), (n_rows, 1)):
            raise ValueError(f"model must predict one number a row, got shape {predicted.shape} for {n_rows} rows")
        return torch.from_numpy(predicted.ravel())

    def shuffled(index: int) -> Iterator[tuple[Tensor, Tensor]]:
        for repeat in range(n_repeats):
            order = permutation(child(streams[index], repeat), n_rows)
            yield predict(exchanged(request.rows, sets[index].dense, order.numpy())), order

    before, film = predict(request.rows), torch.arange(n_rows)
    bar = tqdm(range(len(sets)), desc="Importance", unit=" columns", leave=False)
    n_films = [carried(request.rows, part.dense) for part in sets]
    joint = importance_of_predictions(before, map(shuffled, bar), request.actual, LOSSES[request.loss], film, n_films)
    described = pd.DataFrame({"feature": names, "column": names, "value": None, "role": "", "level": "column"})
    summary = summary_of(request.estimator, request.loss, request.actual, before)
    no_values = Estimates.unknown(film[:0])
    columns = joint.take(torch.arange(len(names)))
    return ImportanceResult(described, no_values, sets, joint, summary, method=method, columns=columns)
