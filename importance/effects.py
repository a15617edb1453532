"""What rows say of a label's effect, with and without it: the moments that errors are made of."""

from dataclasses import dataclass

import torch
from torch import Tensor

from importance.baseline import Baseline
from importance.held_out import Entries, sum_by
from importance.importance import Importance


@dataclass(frozen=True)
class OffRows:
    """Rows that don't carry a column, and how their loss changes when they are given it.

    Attributes:
        place: (n,) int64, which of the columns.
        row: (n,) int64.
        change: (n,) float64.
        stands_for: (n,) float64, for how many of the column's rows without it.
    """

    place: Tensor
    row: Tensor
    change: Tensor
    stands_for: Tensor

    def sums(self, values: Tensor, n_columns: int) -> Tensor:
        """Return the sum of values over all rows without each column, (n_columns,)."""
        return sum_by(self.place, values * self.stands_for, n_columns)


def std_of_shuffle(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard deviation of one shuffle's mean loss, (n_columns,).

    With k of N rows that carry the column and d the loss with it less the loss without it, a shuffle adds up d over a
    random k-subset of the rows: sqrt(k (N - k) / (N - 1) var(d)) / N. Where entries differ in weight, d is taken to
    grow in proportion, and only its variance among rows counts.

    Args:
        lost: (n_entries,) float64, how the loss of a row changes that loses its entry.
    """
    n_rows, n_columns = baseline.rows.n_rows, len(entries.columns)
    first = (off.sums(off.change, n_columns) - entries.sums(lost)) / n_rows
    second = (off.sums(off.change**2, n_columns) + entries.sums(lost**2)) / n_rows
    k = entries.counts.double()
    variance = (second - first**2 * _unevenness(entries)).clamp(min=0)
    return (k * (n_rows - k) / max(n_rows - 1, 1) * variance).sqrt() / n_rows


def se_of_sample(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows, means: Tensor) -> Tensor:
    """Return the standard error of the mean loss's increase from the choice of held-out films, (n_columns,).

    Row i contributes d_i (p - x_i), with p the share of rows that carry the column; rows of a film are added up first.
    Of the rows without it only some are known: their film's sum of squares is at most its number of rows times theirs
    (Cauchy and Schwarz), and that bound is taken. Where entries differ in weight, d is taken to grow in proportion.

    Args:
        means: (n_columns,) the increase.
    """
    rows = baseline.rows
    n_columns, share = len(entries.columns), entries.counts / rows.n_rows
    contribution = (1 - (share * _mean_weight(entries))[entries.place] / entries.weight) * lost
    share = share / _unevenness(entries) ** 0.5  # a row without the column contributes the mean over entries
    if rows.n_films == rows.n_rows:
        squares = entries.sums(contribution**2) + share**2 * off.sums(off.change**2, n_columns)
    else:
        film = rows.film[entries.row] + entries.place * rows.n_films
        films, group = torch.unique(film, return_inverse=True)
        squares = sum_by(films // rows.n_films, sum_by(group, contribution, len(films)) ** 2, n_columns)
        rows_of_film = torch.bincount(rows.film)[rows.film[off.row]]
        squares += share**2 * off.sums(rows_of_film * off.change**2, n_columns)
    return spread(squares, means * rows.n_rows, rows.n_films) / rows.n_rows


def _mean_weight(entries: Entries) -> Tensor:
    return entries.sums(entries.weight) / entries.counts


def _unevenness(entries: Entries) -> Tensor:
    """Return the mean square of each column's weights over their squared mean, (n_columns,): 1 where all are equal."""
    return entries.sums(entries.weight**2) / entries.counts / _mean_weight(entries) ** 2


def spread(squares: Tensor, total: Tensor, n: int) -> Tensor:
    """Return the standard deviation of the sum of n independent terms from their sum of squares and their sum."""
    return ((squares - total**2 / n).clamp(min=0) * n / max(n - 1, 1)).sqrt()


def std_of_repeats(increase: Tensor) -> Tensor:
    """Return the standard deviation over repeats, (n,), of (n, n_repeats); NaN for a single one."""
    if increase.shape[1] == 1:
        return torch.full_like(increase[:, 0], torch.nan)
    return increase.T.contiguous().std(0)  # down whole rows, which is many times as fast as along short ones


def of_repeats(increase: Tensor, scale: Tensor, by_film: Tensor, n_films: Tensor) -> Importance:
    """Return importances from the increase of the loss in each of some shuffles.

    Args:
        increase: (n, n_repeats).
        scale: (n,) from a sum over rows to the loss.
        by_film: (n, n_films) the increase of the summed loss of each film's rows, mean over shuffles.
        n_films: (n,) how many carry the feature.
    """
    n_repeats = increase.shape[1]
    std = std_of_repeats(increase)
    se_sample = scale * spread((by_film**2).sum(1), by_film.sum(1), by_film.shape[1])
    return Importance(increase.mean(1), std, std / n_repeats**0.5, se_sample, n_films)
