"""Importance of every label column, each shuffled alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator, Piece
from greenlight_films.importance.expectation import by_all_rows, by_sample
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.losses import Loss
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.shuffles import by_shuffles


def value_importance(
    reference: Reference, entries: Entries, piece: Piece, keys: Tensor, estimator: Estimator
) -> Estimates:
    """Return the importances of a piece of the label columns, in their order.

    Args:
        entries: of all label columns.
        keys: (n_labels,) int64, what tells a column from others wherever it stands: its random numbers hang on it.
    """
    part = entries.part(piece.first, piece.behind)
    # Exactly 0, not what rounding makes of it: columns that the model doesn't look at, or that all rows have alike.
    seen = reference.looks_at(part.columns)
    seen &= (part.counts < reference.rows.n_rows) | ~part.even
    looked_at = part.only(seen)
    if not len(looked_at.columns):
        return Estimates.nothing(part.films(reference.rows))
    found = _way(estimator, reference.loss)(reference, looked_at, estimator.streams(keys[looked_at.columns]), estimator)
    if seen.all():
        return found
    importance = Estimates.nothing(part.films(reference.rows))
    importance.put(torch.nonzero(seen).squeeze(1), found)
    return importance


def _way(estimator: Estimator, loss: Loss) -> Callable[[Reference, Entries, Tensor, Estimator], Estimates]:
    if estimator.kind == "shuffle":
        return by_shuffles
    if not loss.linear:
        raise ValueError("a loss that is no mean over rows has no closed form: estimate it by shuffles")
    return by_all_rows if estimator.off_rows == "all" else by_sample
