"""`Tangent`: the model's slope at every held-out row, by which the effect of any label on the loss is known nearly.

The tail is taken as straight near each row, and the loss as a parabola: then the effects of a label on all rows sum to
a product of its weights with a vector and a matrix. What is left is measured on a few rows alone. An absolute error, or
that of a target which was bent far, is no parabola: there the true loss of each row is taken, with the tail straight.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.gradient import gradient_of
from greenlight_films.importance.held_out import Entries, HeldOut, at
from greenlight_films.importance.label_table import at_rows
from greenlight_films.importance.reference import LABELS_AT_ONCE, Reference
from greenlight_films.importance.streams import child, permutation

STEP = 0.05  # of the numerical derivatives of the loss, in standard deviations of the tail's output
MOST_ROWS = 4096  # whose effects stand for those of all rows when p-values are computed
ROWS_SUMMED = 2**16  # in a thread
MOST_SQUARED = 2**18  # rows whose squares are summed, for the variance of effects: of more these stand for all
CHECKED_COLUMNS, CHECKED_ROWS = 256, 1024  # on which parabolas are held against true losses
FAR = 0.1  # share of the variance of effects, of any column, that parabolas may miss
MOST_EFFECTS = 2**24  # of true losses in rows; of more, `MOST_ROWS` rows stand for all
EFFECTS_AT_ONCE = 2**18


@dataclass(frozen=True)
class Tangent:
    """First-order predictions and second-order losses around each held-out row.

    Attributes:
        jacobian: (n_rows, width), of the tail's output by the first layer's sum.
        scaled: (n_rows,) float64, the tail's output.
        slope: (n_rows,) float64, the first derivative of a row's loss by it.
        curve: (n_rows,) float64, the second one.
        is_parabola: whether the loss has no higher derivatives.
        by_parabola: whether `effects` and `over_all` take the loss as one; else as it is.
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
    by_parabola: bool = True

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
        order = permutation(stream, rows.n_rows)
        some = order[:MOST_SQUARED].sort().values if rows.n_rows > MOST_SQUARED else None
        how = jacobian, slope, curve, some, reference.batch_rows
        sums = [_moments(weight, *how) for weight in _weights(rows)]
        vectors, matrices, squares = (torch.stack(part) for part in zip(*sums, strict=True))
        return cls(jacobian, scaled, slope, curve, is_parabola, order, vectors, matrices, squares)

    @torch.inference_mode()
    def checked(self, reference: Reference, entries: Entries) -> "Tangent":
        """Return the tangent with `by_parabola` as it fits for some columns in some rows."""
        if self.is_parabola:
            return self
        every = torch.arange(len(entries.columns), device=entries.columns.device)
        every = every[:: max(1, len(every) // CHECKED_COLUMNS)]
        some = entries.only(torch.zeros_like(entries.columns, dtype=torch.bool).index_fill(0, every, True))
        rows = self.order[:CHECKED_ROWS]
        shift = self._shift(reference, some, rows)
        true, near = (
            values.double() for values in (self._of_losses(reference, shift, rows), self._of_parabolas(shift, rows))
        )
        far = (true - near).var(1, correction=0) > FAR * true.var(1, correction=0)
        return replace(self, by_parabola=not bool(far.any()))

    def over_all(self, reference: Reference, entries: Entries) -> tuple[Tensor, Tensor, Tensor]:
        """Return of each column's effects over all rows the mean, the variance, and the error variance of this mean.

        All are (n_columns,) float64. With `by_parabola` the mean is of second order, the variance of first order, and
        the error 0. Else they are those of true losses.
        """
        n_columns, device = len(entries.columns), self.jacobian.device

        def work(part: slice) -> tuple[Tensor, ...]:
            some = entries.part(part.start, part.stop)
            linear, mean, variance = self._by_sums(reference, some)
            if self.by_parabola:
                return mean, variance, torch.zeros_like(mean)
            return self._by_losses(reference, some, rows, linear)

        few = len(self.order) * n_columns <= MOST_EFFECTS
        rows = torch.arange(len(self.order), device=device) if few else self.standing_for_all()
        at_once = LABELS_AT_ONCE if self.by_parabola else max(1, EFFECTS_AT_ONCE // len(rows))
        parts = in_threads(work, n_columns, at_once, device)
        mean, variance, error = (torch.cat(values) for values in zip(*parts, strict=True))
        return mean, variance, error

    def _by_losses(
        self, reference: Reference, entries: Entries, rows: Tensor, linear: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return what `over_all` does, of true losses in some rows.

        Where these aren't all, the mean is corrected by that of first-order effects, which is known of all rows, times
        the slope of a regression on them. (Numerical second derivatives at a kink are too large for a regression.)

        Args:
            linear: (n_columns,), the mean of first-order effects over all rows.
        """
        shift = self._shift(reference, entries, rows)
        true = self._of_losses(reference, shift, rows).double()
        mean, variance, n_rows = true.mean(1), true.var(1, correction=0), len(self.order)
        # Of weights without a rule each row has one of several, at random.
        error = torch.where(entries.exact, 0.0, variance / n_rows)
        if len(rows) < n_rows:
            near = shift.double() * at(self.slope, rows)
            apart = near - near.mean(1, keepdim=True)
            slope = ((true - mean[:, None]) * apart).mean(1) / (apart**2).mean(1)
            slope = slope.nan_to_num(0.0, 0.0, 0.0)
            left = (variance - slope**2 * (apart**2).mean(1)).clamp(min=0)
            error = error + left / len(rows) * (1 - len(rows) / n_rows)
            mean = mean + slope * (linear - near.mean(1))
        return mean, variance, error

    def _by_sums(self, reference: Reference, entries: Entries) -> tuple[Tensor, Tensor, Tensor]:
        """Return the means to first and second order and the variance to first, (n_columns,), by sums over rows."""
        n_rows, weight = reference.rows.n_rows, at_rows(reference.model.first.label_weight, entries.columns)
        first, second = entries.mean_weights()
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
        mean = linear + second * curved / (2 * n_rows)
        return linear, mean, (second * squares / n_rows - linear**2).clamp(min=0)

    @torch.inference_mode()
    def effects(
        self,
        reference: Reference,
        row: Tensor,
        column: Tensor,
        weight: Tensor,
        square: Tensor | None = None,
        moved: Tensor | None = None,
    ) -> Tensor:
        """Return the effect of a label column with a weight on the loss of a row, as `by_parabola` has it; all (n,).

        For the mean over several weights, with parabolas, `weight` is their mean and `square` that of their squares.

        Args:
            moved: by how much a label of weight 1 moves the straight tail's output, where that is known.
        """
        if moved is None:
            moved = torch.empty(len(row), dtype=self.jacobian.dtype, device=row.device)
            for start in range(0, len(row), reference.batch_rows):
                part = slice(start, start + reference.batch_rows)
                slopes = at_rows(self.jacobian, row[part])
                moved[part] = slopes.mul_(at_rows(reference.model.first.label_weight, column[part])).sum(1)
        if not self.by_parabola:
            predicted = reference.to_unit(at(self.scaled, row) + moved.double() * weight)
            return reference.losses_of(predicted, row) - at(reference.losses, row)
        shift, square = moved.double(), weight.double() ** 2 if square is None else square
        return shift * (at(self.slope, row) * weight + at(self.curve, row) * shift * square / 2)

    @torch.inference_mode()
    def table(self, reference: Reference, entries: Entries, rows: Tensor) -> Tensor:
        """Return the first-order effect of each column on the loss of some rows, (n_columns, n) in the model's type.

        The tail is taken as straight; the loss is the true one.
        """
        shift = self._shift(reference, entries, rows)
        return self._of_parabolas(shift, rows) if self.is_parabola else self._of_losses(reference, shift, rows)

    def _shift(self, reference: Reference, entries: Entries, rows: Tensor) -> Tensor:
        """Return by how much each column moves the straight tail's output in some rows, (n_columns, n)."""
        shift = at_rows(reference.model.first.label_weight, entries.columns) @ at_rows(self.jacobian, rows).T
        return shift.mul_(entries.entering_table(rows).to(shift.dtype))

    def _of_parabolas(self, shift: Tensor, rows: Tensor) -> Tensor:
        slope, curve = (at(part, rows).to(shift.dtype) for part in (self.slope, self.curve / 2))
        return (shift * curve).add_(slope).mul_(shift)

    def _of_losses(self, reference: Reference, shift: Tensor, rows: Tensor) -> Tensor:
        predicted = reference.to_unit((at(self.scaled, rows) + shift.double()).flatten())
        losses = reference.losses_of(predicted, rows.expand_as(shift).flatten())
        return (losses.view_as(shift) - at(reference.losses, rows)).to(shift.dtype)

    def standing_for_all(self) -> Tensor:
        """Return the rows whose effects stand for those of all, ascending: all of them where they are few."""
        rows = self.order[:MOST_ROWS] if len(self.order) > MOST_ROWS else self.order
        return rows.sort().values


def _forms(vectors: Tensor, matrices: Tensor) -> Tensor:
    """Return vᵀ M v, (n, k), of each of the vectors, (n, width), and of k matrices side by side, (width, k * width)."""
    return (vectors @ matrices).view(len(vectors), -1, vectors.shape[1]).mul_(vectors[:, None]).sum(2)


def _weights(rows: HeldOut) -> Tensor:
    """Return the weight with which a label enters each row, by cell, (n_cells, n_rows) float64; 1 without a rule."""
    return torch.ones_like(rows.actual)[None] if rows.entering is None else rows.entering.weight.T.double()


def _moments(
    weight: Tensor, jacobian: Tensor, slope: Tensor, curve: Tensor, some: Tensor | None, at_once: int
) -> list[Tensor]:
    """Return `vectors`, `matrices` and `squares` of one cell; the last of some rows, (n,), standing for all, if given.

    Args:
        weight: (n_rows,), with which a label enters each row.
    """
    first, second, square = weight * slope, weight**2 * curve, (weight * slope) ** 2
    if some is None:
        return _sums(jacobian, first, (second, square), at_once)
    squares = _sums(jacobian[some], at(first, some), (at(square, some) * (len(first) / len(some)),), at_once)
    return [*_sums(jacobian, first, (second,), at_once), squares[1]]


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
