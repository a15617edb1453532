"""Importance for any predictor: columns of a matrix are shuffled, and the predictor is run again on all rows."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from greenlight_films.importance.effects import Shuffles, of_repeats
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.losses import Loss


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
    n_rows, device = len(features), features.device
    actual = actual.double()
    film = torch.arange(n_rows, device=device) if film is None else film.to(device)
    before = loss.per_row(predict(features).double(), actual)
    variance = float(actual.var(correction=0))
    at_once = max(1, batch_rows // n_rows)
    found = [Estimates.unknown(torch.zeros(0, dtype=torch.int64, device=device))]
    for place, some in enumerate(columns):
        given = [orders(place, repeat).to(device) for repeat in range(n_repeats)]
        shuffles, means = Shuffles(film), []
        for start in range(0, n_repeats, at_once):
            part = given[start : start + at_once]
            shuffled = features.repeat(len(part), 1, 1)
            for copy, order in zip(shuffled, part, strict=True):
                copy[:, some] = features[order][:, some]
            predicted = predict(shuffled.flatten(0, 1)).double().view(len(part), n_rows)
            for one, order in zip(predicted, part, strict=True):
                change = loss.per_row(one, actual) - before
                means.append(change.mean())
                shuffles.add(change, order)
        increase, slope = loss.increase(torch.stack(means)[None], before.mean(), variance)
        found.append(of_repeats(increase, slope, shuffles, _carried(features, some, film)))
    return Estimates.cat(found)


def _carried(features: Tensor, some: Tensor, film: Tensor) -> int:
    """Count the films with anything but 0 in some columns."""
    return len(torch.unique(film[(features[:, some] != 0).any(1)]))
