"""Nearly normal p-values of labels, which settle those that need no null distribution, where labels are many.

A label is settled where its p, by a normal that is corrected for the skewness of effects (the first term of Edgeworth's
series), is far from small, and its effects are not very skewed: its exact p would not be small either. All others are
tested as everywhere.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.expectation import Measured
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.intervals import moderated_margin
from greenlight_films.importance.null import Blocks
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.tangent import Tangent

SETTLED = 0.1  # p from which on a label is settled
SKEWED = 1.5  # skewness of effects from which on the normal is not believed: 2, less what a sample of rows may miss
STEEPEST, OTHERS = 256, 768  # rows that tell the skewness: those where the loss is steepest, and random ones


@dataclass(frozen=True)
class Screen:
    """The rows on which columns' effects are looked at for skewness, and normal tests of columns; each row is a draw.

    Attributes:
        rows: (n,) int64, those that tell the skewness.
        times: (n,) float64, how many rows each of them stands for.
    """

    rows: Tensor
    times: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, tangent: Tangent) -> "Screen":
        """Choose rows: those where the loss is steepest, which make effects skewed, and random ones."""
        steep = tangent.slope.abs() * torch.linalg.vector_norm(tangent.jacobian, dim=1)
        first = steep.argsort(descending=True, stable=True)[:STEEPEST]
        is_other = torch.ones_like(steep).bool().index_fill(0, first, False)
        others = tangent.order[is_other[tangent.order]]
        chosen = others[:OTHERS]
        times = torch.cat([torch.ones_like(first), torch.ones_like(chosen)]).double()
        times[len(first) :] = len(others) / max(len(chosen), 1)
        return cls(torch.cat([first, chosen]), times)

    def test(
        self, reference: Reference, tangent: Tangent, entries: Entries, measured: Measured
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return two-sided normal p-values, margins by the moderated t, and which columns are settled by them.

        All are (n_columns,). A margin is that of the 95 % interval of the mean effect on carriers; NaN below 3 rows.
        """
        n_rows, counts = reference.rows.n_rows, entries.counts
        without = n_rows - counts
        variance = measured.variance
        of_draws = counts * variance * without / max(n_rows - 1, 1)
        of_sample = (counts * without / n_rows) ** 2 * measured.off_variance
        z = n_rows * measured.total / (of_draws + of_sample).sqrt()
        skewness = self._skewness(tangent.table(reference, entries, self.rows)).double()
        p = _nearly_normal_p(-z, skewness / counts.sqrt() * (of_draws / (of_draws + of_sample)) ** 1.5)
        own = Blocks(entries.index, torch.ones_like(entries.index), -measured.lost)
        margin = moderated_margin(own, counts, variance / counts)
        settled = (p >= SETTLED) & (skewness.abs() <= SKEWED) & (2 * counts <= n_rows)
        if reference.beside is not None:  # their effects vary more than the tangent knows
            settled &= ~reference.beside.concerns(entries.columns)
        return p, margin, settled

    def _skewness(self, effects: Tensor) -> Tensor:
        """Return the skewness of effects, (n_columns, n), on the rows that tell it; NaN where they are alike."""
        times = (self.times / self.times.sum()).to(effects.dtype)
        deviations = effects - (effects @ times)[:, None]
        deviations /= deviations.abs().amax(1, keepdim=True)  # or cubes of dollars would be infinite in float32
        squares = deviations**2
        return deviations.mul_(squares) @ times / (squares @ times) ** 1.5


def _nearly_normal_p(z: Tensor, skewness: Tensor) -> Tensor:
    """Return the two-sided p of standardised sums of some skewness, both (n,): Feller 1971, volume 2, XVI.4."""
    density = (-(z**2) / 2).exp() / (2 * torch.pi) ** 0.5
    below = torch.special.ndtr(z) - skewness / 6 * (z**2 - 1) * density
    return (2 * torch.minimum(below, 1 - below)).clamp(0, 1)
