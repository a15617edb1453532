"""`Background`: training films whose predictions others are compared with; `Parts`: contributions that add up.

Expected gradients (Erion et al. 2021, doi 10.1038/s42256-021-00343-w) on the path of Aumann and Shapley: the tail's
gradient is averaged over the line from each film of the background to the film that is explained.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.gradient import Gradient, gradient_of
from greenlight_films.importance.held_out import HeldOut
from greenlight_films.importance.reference import BATCH_ROWS, AdditiveModel, LinearLayer, Reference

NODES = (4, 16, 64)  # of the Gauss-Legendre rule; the later ones for films whose parts don't nearly add up by fewer
MOST_LEFT = 0.01  # that may be left over before it is shared out, in deviations of the background's predictions


@dataclass(frozen=True)
class Parts:
    """What each part of a film contributes to its prediction, on the scale of the tail's output; all float64.

    A film's parts and the background's mean prediction add up to the film's prediction.

    Attributes:
        labels: (n_entries,), of each label of each row.
        instead: (n_rows, n_cells), of lacking what films of the background have in a cell.
        dense: (n_rows, n_dense).
        nodes: (n_rows,) int64, points on each line at which the gradient was taken.
    """

    labels: Tensor
    instead: Tensor
    dense: Tensor
    nodes: Tensor


@dataclass(frozen=True)
class Background:
    """Training films that stand for all, as the model's first layer sees them.

    Attributes:
        sums: (n, width), of the first layer.
        cells: (n_cells, n, width) float64, the labels' part of the sums, by cell.
        dense: (n, n_dense).
        predicted: (n,) float64, the tail's outputs.
        gradient: of the tail.
    """

    model: AdditiveModel
    sums: Tensor
    cells: Tensor
    dense: Tensor
    predicted: Tensor
    gradient: Gradient

    @classmethod
    @torch.inference_mode()
    def of(cls, model: AdditiveModel, rows: HeldOut, cell: Tensor, n_cells: int) -> "Background":
        """Run the model, which is in eval mode, on the films; `cell`, (n_labels,) int64, is that of each label."""
        dense = rows.dense.to(model.first.dense_weight.dtype)
        sums = model.first(dense, rows.labels, rows.offsets, rows.weights)
        labels = rows.labels.long()
        row, vectors = rows.rows_of_entries(), model.first.label_weight.index_select(0, labels)
        if isinstance(model.first, LinearLayer) and model.first.beside is not None:
            vectors = vectors + model.first.beside(dense, row, labels)
        added = vectors.double() * rows.weights[:, None]
        cells = added.new_zeros(rows.n_rows * n_cells, added.shape[1])
        cells.index_add_(0, cell[labels] * rows.n_rows + row, added)
        predicted = model.tail(sums.clone()).squeeze(-1).double()
        shape = (n_cells, rows.n_rows, added.shape[1])
        return cls(model, sums, cells.view(shape), dense, predicted, gradient_of(model.tail))

    @torch.inference_mode()
    def contributions(self, reference: Reference, n_nodes: tuple[int, ...] = NODES) -> Parts:
        """Return what each part of each row of the reference contributes to its prediction.

        Args:
            n_nodes: points on each line, ascending; more of them where too much is left over by fewer.
        """
        scaled = reference.predict_scaled()
        wanted = scaled - self.predicted.mean()
        most_left = MOST_LEFT * float(self.predicted.std(correction=0))
        parts, left, rows = _empty(self, reference), wanted, torch.arange(len(scaled), device=scaled.device)
        for count in n_nodes:
            fill = partial(self._fill, parts, reference, rows, count)
            in_threads(fill, len(rows), max(1, BATCH_ROWS // len(self.sums)), rows.device)
            left = wanted - _totals(parts, reference.rows)
            rows = (left.abs() > most_left).nonzero().flatten()
        return _shared_out(parts, left, reference.rows)

    def _fill(self, parts: Parts, reference: Reference, rows: Tensor, n_nodes: int, few: slice) -> None:
        """Write the contributions to a few of the rows."""
        rows, starts = rows[few], reference.rows.offsets.long()
        slopes = self._slopes(reference.sums[rows], n_nodes)  # (n_rows, n, width)
        parts.instead[rows] = -(slopes.flatten(1) @ self.cells.flatten(1).T) / len(self.sums)
        by_dense = slopes @ self.model.first.dense_weight.T.double()
        change = reference.rows.dense[rows].double()[:, None] - self.dense.double()
        parts.dense[rows] = (by_dense * change).mean(1)
        parts.nodes[rows] = n_nodes
        counts = starts.diff()[rows]
        index = torch.arange(len(rows), device=rows.device).repeat_interleave(counts)
        entry = torch.arange(len(index), device=rows.device)
        entry += (starts[rows] - (counts.cumsum(0) - counts)).repeat_interleave(counts)
        of_label = reference.vectors(rows[index], reference.rows.labels[entry].long()).double()
        along = (of_label * slopes.mean(1)[index]).sum(1)
        parts.labels[entry] = along * reference.rows.weights[entry]

    def _slopes(self, sums: Tensor, n_nodes: int) -> Tensor:
        """Return the mean gradient on the line from each film of the background to each row, float64."""
        points, weights = np.polynomial.legendre.leggauss(n_nodes)
        lines = sums[:, None] - self.sums
        total = torch.zeros(lines.shape, dtype=torch.float64, device=sums.device)
        for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
            _, slopes = self.gradient(torch.add(self.sums, lines, alpha=point).flatten(0, 1))
            total.add_(slopes.view_as(lines), alpha=weight)
        return total


def _empty(background: Background, reference: Reference) -> Parts:
    rows, n_rows = reference.rows, reference.rows.n_rows
    zeros = background.predicted.new_zeros
    instead, dense = zeros(n_rows, len(background.cells)), zeros(n_rows, rows.dense.shape[1])
    return Parts(zeros(len(rows.labels)), instead, dense, zeros(n_rows, dtype=torch.int64))


def _totals(parts: Parts, rows: HeldOut) -> Tensor:
    """Return the sum of each row's parts, (n_rows,)."""
    summed = parts.instead.sum(1) + parts.dense.sum(1)
    return summed.index_add_(0, rows.rows_of_entries(), parts.labels)


def _shared_out(parts: Parts, left: Tensor, rows: HeldOut) -> Parts:
    """Add what is left over of each row, (n_rows,), to its parts, in proportion to their sizes."""
    row = rows.rows_of_entries()
    sizes = Parts(parts.labels.abs(), parts.instead.abs(), parts.dense.abs(), parts.nodes)
    total = _totals(sizes, rows)
    share = torch.where(total > 0, left / total, 0.0)
    return Parts(
        parts.labels + share[row] * sizes.labels,
        parts.instead + share[:, None] * sizes.instead,
        parts.dense + share[:, None] * sizes.dense,
        parts.nodes,
    )
