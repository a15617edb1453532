"""Importance of a set of columns shuffled together: a number, a source column, a role or a group."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.effects import of_shuffles
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import HeldOut, index_of
from greenlight_films.importance.reference import AdditiveLayer, LinearLayer, Reference
from greenlight_films.importance.streams import child, permutation


@torch.inference_mode()
def joint_importance(
    reference: Reference,
    dense: Tensor,
    labels: Tensor,
    stream: Tensor,
    n_repeats: int,
    part: AdditiveLayer | None = None,
) -> Estimates:
    """Return the importance of some columns shuffled together, (1,).

    Args:
        dense: (n,) int64, columns of numbers.
        labels: (n,) int64, label columns.
        stream: 0-dimensional int64, of `Estimator.streams`.
        part: of the model's first layer, whose weights alone are shuffled; by default the whole of it.
    """
    rows, exchange = reference.rows, Exchange.of(reference, dense, labels, part)
    kept, own = exchange.kept, exchange.own
    n_films = exchange.n_films(rows)
    films = torch.tensor([n_films], device=own.device)
    if not n_films:
        return Estimates.unknown(films)
    if _alike(kept) or not (own.any() or exchange.moves_others):
        return Estimates.filled(0.0, films)

    def shuffled() -> Iterator[tuple[Tensor, Tensor]]:
        for repeat in range(n_repeats):
            order = permutation(child(stream, repeat), rows.n_rows)
            yield reference.losses_of(exchange.predict(reference, order)) - reference.losses, order

    return of_shuffles(shuffled(), rows.cluster, reference.increase, n_films)


@dataclass(frozen=True)
class Exchange:
    """Some columns that rows exchange.

    Attributes:
        dense, labels: (n,) int64, the columns.
        kept: the rows with these alone.
        own: (n_rows, width), what they add to each row's sum, of labels by `label_weight`.
        others: (n_rows, width), the rest of the sums.
        moves_others: whether labels add something beside that changes with what is exchanged.
    """

    dense: Tensor
    labels: Tensor
    kept: HeldOut
    own: Tensor
    others: Tensor
    moves_others: bool

    @classmethod
    def of(cls, reference: Reference, dense: Tensor, labels: Tensor, part: AdditiveLayer | None = None) -> "Exchange":
        """Take columns of numbers and labels, (n,) int64 each, or a part of what they add."""
        beside = reference.beside if part is None else part.beside if isinstance(part, LinearLayer) else None
        moves_others = beside is not None and (reference.depends_on(dense) or bool(beside.concerns(labels).any()))
        kept, own = added_by(reference, dense, labels, part)
        return cls(dense, labels, kept, own, reference.sums - own, moves_others)

    def n_films(self, rows: HeldOut) -> int:
        """Return how many films have any of the columns."""
        return len(torch.unique(rows.film[(self.kept.offsets.diff() > 0) | rows.rows_with(self.dense)]))

    def predict(self, reference: Reference, order: Tensor) -> Tensor:
        """Return predictions, (n_rows,) float64, where row i has the columns of row order[i]."""
        rows, others = reference.rows, self.others
        if self.moves_others:
            dense, row = rows.dense.clone(), rows.rows_of_entries()
            dense[:, self.dense] = rows.dense[order][:, self.dense]
            moved, receiver = torch.isin(rows.labels, self.labels), index_of(order, rows.n_rows)
            others = others + reference.beside_with(dense, torch.where(moved, receiver[row], row))
        return reference.predict(others, self.own, order)


def _alike(rows: HeldOut) -> bool:
    """Return whether all rows have the same numbers and labels, so that shuffling changes nothing."""
    n_each, rest = divmod(len(rows.labels), rows.n_rows)
    if rest or (rows.offsets.diff() != n_each).any():
        return False
    parts = (rows.dense, rows.labels.view(rows.n_rows, n_each), rows.weights.view(rows.n_rows, n_each))
    return all(bool((part == part[:1]).all()) for part in parts)


def _only(reference: Reference, dense: Tensor, labels: Tensor) -> HeldOut:
    """Return the rows with all other labels removed and all other numbers 0."""
    rows = reference.rows
    numbers = torch.zeros_like(rows.dense)
    numbers[:, dense] = rows.dense[:, dense]
    chosen = torch.zeros(len(reference.model.first.label_weight), dtype=torch.bool, device=rows.labels.device)
    kept = chosen.index_fill_(0, labels, True)[rows.labels.long()]
    counts = torch.zeros(rows.n_rows, dtype=rows.offsets.dtype, device=rows.offsets.device)
    counts.index_add_(0, rows.rows_of_entries(), kept.to(counts.dtype))
    offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0, dtype=counts.dtype)])
    return replace(rows, dense=numbers, labels=rows.labels[kept], offsets=offsets, weights=rows.weights[kept])


def added_by(
    reference: Reference, dense: Tensor, labels: Tensor, part: AdditiveLayer | None = None
) -> tuple[HeldOut, Tensor]:
    """Return the rows with some numbers and labels alone, and what these add to each row's sum, (n_rows, width).

    What labels add beside `label_weight` is left out.
    """
    first, kept = part or reference.model.first, _only(reference, dense, labels)
    first = replace(first, beside=None) if isinstance(first, LinearLayer) else first
    bias = first(kept.dense[:1] * 0, kept.labels[:0], kept.offsets[:2] * 0, kept.weights[:0])
    return kept, first(kept.dense, kept.labels, kept.offsets, kept.weights) - bias
