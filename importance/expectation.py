"""Importance of label columns as the mean over all shuffles, in closed form: Fisher et al. 2019, JMLR 20(177).

With k of N rows that carry a label, and d a row's loss with the label less that without it, the importance is
k / N * (mean of d over all rows - mean of d over the k rows). On the k rows d is exact, or its sum is known from some
of them (`carriers`). On the others it is nearly the second-order effect of `Tangent`, whose sum is known; the rest is
measured on a few rows. This makes the mean unbiased: the second-order effect is a control variate.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.carriers import carrier_changes
from greenlight_films.importance.effects import OffRows, se_of_sample, std_of_shuffle
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.off_row_plan import OffRowPlan
from greenlight_films.importance.off_sample import FEW_SAMPLED, OffSample, sample_of, sample_of_all
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, uniform
from greenlight_films.importance.tangent import Tangent

MANY_SAMPLED = 64  # rows, that tell what the tangent's effects are worth
POOR = 0.2  # share of the variance of exact effects that the tangent's miss: more is as much noise as in five shuffles


@dataclass(frozen=True)
class Measured:
    """What was measured of columns.

    Attributes:
        lost: (n_entries,) float64, the change of the loss of each entry's row without it.
        variance: (n_columns,) float64, of first-order effects over all rows.
        off_mean: (n_columns,) float64, the mean effect on rows that don't carry a column.
        off_variance: its variance from the choice of the sample; that of `lost` is added, as if it were of this mean.
        degrees: of freedom of that variance.
        correction: how much of `off_mean` was added to the second-order effects.
        total: (n_columns,) float64, the increase of the mean loss.
    """

    lost: Tensor
    sample: OffSample
    variance: Tensor
    off_mean: Tensor
    off_variance: Tensor
    degrees: Tensor
    correction: Tensor
    total: Tensor

    @classmethod
    def of(
        cls,
        reference: Reference,
        tangent: Tangent,
        entries: Entries,
        lost: Tensor,
        sample: OffSample,
        plan: OffRowPlan,
        lost_variance: Tensor | float = 0.0,
    ) -> "Measured":
        """Return the mean effect of each column on the rows that don't carry it, and the increase of the mean loss.

        Args:
            plan: of these columns.
            lost_variance: (n_columns,), of the sums of `lost`, where not all of it was measured.
        """
        n_rows, n_columns, counts = reference.rows.n_rows, len(entries.columns), entries.counts.double()
        without, exact, carried = n_rows - counts, entries.exact, -entries.sums(lost)
        size = torch.bincount(sample.index, minlength=n_columns)
        slope, mean, spread, degrees = _regressed(sample, sample.missed(reference, tangent, entries), size)
        few = (size < FEW_SAMPLED) & ~plan.pooled.isnan()
        spread, degrees = torch.where(few, plan.pooled, spread), torch.where(few, torch.inf, degrees)
        unseen = torch.where(exact & sample.is_distinct, 1 - size / without.clamp(min=1), 1.0)
        variance, times = spread / size.clamp(min=1) * unseen, n_rows / without.clamp(min=1)
        if sample.is_of_all:  # the rows that carry it are known
            off_mean = (plan.nearly + mean) * times - carried / without.clamp(min=1)
            variance *= times**2
        else:
            weights = _in_sums(tangent, entries)
            own = tangent.effects(reference, entries.row, entries.column, *weights)
            nearly = (n_rows * plan.nearly - entries.sums(own)) / without.clamp(min=1)
            off_mean = slope * nearly + mean
            variance += (slope * times) ** 2 * plan.nearly_variance
            mean = off_mean - nearly
        # Where each row was looked at, nothing is left to be estimated.
        whole = (size >= without) & exact & sample.is_distinct
        all_of_it = sum_by(sample.index, sample.change, n_columns) / size.clamp(min=1)
        off_mean = torch.where(whole, all_of_it, off_mean)
        times = counts / n_rows * (without / n_rows)
        total = times * (off_mean - carried / counts)
        zero = torch.zeros_like(mean)
        variance, correction = torch.where(whole, zero, variance), torch.where(whole, zero, mean)
        variance = variance + lost_variance / (n_rows * times) ** 2
        return cls(lost, sample, plan.variance, off_mean, variance, degrees, correction, total)

    def part(self, entries: Entries, first: int, stop: int) -> "Measured":
        """Return what was measured of columns[first:stop] of all."""
        lost = self.lost[int(entries.starts[first]) : int(entries.starts[stop])]
        return Measured(lost, self.sample.part(first, stop), *(column[first:stop] for column in self.columns()))

    def only(self, entries: Entries, kept: Tensor) -> "Measured":
        """Return what was measured of the columns where `kept`, (n_columns,) bool, is true."""
        lost = self.lost[at(kept, entries.index)]
        return Measured(lost, self.sample.only(kept), *(column[kept] for column in self.columns()))

    def columns(self) -> tuple[Tensor, ...]:
        """Return the fields of shape (n_columns,)."""
        return self.variance, self.off_mean, self.off_variance, self.degrees, self.correction, self.total


def _regressed(sample: OffSample, missed: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return by what effects as the tangent has them are multiplied, and of exact ones less these mean and variance.

    That is 1, where few rows are known, or the tangent's are near. Else it is the slope of a regression on them. The
    degrees of freedom of the variance are the last; all are (n_columns,) float64.

    Args:
        missed: (n,), exact effects less those of the tangent, in the rows of the sample.
        size: (n_columns,), how many rows each column has.
    """

    def moments(left: Tensor) -> tuple[Tensor, Tensor]:
        mean = sum_by(sample.index, left, len(size)) / size.clamp(min=1)
        apart = left - at(mean, sample.index)
        return mean, sum_by(sample.index, apart**2, len(size))

    mean, squares = moments(missed)
    degrees, slope = (size - 1).clamp(min=1).double(), torch.ones_like(mean)
    if sample.is_of_all or not bool((size >= MANY_SAMPLED).any()):
        return slope, mean, squares / degrees, degrees
    of_all = moments(sample.change)[1]
    poor = (size >= MANY_SAMPLED) & (squares > POOR * of_all)
    if not bool(poor.any()):
        return slope, mean, squares / degrees, degrees
    near = sample.change - missed
    of_near = moments(near)[1]
    # The sum of products of two deviations, from the squares of their difference.
    fitted = ((of_all + of_near - squares) / (2 * of_near)).nan_to_num(0.0, 0.0, 0.0)
    slope, degrees = torch.where(poor, fitted, slope), torch.where(poor, degrees - 1, degrees)
    mean, squares = moments(sample.change - at(slope, sample.index) * near)
    return slope, mean, squares / degrees, degrees


@torch.inference_mode()
def by_closed_form(
    reference: Reference, tangent: Tangent, entries: Entries, plan: OffRowPlan
) -> tuple[Estimates, Measured]:
    """Return the importances, without tests, and what was measured for them.

    Args:
        plan: of these columns.
    """
    n_rows, counts = reference.rows.n_rows, entries.counts.double()
    share, without = counts / n_rows, n_rows - counts
    lost, lost_variance = carrier_changes(reference, tangent, entries, plan)
    if plan.of_all:
        sample = sample_of_all(reference, entries, plan.size)
    else:
        sample = sample_of(reference, tangent, entries, plan.size)
    measured = Measured.of(reference, tangent, entries, lost, sample, plan, lost_variance)
    swapped, swap_variance = _swaps(reference, entries)
    increase, slope = reference.increase(measured.total + share * swapped / n_rows)
    off = OffRows.by_moments(entries, measured.off_mean, measured.variance)
    if not plan.of_all:  # a few rows can't tell the spread of effects over all
        few = plan.size < without.clamp(max=FEW_SAMPLED)
        off = off.where(few, sample.moments(entries).standing_for(without))
    result = Estimates.untested(
        mean=increase,
        std=slope * std_of_shuffle(entries, lost, off),
        se_shuffle=slope * share * (without**2 * measured.off_variance + swap_variance).sqrt() / n_rows,
        se_sample=slope * se_of_sample(entries, lost, off),
        n_films=entries.films(),
    )
    return result, measured


def _in_sums(tangent: Tangent, entries: Entries) -> tuple[Tensor, Tensor]:
    """Return the weight, and its square, with which each entry's row is in the sums over all rows, (n_entries,)."""
    if entries.held_out.entering is None and tangent.by_parabola:
        first, second = entries.mean_weights()
        return at(first, entries.index), at(second, entries.index)
    weight = entries.entering(entries.index, entries.row).double()
    return weight, weight**2


def _swaps(reference: Reference, entries: Entries) -> tuple[Tensor, Tensor]:
    """Return the sum of changes and its variance, by column, when rows that carry it get another row's entry.

    Only for columns with several weights and no rule for the one that enters; two entries are tried for each row.
    """
    n_columns, exact = len(entries.columns), entries.exact
    if bool(exact.all()):
        nothing = torch.zeros(n_columns, dtype=torch.float64, device=exact.device)
        return nothing, nothing
    mixed = torch.nonzero(~exact[entries.index]).squeeze(1).repeat_interleave(2)
    index = entries.index[mixed]
    slot = torch.arange(len(mixed), device=mixed.device)
    slot = slot - torch.searchsorted(index, index)  # by column, so that other columns change nothing
    drawn = (uniform(child(child(entries.streams, 1)[index], slot)) * at(entries.counts, index)).long()
    given = at(entries.starts, index) + drawn
    change = reference.changes(
        entries.row[mixed], entries.columns[index], entries.weight[given] - entries.weight[mixed]
    )
    pairs = change.view(-1, 2)
    index = index.view(-1, 2)[:, 0]
    return sum_by(index, pairs.mean(1), n_columns), sum_by(index, pairs.diff().squeeze(1) ** 2 / 4, n_columns)
