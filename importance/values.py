"""Importance of label columns, each shuffled alone, by the estimator that the settings name."""

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
        keys: (n_labels,) int64, of `streams.keys_of`: a column's random numbers depend on its key alone.
    """
    part = entries.part(piece.first, piece.stop)
    # Exactly 0, without rounding errors: columns that the model doesn't use, or that all rows have with one weight.
    used = reference.uses(part.columns)
    used &= (part.counts < reference.rows.n_rows) | ~part.even
    used_part = part.only(used)
    if not len(used_part.columns):
        return Estimates.zero(part.films(reference.rows))
    measure = _estimator_of(estimator, reference.loss)
    result = measure(reference, used_part, estimator.streams(keys[used_part.columns]), estimator)
    if used.all():
        return result
    importance = Estimates.zero(part.films(reference.rows), result.repeats.shape[1])
    importance.put(torch.nonzero(used).squeeze(1), result)
    return importance


def _estimator_of(estimator: Estimator, loss: Loss) -> Callable[[Reference, Entries, Tensor, Estimator], Estimates]:
    if estimator.kind == "shuffle":
        return by_shuffles
    if not loss.linear:
        raise ValueError("a loss that is no mean over rows has no closed form: estimate it by shuffles")
    return by_all_rows if estimator.off_rows == "all" else by_sample
