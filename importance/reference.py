"""`Reference`: a model's predictions and losses on held-out rows, and how a change of a first-layer sum moves them."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.held_out import HeldOut, at
from greenlight_films.importance.label_table import LabelBlock, LabelTable, at_rows
from greenlight_films.importance.losses import Loss, variance_of

Tail = Callable[[Tensor], Tensor]
LABELS_AT_ONCE = 2**14  # whose weights are fetched, where these aren't in memory
BATCH_ROWS = 2048  # of a batch where films are predicted, with their labels
TAIL_ROWS, FEWEST_ROWS = 4096, 512  # that go through a tail at once; more of them would not fit into a CPU's cache
ROWS_OF_A_GPU = 2**16


class AdditiveLayer(Protocol):
    """A first layer that adds up one row of weights per feature."""

    @property
    def dense_weight(self) -> Tensor:
        """Return (n_dense, width)."""

    @property
    def label_weight(self) -> Tensor | LabelTable:
        """Return (n_labels, width); there may be more rows."""

    def __call__(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the pre-activations, (n, width)."""


class AdditiveModel(Protocol):
    """A model as importance needs it: an additive first layer, and a tail from its sums to predictions."""

    @property
    def first(self) -> AdditiveLayer:
        """Return the additive layer."""

    @property
    def tail(self) -> Tail:
        """Return the function from pre-activations, (n, width), which it may overwrite, to (n, 1) predictions."""


class RowWeights(Protocol):
    """What labels add to a row beside `label_weight`, where that depends on the row's numbers."""

    @property
    def numbers(self) -> Tensor:
        """Return the dense columns that it depends on, (n,) int64."""

    def concerns(self, labels: Tensor) -> Tensor:
        """Return which label columns, (n,) int64, have it, (n,) bool."""

    def __call__(self, dense: Tensor, row: Tensor, labels: Tensor) -> Tensor:
        """Return it for labels in rows, both (n,) int64, of the numbers (n_rows, n_dense): (n, width)."""


@dataclass(frozen=True)
class LinearLayer:
    """An `AdditiveLayer` of given weights.

    Attributes:
        beside: what labels have beside `label_weight`; None where that is all.
    """

    dense_weight: Tensor
    label_weight: Tensor | LabelTable
    bias: Tensor
    beside: RowWeights | None = None

    @property
    def whole_label_weight(self) -> Tensor:
        """Return `label_weight` where it is in memory."""
        assert isinstance(self.label_weight, Tensor)
        return self.label_weight

    def __call__(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        if isinstance(table := self.label_weight, Tensor):
            summed = F.embedding_bag(
                labels, table, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True
            )
        else:
            summed = table.summed(labels, offsets, weights)
        summed = summed + dense @ self.dense_weight + self.bias
        if self.beside is None:
            return summed
        row = torch.arange(len(dense), device=labels.device).repeat_interleave(offsets.diff().long())
        return summed + sums_beside(self.beside, dense, row, labels.long(), weights)


def rows_at_once(tail: Tail, device: torch.device) -> int:
    """Return how many rows go through a tail at once, fewer where it has several heads or members."""
    if device.type != "cpu":
        return ROWS_OF_A_GPU
    return max(FEWEST_ROWS, TAIL_ROWS // (getattr(tail, "heads", 1) * getattr(tail, "members", 1)))


def sums_beside(beside: RowWeights, dense: Tensor, row: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the sums of what labels, (n,), of some weights add to rows beside `label_weight`, (n_rows, width)."""
    some = beside.concerns(labels).nonzero().flatten()
    row, labels, weights = (at(part, some) for part in (row, labels, weights))
    added = beside(dense, row, labels) * weights[:, None]
    return added.new_zeros(len(dense), added.shape[1]).index_add_(0, row, added)


class LinearModel(NamedTuple):
    """An `AdditiveModel` with such a layer."""

    first: LinearLayer
    tail: Tail


@dataclass
class Reference:
    """A model's first-layer sums, predictions and losses on held-out rows before anything is shuffled.

    Attributes:
        to_unit: from the tail's output in float64 to the target's unit.
        sums: (n_rows, width), the pre-activations, in the model's precision.
        predicted: (n_rows,) float64, in the target's unit.
        losses: (n_rows,) float64.
        updates: rows that went through the tail since it was made.
    """

    model: AdditiveModel
    rows: HeldOut
    loss: Loss
    to_unit: Callable[[Tensor], Tensor]
    batch_rows: int
    sums: Tensor
    predicted: Tensor
    losses: Tensor
    updates: int = 0

    @classmethod
    @torch.inference_mode()
    def of(
        cls,
        model: AdditiveModel,
        rows: HeldOut,
        loss: Loss,
        to_unit: Callable[[Tensor], Tensor] = lambda scaled: scaled,
        batch_rows: int | None = None,
    ) -> "Reference":
        """Run the model once on the rows; it must be in eval mode."""
        weight = model.first.dense_weight
        batch_rows = batch_rows or rows_at_once(model.tail, weight.device)
        rows = replace(rows, dense=rows.dense.to(weight.dtype))
        sums, scaled = weight.new_empty(rows.n_rows, weight.shape[1]), weight.new_empty(rows.n_rows)

        def work(part: slice) -> None:
            own = slice(int(rows.offsets[part.start]), int(rows.offsets[part.stop]))
            offsets = rows.offsets[part.start : part.stop + 1] - own.start
            sums[part] = model.first(rows.dense[part], rows.labels[own], offsets, rows.weights[own])
            scaled[part] = model.tail(sums[part].clone()).squeeze(-1)

        in_threads(work, rows.n_rows, batch_rows, weight.device)
        predicted = to_unit(scaled.double())
        reference = cls(model, rows, loss, to_unit, batch_rows, sums, predicted, predicted)
        return replace(reference, losses=reference.losses_of(predicted))

    @cached_property
    def mean_loss(self) -> Tensor:
        """Return the mean of losses over rows, 0-dimensional float64."""
        return self.losses.mean()

    @cached_property
    def variance(self) -> float:
        """Return the variance of the target, of rows as they count."""
        return variance_of(self.rows.actual, self.rows.counts)

    def losses_of(self, predicted: Tensor, row: Tensor | None = None) -> Tensor:
        """Return the losses of predictions of rows, (n,) int64, or of all rows, as they count: (n,) float64."""
        actual, counts = self.rows.actual, self.rows.counts
        losses = self.loss.per_row(predicted, actual if row is None else at(actual, row))
        if counts is None:
            return losses
        return losses * (counts if row is None else at(counts, row))

    def increase(self, means: Tensor) -> tuple[Tensor, Tensor]:
        """Return the increase of the loss from that of the mean over rows; see `Loss.increase`."""
        return self.loss.increase(means, self.mean_loss, self.variance)

    def uses(self, columns: Tensor) -> Tensor:
        """Return of label columns, (n,) int64, whether any of their weights is not 0, (n,) bool."""
        weight = self.model.first.label_weight
        if isinstance(weight, Tensor):
            used = weight[columns, 0] != 0  # for nearly all columns the first unit is enough
            used[~used] = (weight[columns[~used]] != 0).any(1)
        else:
            parts = torch.split(columns, LABELS_AT_ONCE)
            used = torch.cat([(weight.index_select(0, part) != 0).any(1) for part in parts])
        return used if self.beside is None else used | self.beside.concerns(columns)

    def with_weights_of(self, columns: Tensor) -> "Reference":
        """Return a reference with the weights of these label columns, (n,) int64, in memory: itself, if all are."""
        first = self.model.first
        if not isinstance(first, LinearLayer) or isinstance(first.label_weight, Tensor):
            return self
        copied = copy(self)
        block = LabelBlock.of(first.label_weight, columns)
        copied.model = LinearModel(replace(first, label_weight=block), self.model.tail)
        return copied

    @property
    def beside(self) -> RowWeights | None:
        """Return what labels add to a row beside `label_weight`; None where that is all."""
        return self.model.first.beside if isinstance(self.model.first, LinearLayer) else None

    def depends_on(self, numbers: Tensor) -> bool:
        """Return whether what labels add beside `label_weight` depends on any of some dense columns, (n,) int64."""
        return self.beside is not None and bool(torch.isin(self.beside.numbers, numbers).any())

    def beside_with(self, dense: Tensor, row: Tensor | None = None) -> Tensor:
        """Return by how much the sums would change beside `label_weight` with other numbers, (n_rows, width).

        Args:
            dense: (n_rows, n_dense), these numbers.
            row: (n_entries,) int64, the row that each label would stand in; by default its own.
        """
        assert self.beside is not None
        rows, own = self.rows, self.rows.rows_of_entries()
        after, before = (
            sums_beside(self.beside, numbers, where, rows.labels.long(), rows.weights)
            for numbers, where in ((dense, own if row is None else row), (rows.dense, own))
        )
        return after - before

    def vectors(self, row: Tensor, column: Tensor) -> Tensor:
        """Return the weights of label columns in rows, both (n,) int64: (n, width), a new tensor."""
        vectors = at_rows(self.model.first.label_weight, column)
        if self.beside is not None:
            some = self.beside.concerns(column).nonzero().flatten()
            vectors.index_add_(0, some, self.beside(self.rows.dense, at(row, some), at(column, some)))
        return vectors

    @torch.inference_mode()
    def predict_scaled(self) -> Tensor:
        """Return the tail's output of each row, (n_rows,) float64."""
        parts = torch.split(self.sums, self.batch_rows)
        return torch.cat([self.model.tail(part.clone()).squeeze(-1) for part in parts]).double()

    @torch.inference_mode()
    def predict(self, sums: Tensor, added: Tensor | None = None, order: Tensor | None = None) -> Tensor:
        """Return predictions of first-layer sums, (n,) float64 in the target's unit.

        Row order[i] of `added` is added to row i of `sums`, which are kept as they are; both (n, width).
        """
        scaled = sums.new_empty(len(sums))
        for start in range(0, len(sums), self.batch_rows):
            part = slice(start, start + self.batch_rows)
            whole = sums[part].clone() if added is None or order is None else at(added, order[part]).add_(sums[part])
            scaled[part] = self.model.tail(whole).squeeze(-1)
        self.updates += len(sums)
        return self.to_unit(scaled.double())

    @torch.inference_mode()
    def predict_changed(self, row: Tensor, column: Tensor, delta: Tensor) -> Tensor:
        """Return predictions of rows, (n,) int64, in which the weight of a label column, (n,), changes by delta, (n,).

        They are (n,) float64 in the target's unit.
        """
        scaled = self.sums.new_empty(len(row))
        delta, weight = delta.to(self.sums.dtype), self.model.first.label_weight
        for start in range(0, len(row), self.batch_rows):
            part = slice(start, start + self.batch_rows)
            sums = at_rows(self.sums, row[part])
            if self.beside is None:
                sums += at_rows(weight, column[part], delta[part])
            else:
                sums.addcmul_(self.vectors(row[part], column[part]), delta[part, None])
            scaled[part] = self.model.tail(sums).squeeze(-1)
        self.updates += len(row)
        return self.to_unit(scaled.double())

    @torch.inference_mode()
    def changes(self, row: Tensor, column: Tensor, delta: Tensor) -> Tensor:
        """Return how the loss of each row changes, (n,) float64, with arguments as of `predict_changed`."""
        return self.losses_of(self.predict_changed(row, column, delta), row) - at(self.losses, row)
