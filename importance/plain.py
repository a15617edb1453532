"""Importance for any predictor: columns of a matrix are shuffled, and the predictor is run again on all rows."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from importance.effects import Shuffles, of_repeats
from importance.importance import Importance
from importance.losses import Loss


def plain_importance(
    predict: Callable[[Tensor], Tensor],
    features: Tensor,
    actual: Tensor,
    columns: Sequence[Tensor],
    loss: Loss,
    orders: Callable[[int, int], Tensor],
    n_repeats: int = 5,
    film: Tensor | None = None,
    batch_rows: int = 2**16,
) -> Importance:
    """Return the importance of sets of columns, each set shuffled together: what `sklearn.inspection` computes.

    Args:
        predict: from (n, n_features) to (n,), in the target's unit.
        features: (n_rows, n_features), held-out rows.
        actual: (n_rows,), the target.
        columns: for each of n sets, the places of its columns.
        orders: from a set's place and a repeat to a permutation of the rows, (n_rows,) int64: row i is given the
            columns of row order[i].
        film: (n_rows,) int64, codes from 0; by default each row is a film of its own.
        batch_rows: about how many rows are predicted at once.
    """
    n_rows = len(features)
    actual = actual.double()
    film = torch.arange(n_rows, device=actual.device) if film is None else film
    before = loss.per_row(predict(features).double(), actual)
    pairs = [(place, repeat) for place in range(len(columns)) for repeat in range(n_repeats)]
    at_once = max(1, batch_rows // n_rows)
    means = torch.empty(len(columns), n_repeats, dtype=torch.float64, device=actual.device)
    shuffles = Shuffles(len(columns), film)
    for start in range(0, len(pairs), at_once):
        some = pairs[start : start + at_once]
        shuffled = features.repeat(len(some), 1, 1)
        given = [orders(place, repeat) for place, repeat in some]
        for copy, (place, _), order in zip(shuffled, some, given, strict=True):
            copy[:, columns[place]] = features[order][:, columns[place]]
        predicted = predict(shuffled.flatten(0, 1)).double().view(len(some), n_rows)
        for (place, repeat), one, order in zip(some, predicted, given, strict=True):
            change = loss.per_row(one, actual) - before
            means[place, repeat] = change.mean()
            shuffles.add(place, change, order)
    variance = float(actual.var(correction=0))
    increase, slope = loss.increase(means, before.mean(), variance)
    return of_repeats(increase, slope, shuffles, _carried(features, columns, film))


def _carried(features: Tensor, columns: Sequence[Tensor], film: Tensor) -> Tensor:
    """Count the films with anything but 0 in each set of columns."""
    carried = [len(torch.unique(film[(features[:, some] != 0).any(1)])) for some in columns]
    return torch.tensor(carried, device=film.device)
