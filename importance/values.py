"""Importance of every label column, each shuffled alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from importance.baseline import Baseline
from importance.estimator import Estimator, Piece
from importance.expectation import by_all_rows, by_sample
from importance.held_out import Entries
from importance.importance import Importance
from importance.losses import Loss
from importance.shuffles import by_shuffles


def value_importance(
    baseline: Baseline, entries: Entries, piece: Piece, keys: Tensor, estimator: Estimator
) -> Importance:
    """Return the importances of a piece of the label columns, in their order.

    Args:
        entries: of all label columns.
        keys: (n_labels,) int64, what tells a column from others wherever it stands: its random numbers hang on it.
    """
    part = entries.part(piece.first, piece.behind)
    # Exactly 0, not what rounding makes of it: columns that the model doesn't look at, or that all rows have alike.
    seen = baseline.looks_at(part.columns)
    seen &= (part.counts < baseline.rows.n_rows) | ~part.even
    looked_at = part.only(seen)
    if not len(looked_at.columns):
        return Importance.nothing(part.films(baseline.rows))
    found = _way(estimator, baseline.loss)(baseline, looked_at, estimator.streams(keys[looked_at.columns]), estimator)
    if seen.all():
        return found
    importance = Importance.nothing(part.films(baseline.rows))
    importance.put(torch.nonzero(seen).squeeze(1), found)
    return importance


def _way(estimator: Estimator, loss: Loss) -> Callable[[Baseline, Entries, Tensor, Estimator], Importance]:
    if estimator.kind == "shuffle":
        return by_shuffles
    if not loss.linear:
        raise ValueError("a loss that is no mean over rows has no closed form: estimate it by shuffles")
    return by_all_rows if estimator.off_rows == "all" else by_sample
