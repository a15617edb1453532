"""Normal p-values of labels, by which those that need no null distribution of their own are told where labels are many.

A label is settled where its normal p is far from small and its effects are not skewed: its exact p would not be small
either. All others are tested as everywhere.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.expectation import Measured
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.intervals import moderated_margin
from greenlight_films.importance.null import Blocks
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.tangent import Tangent, at_rows, sums_over_rows

SETTLED = 0.2  # normal p from which on a label is settled
SKEWED = 1.5  # skewness of effects from which on the normal is not believed: 2, less what a sample of rows may miss
STEEPEST, OTHERS = 256, 768  # rows that tell the skewness: those where the loss is steepest, and random ones


@dataclass(frozen=True)
class Screened:
    """Normal tests of columns, all (n_columns,).

    Attributes:
        p: two-sided.
        margin: of the 95 % interval of the mean effect on carriers; NaN below 3 rows.
        settled: bool, whether these stand.
    """

    p: Tensor
    margin: Tensor
    settled: Tensor


@dataclass(frozen=True)
class Screen:
    """What normal tests of all columns are computed from; each row is a draw.

    Attributes:
        squares: (n_cells, width, width) float64, sums over rows of weight² slope² jacobian jacobianᵀ.
        rows: (n,) int64, those that tell the skewness.
        times: (n,) float64, how many rows each of them stands for.
    """

    squares: Tensor
    rows: Tensor
    times: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, reference: Reference, tangent: Tangent) -> "Screen":
        """Sum over rows, and choose those that tell the skewness."""
        slopes = tangent.slope**2
        squares = [
            sums_over_rows(tangent.jacobian, slopes, weight**2 * slopes, reference.batch_rows)[1]
            for weight in tangent.weights(reference.rows)
        ]
        steep = tangent.slope.abs() * torch.linalg.vector_norm(tangent.jacobian, dim=1)
        first = steep.argsort(descending=True, stable=True)[:STEEPEST]
        is_other = torch.ones_like(steep).bool().index_fill(0, first, False)
        others = tangent.order[is_other[tangent.order]]
        chosen = others[:OTHERS]
        times = torch.cat([torch.ones_like(first), torch.ones_like(chosen)]).double()
        times[len(first) :] = len(others) / max(len(chosen), 1)
        return cls(torch.stack(squares), torch.cat([first, chosen]), times)

    def test(
        self, reference: Reference, tangent: Tangent, entries: Entries, streams: Tensor, measured: Measured
    ) -> Screened:
        """Return normal p-values, margins by the moderated t, and which columns are settled by them."""
        n_rows, counts = reference.rows.n_rows, entries.counts
        without = n_rows - counts
        variance = self._variance(reference, tangent, entries)
        of_draws = counts * variance * without / max(n_rows - 1, 1)
        of_sample = (counts * without / n_rows) ** 2 * measured.off_variance
        z = n_rows * measured.total / (of_draws + of_sample).sqrt()
        p = torch.special.erfc(z.abs() / 2**0.5)
        skewness = self._skewness(tangent.table(reference, entries, streams, self.rows).double())
        own = Blocks(entries.index, torch.ones_like(entries.index), -measured.lost)
        margin = moderated_margin(own, counts, variance / counts)
        settled = (p >= SETTLED) & (skewness.abs() <= SKEWED) & (2 * counts <= n_rows)
        return Screened(p, margin, settled)

    def _variance(self, reference: Reference, tangent: Tangent, entries: Entries) -> Tensor:
        """Return the variance of each column's effects over rows, in closed form, to first order, (n_columns,)."""
        n_rows, rows = reference.rows.n_rows, reference.rows
        weight = at_rows(reference.model.first.label_weight, entries.columns).double()
        mean, mean_square = entries.mean_weights(rows)
        cells, variance = rows.cells(entries.columns), torch.zeros_like(mean)
        for cell in torch.unique(cells).tolist():
            chosen = cells == cell
            part = weight[chosen]
            squares = ((part @ self.squares[cell]) * part).sum(1) * mean_square[chosen]
            variance[chosen] = squares / n_rows - (part @ tangent.vectors[cell] * mean[chosen] / n_rows) ** 2
        return variance.clamp(min=0)

    def _skewness(self, effects: Tensor) -> Tensor:
        """Return the skewness of effects, (n_columns, n), on the rows that tell it; NaN where they are alike."""
        total = self.times.sum()
        deviations = effects - (effects @ self.times / total)[:, None]
        squares = deviations**2
        return (squares * deviations) @ self.times / total / (squares @ self.times / total) ** 1.5
