"""Importance of label columns as the mean over all shuffles, in closed form: Fisher et al. 2019, JMLR 20(177).

With k of N rows that carry a label, and d a row's loss with the label less that without it, the importance is
k / N * (mean of d over all rows - mean of d over the k rows). On the k rows d is exact. On the others it is nearly the
second-order effect of `Tangent`, whose sum is known; the difference is measured on a few rows. This makes the mean
unbiased: the second-order effect is a control variate.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.effects import OffRows, se_of_sample, std_of_shuffle
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, sort_values, uniform
from greenlight_films.importance.tangent import Tangent

FEW_SAMPLED = 8  # rows: fewer can't tell their own variance


@dataclass(frozen=True)
class OffSample:
    """Rows that don't carry a column, with the exact change of their loss when it enters them; all (n,), by column.

    Attributes:
        index: which of the columns, ascending.
        weight: with which it enters.
        is_distinct: whether a row is there once only.
    """

    index: Tensor
    row: Tensor
    weight: Tensor
    change: Tensor
    is_distinct: bool = True

    @classmethod
    def of_parts(cls, parts: "list[OffSample]") -> "OffSample":
        """Return the rows of all parts, in which they need not be sorted and may be several times."""
        index, row, weight, change = (
            torch.cat([getattr(part, name) for part in parts]) for name in ("index", "row", "weight", "change")
        )
        if not bool((index.diff() < 0).any()):
            return cls(index, row, weight, change, is_distinct=False)
        order = torch.argsort(index, stable=True)
        return cls(at(index, order), at(row, order), at(weight, order), at(change, order), is_distinct=False)

    def moments(self, reference: Reference, n_columns: int) -> OffRows:
        """Return the sums from which standard errors are computed."""
        slope, each = self.change / self.weight, torch.ones_like(self.change)
        return OffRows.of(reference, n_columns, self.index, self.row, slope, each)

    def missed(self, reference: Reference, tangent: Tangent, entries: Entries) -> Tensor:
        """Return the exact effects less the second-order ones, (n,) float64."""
        return self.change - tangent.effects(reference, self.row, at(entries.columns, self.index), self.weight)

    def part(self, first: int, stop: int) -> "OffSample":
        """Return the rows of columns[first:stop]."""
        ends = torch.searchsorted(self.index, torch.tensor([first, stop], device=self.index.device)).tolist()
        some = slice(*ends)
        return OffSample(
            self.index[some] - first, self.row[some], self.weight[some], self.change[some], self.is_distinct
        )

    def only(self, kept: Tensor) -> "OffSample":
        """Return the rows of columns where `kept`, (n_columns,) bool, is true."""
        stays = at(kept, self.index)
        index = at(kept.cumsum(0) - 1, self.index[stays])
        return OffSample(index, self.row[stays], self.weight[stays], self.change[stays], self.is_distinct)


@dataclass(frozen=True)
class Measured:
    """What was measured of columns.

    Attributes:
        lost: (n_entries,) float64, the change of the loss of each entry's row without it.
        off_mean: (n_columns,) float64, the mean effect on rows that don't carry a column.
        off_variance: its variance from the choice of the sample.
        degrees: of freedom of that variance.
        correction: how much of `off_mean` was added to the second-order effects.
        total: (n_columns,) float64, the increase of the mean loss.
    """

    lost: Tensor
    sample: OffSample
    off_mean: Tensor
    off_variance: Tensor
    degrees: Tensor
    correction: Tensor
    total: Tensor

    @classmethod
    def of(
        cls, reference: Reference, tangent: Tangent, entries: Entries, lost: Tensor, sample: OffSample, pooled: Tensor
    ) -> "Measured":
        """Return the mean effect of each column on the rows that don't carry it, and the increase of the mean loss.

        Args:
            pooled: (n_columns,), the variance of exact effects less second-order ones, for columns with few rows in the
                sample; NaN: from the column's own.
        """
        n_rows, n_columns = reference.rows.n_rows, len(entries.columns)
        without, exact = n_rows - entries.counts, entries.exact(reference.rows)
        size = torch.bincount(sample.index, minlength=n_columns)
        own = tangent.effects(reference, entries.row, entries.column, *_in_sums(reference, entries))
        nearly = (tangent.sums(reference, entries) - entries.sums(own)) / without.clamp(min=1)
        rest = sample.missed(reference, tangent, entries)
        mean = sum_by(sample.index, rest, n_columns) / size.clamp(min=1)
        squares = sum_by(sample.index, (rest - at(mean, sample.index)) ** 2, n_columns)
        spread, degrees = squares / (size - 1).clamp(min=1), (size - 1).clamp(min=1).double()
        few = (size < FEW_SAMPLED) & ~pooled.isnan()
        spread, degrees = torch.where(few, pooled, spread), torch.where(few, torch.inf, degrees)
        unseen = torch.where(exact & sample.is_distinct, 1 - size / without.clamp(min=1), 1.0)
        variance = spread / size.clamp(min=1) * unseen
        # Where each row was looked at, nothing is left to be estimated.
        whole = (size >= without) & exact & sample.is_distinct
        all_of_it = sum_by(sample.index, sample.change, n_columns) / size.clamp(min=1)
        off_mean = torch.where(whole, all_of_it, nearly + mean)
        share = entries.counts / n_rows
        total = share * (1 - share) * (off_mean + entries.sums(lost) / entries.counts)
        zero = torch.zeros_like(mean)
        variance, correction = torch.where(whole, zero, variance), torch.where(whole, zero, mean)
        return cls(lost, sample, off_mean, variance, degrees, correction, total)

    def part(self, entries: Entries, first: int, stop: int) -> "Measured":
        """Return what was measured of columns[first:stop] of all."""
        lost = self.lost[int(entries.starts[first]) : int(entries.starts[stop])]
        columns = (self.off_mean, self.off_variance, self.degrees, self.correction, self.total)
        return Measured(lost, self.sample.part(first, stop), *(column[first:stop] for column in columns))

    def only(self, entries: Entries, kept: Tensor) -> "Measured":
        """Return what was measured of the columns where `kept`, (n_columns,) bool, is true."""
        columns = (self.off_mean, self.off_variance, self.degrees, self.correction, self.total)
        lost = self.lost[at(kept, entries.index)]
        return Measured(lost, self.sample.only(kept), *(column[kept] for column in columns))


@torch.inference_mode()
def by_closed_form(
    reference: Reference, tangent: Tangent, entries: Entries, streams: Tensor, size: Tensor, pooled: Tensor
) -> tuple[Estimates, Measured]:
    """Return the importances, without tests, and what was measured for them.

    Args:
        size: (n_columns,) int64, how many rows without each column are looked at.
        pooled: as of `Measured.of`.
    """
    n_rows, counts = reference.rows.n_rows, entries.counts
    share, without = counts / n_rows, n_rows - counts
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    sample = sample_of(reference, tangent, entries, streams, size)
    measured = Measured.of(reference, tangent, entries, lost, sample, pooled)
    swapped, swap_variance = _swaps(reference, entries, streams)
    increase, slope = reference.increase(measured.total + share * swapped / n_rows)
    off = sample.moments(reference, len(counts)).standing_for(without)
    # A few rows can't tell the spread of effects over all.
    of_draws = (tangent.variances(reference, entries) * counts * without / max(n_rows - 1, 1)).sqrt() / n_rows
    std = torch.where(size < without.clamp(max=FEW_SAMPLED), of_draws, std_of_shuffle(reference, entries, lost, off))
    result = Estimates.untested(
        mean=increase,
        std=slope * std,
        se_shuffle=slope * share * (without**2 * measured.off_variance + swap_variance).sqrt() / n_rows,
        se_sample=slope * se_of_sample(reference, entries, lost, off),
        n_films=entries.films(reference.rows),
    )
    return result, measured


def sample_of(reference: Reference, tangent: Tangent, entries: Entries, streams: Tensor, size: Tensor) -> OffSample:
    """Measure the first rows, in the tangent's order, that don't carry each column, so many of them, (n_columns,).

    All columns share the order, so that nearly all have the same rows.
    """
    index = torch.repeat_interleave(torch.arange(len(size), device=size.device), size)
    position = torch.arange(len(index), device=index.device) - at(size.cumsum(0) - size, index)
    row = _rows_without(tangent.order, entries, index, position)
    weight = entries.entering(reference.rows, streams, index, row)
    return OffSample(index, row, weight, reference.changes(row, at(entries.columns, index), weight))


def _rows_without(order: Tensor, entries: Entries, index: Tensor, position: Tensor) -> Tensor:
    """Return the row at a position among the rows that don't carry a column, in an order."""
    n_rows = len(order)
    bits, rank = n_rows.bit_length(), torch.empty_like(order)
    rank[order] = torch.arange(n_rows, device=order.device)
    carriers = sort_values(entries.index << bits | rank[entries.row])
    slot = torch.arange(len(carriers), device=carriers.device) - entries.starts[entries.index]
    before = torch.searchsorted(carriers - slot, index << bits | position, right=True) - at(entries.starts, index)
    return at(order, position + before)


def _in_sums(reference: Reference, entries: Entries) -> tuple[Tensor, Tensor]:
    """Return the weight, and its square, with which each entry's row is in the sums over all rows, (n_entries,)."""
    rows = reference.rows
    if rows.entering is None:
        first, second = entries.mean_weights(rows)
        return at(first, entries.index), at(second, entries.index)
    weight = entries.entering(rows, entries.columns, entries.index, entries.row).double()
    return weight, weight**2


def _swaps(reference: Reference, entries: Entries, streams: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of changes and its variance, by column, when rows that carry it get another row's entry.

    Only for columns with several weights and no rule for the one that enters; two entries are tried for each row.
    """
    n_columns = len(entries.columns)
    mixed = torch.nonzero(~entries.exact(reference.rows)[entries.index]).squeeze(1).repeat_interleave(2)
    index = entries.index[mixed]
    slot = torch.arange(len(mixed), device=mixed.device)
    slot = slot - torch.searchsorted(index, index)  # by column, so that other columns change nothing
    given = (
        at(entries.starts, index) + (uniform(child(child(streams, 1)[index], slot)) * at(entries.counts, index)).long()
    )
    change = reference.changes(
        entries.row[mixed], entries.columns[index], entries.weight[given] - entries.weight[mixed]
    )
    pairs = change.view(-1, 2)
    index = index.view(-1, 2)[:, 0]
    return sum_by(index, pairs.mean(1), n_columns), sum_by(index, pairs.diff().squeeze(1) ** 2 / 4, n_columns)
