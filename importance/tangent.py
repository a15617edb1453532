"""`Tangent`: the model's slope at every held-out row, by which the effect of any label on the loss is known nearly.

The tail is taken as straight near each row, and the loss as a parabola: then the effects of a label on all rows sum to
a product of its weights with a vector and a matrix. What is left is measured on a few rows alone.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.gradient import gradient_of
from greenlight_films.importance.held_out import Entries, HeldOut, at
from greenlight_films.importance.label_table import LabelTable
from greenlight_films.importance.reference import LABELS_AT_ONCE, Reference
from greenlight_films.importance.streams import child, permutation

STEP = 0.05  # of the numerical derivatives of the loss, in standard deviations of the tail's output
MOST_ROWS = 4096  # whose effects stand for those of all rows when p-values are computed
ROWS_SUMMED = 2**16  # in a thread


@dataclass(frozen=True)
class Tangent:
    """First-order predictions and second-order losses around each held-out row.

    Attributes:
        jacobian: (n_rows, width), of the tail's output by the first layer's sum.
        scaled: (n_rows,) float64, the tail's output.
        slope: (n_rows,) float64, the first derivative of a row's loss by it.
        curve: (n_rows,) float64, the second one.
        is_parabola: whether the loss has no higher derivatives.
        order: (n_rows,) int64, a random order, in which rows without a label are looked at.
        vectors: (n_cells, width) float64, sums over rows of weight * slope * jacobian.
        matrices: (n_cells, width, width) float64, of weight² * curve * jacobian jacobianᵀ.
        squares: (n_cells, width, width) float64, of weight² * slope² * jacobian jacobianᵀ.
    """

    jacobian: Tensor
    scaled: Tensor
    slope: Tensor
    curve: Tensor
    is_parabola: bool
    order: Tensor
    vectors: Tensor
    matrices: Tensor
    squares: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, reference: Reference, stream: Tensor) -> "Tangent":
        """Differentiate the tail at every row; `stream` is that of the order, a 0-dimensional int64."""
        rows = reference.rows
        scaled, jacobian = _differentiated(reference)

        def loss(step: float) -> Tensor:
            return reference.losses_of(reference.to_unit(scaled + step))

        deviation = float(scaled.std(correction=0)) or 1.0
        step, far = STEP * deviation, 3 * deviation
        up, down = loss(step) - reference.losses, loss(-step) - reference.losses
        slope, curve = (up - down) / (2 * step), (up + down) / step**2
        change = loss(far) - reference.losses
        missed = (slope * far + curve * far**2 / 2 - change).abs()
        is_parabola = bool((missed <= 1e-4 * change.abs() + 1e-6 * change.abs().max()).all())
        sums = [
            _sums(jacobian, weight * slope, (weight**2 * curve, (weight * slope) ** 2), reference.batch_rows)
            for weight in _weights(rows)
        ]
        vectors, matrices, squares = (torch.stack(part) for part in zip(*sums, strict=True))
        order = permutation(stream, rows.n_rows)
        return cls(jacobian, scaled, slope, curve, is_parabola, order, vectors, matrices, squares)

    def over_all(self, reference: Reference, entries: Entries) -> tuple[Tensor, Tensor]:
        """Return of each column's effects over all rows the second-order mean and the first-order variance.

        Both are (n_columns,) float64.
        """
        parts = in_threads(
            lambda part: self._over_all(reference, entries.part(part.start, part.stop)),
            len(entries.columns),
            LABELS_AT_ONCE,
            self.jacobian.device,
        )
        mean, variance = (torch.cat(values) for values in zip(*parts, strict=True))
        return mean, variance

    def _over_all(self, reference: Reference, entries: Entries) -> tuple[Tensor, Tensor]:
        n_rows, weight = reference.rows.n_rows, at_rows(reference.model.first.label_weight, entries.columns)
        first, second = entries.mean_weights(reference.rows)
        linear, curved, squares = (torch.empty_like(first) for _ in range(3))
        cells = reference.rows.cells(entries.columns)
        for cell in torch.unique(cells).tolist():
            chosen = cells == cell
            part = weight if bool(chosen.all()) else weight[chosen]
            linear[chosen] = part.double() @ self.vectors[cell]
            forms = torch.cat([self.matrices[cell], self.squares[cell]], dim=1).to(part.dtype)
            both = [_forms(some, forms) for some in torch.split(part, reference.batch_rows)]
            curved[chosen], squares[chosen] = torch.cat(both).double().T
        linear *= first / n_rows
        return linear + second * curved / (2 * n_rows), (second * squares / n_rows - linear**2).clamp(min=0)

    @torch.inference_mode()
    def effects(
        self, reference: Reference, row: Tensor, column: Tensor, weight: Tensor, square: Tensor | None = None
    ) -> Tensor:
        """Return the second-order effect of a label column with a weight on the loss of a row; all (n,).

        For the mean over several weights, `weight` is their mean and `square` the mean of their squares.
        """
        moved = torch.empty(len(row), dtype=self.jacobian.dtype, device=row.device)
        for start in range(0, len(row), reference.batch_rows):
            part = slice(start, start + reference.batch_rows)
            slopes = at_rows(self.jacobian, row[part])
            moved[part] = slopes.mul_(at_rows(reference.model.first.label_weight, column[part])).sum(1)
        shift, square = moved.double(), weight.double() ** 2 if square is None else square
        return shift * (at(self.slope, row) * weight + at(self.curve, row) * shift * square / 2)

    @torch.inference_mode()
    def table(self, reference: Reference, entries: Entries, streams: Tensor, rows: Tensor) -> Tensor:
        """Return the first-order effect of each column on the loss of some rows, (n_columns, n) in the model's type.

        The tail is taken as straight; the loss is the true one.
        """
        shift = at_rows(reference.model.first.label_weight, entries.columns) @ at_rows(self.jacobian, rows).T
        shift *= entries.entering_table(reference.rows, streams, rows).to(shift.dtype)
        if self.is_parabola:
            slope, curve = (at(part, rows).to(shift.dtype) for part in (self.slope, self.curve / 2))
            return (shift * curve).add_(slope).mul_(shift)
        predicted = reference.to_unit((at(self.scaled, rows) + shift.double()).flatten())
        losses = reference.losses_of(predicted, rows.expand_as(shift).flatten())
        return (losses.view_as(shift) - at(reference.losses, rows)).to(shift.dtype)

    def standing_for_all(self) -> Tensor:
        """Return the rows whose effects stand for those of all, ascending: all of them where they are few."""
        rows = self.order[:MOST_ROWS] if len(self.order) > MOST_ROWS else self.order
        return rows.sort().values


def at_rows(matrix: Tensor | LabelTable, rows: Tensor) -> Tensor:
    """Return matrix[rows]."""
    return matrix.index_select(0, rows)


def _forms(vectors: Tensor, matrices: Tensor) -> Tensor:
    """Return vᵀ M v, (n, k), of each of the vectors, (n, width), and of k matrices side by side, (width, k * width)."""
    return (vectors @ matrices).view(len(vectors), -1, vectors.shape[1]).mul_(vectors[:, None]).sum(2)


def _weights(rows: HeldOut) -> Tensor:
    """Return the weight with which a label enters each row, by cell, (n_cells, n_rows) float64; 1 without a rule."""
    return torch.ones_like(rows.actual)[None] if rows.entering is None else rows.entering.weight.T.double()


def _sums(jacobian: Tensor, first: Tensor, seconds: tuple[Tensor, ...], at_once: int) -> list[Tensor]:
    """Return the sum over rows of first * jacobian, (width,), and of each second * jacobian jacobianᵀ, all float64."""

    def of_rows(rows: slice) -> list[Tensor]:
        sums: list[Tensor] = []
        for start in range(rows.start, rows.stop, at_once):
            part = slice(start, min(start + at_once, rows.stop))
            slopes = jacobian[part]
            added = [first[part].to(slopes.dtype) @ slopes]
            added += [(slopes * second[part, None].to(slopes.dtype)).T @ slopes for second in seconds]
            sums = (
                [total.add_(more) for total, more in zip(sums, added, strict=True)]
                if sums
                else [more.double() for more in added]
            )
        return sums

    parts = in_threads(of_rows, len(jacobian), ROWS_SUMMED, jacobian.device)
    return [torch.stack(of_parts).sum(0) for of_parts in zip(*parts, strict=True)]


def _differentiated(reference: Reference) -> tuple[Tensor, Tensor]:
    """Return the tail's output, (n_rows,) float64, and its derivatives by the first layer's sums, (n_rows, width)."""
    gradient, sums = gradient_of(reference.model.tail), reference.sums
    output, jacobian = sums.new_empty(len(sums)), torch.empty_like(sums)

    def of_rows(part: slice) -> None:
        output[part], jacobian[part] = gradient(sums[part])

    in_threads(of_rows, len(sums), reference.batch_rows, sums.device)
    return output.double(), jacobian


def stream_of_order(seed: int, device: torch.device) -> Tensor:
    """Return the stream of a measurement's random order of rows."""
    return child(torch.tensor(seed, device=device), 1)
