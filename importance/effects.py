"""Standard errors of importances, from per-label sums of the loss changes when a label is added or removed.

A row's slope is the change of its loss for a label of weight 1. It is taken as the same for every weight: exact for 0/1
columns, an approximation (used in the errors alone) for columns with several weights. Where a rule gives each row the
weight that a label has there, rows exchange whether they have the label: the slope is the effect with that weight.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import Entries, at, sum_by


@dataclass(frozen=True)
class OffRows:
    """Sums over the rows that don't carry a column: their number, the sum of slopes, the sum of squared slopes.

    Both are (3, n_columns) float64; in `by_film` each row counts times the number of rows of its film.
    """

    rows: Tensor
    by_film: Tensor

    @classmethod
    def of(cls, entries: Entries, index: Tensor, row: Tensor, slope: Tensor) -> "OffRows":
        """Sum by column `index`; row `row` has the slope `slope`. All (n,)."""

        def moments(count: Tensor) -> Tensor:
            weighted = count * slope
            parts = count, weighted, weighted * slope
            return torch.stack([sum_by(index, part, len(entries.columns)) for part in parts])

        film, rows = entries.held_out.cluster, moments(torch.ones_like(slope))
        if entries.held_out.is_row_wise:
            return cls(rows, rows)
        return cls(rows, moments(at(torch.bincount(film), at(film, row))))

    @classmethod
    def by_moments(cls, entries: Entries, mean: Tensor, variance: Tensor) -> "OffRows":
        """Return the sums of effects of a mean and a variance, both (n_columns,), on the rows without a column."""
        rows = entries.held_out
        weight, square = entries.mean_weights()
        count = (rows.n_rows - entries.counts).double()
        sums = torch.stack([count, count * mean / weight, count * (variance + mean**2) / square])
        if rows.is_row_wise:
            return cls(sums, sums)
        return cls(sums, sums * (torch.bincount(rows.cluster).double() ** 2).sum() / rows.n_rows)

    def where(self, chosen: Tensor, others: "OffRows") -> "OffRows":
        """Return these sums for columns where `chosen`, (n_columns,) bool, is true, and others elsewhere."""
        return OffRows(torch.where(chosen, self.rows, others.rows), torch.where(chosen, self.by_film, others.by_film))

    def standing_for(self, count: Tensor) -> "OffRows":
        """Scale the sums of a random sample up to `count` rows, (n_columns,)."""
        times = count / self.rows[0].clamp(min=1)
        return OffRows(self.rows * times, self.by_film * times)


def std_of_shuffle(entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard deviation of one shuffle's mean loss, (n_columns,).

    A shuffle pairs the N slopes with the N weights of a column at random; the sum of products has the variance
    var(slopes) N sum((weight - mean)^2) / (N - 1): with k labels of weight one, var(slopes) k (N - k) / (N - 1).

    Args:
        lost: (n_entries,) float64, the change of a row's loss when its entry is removed.
    """
    entries = entries.as_exchanged()
    n_rows, slopes = entries.held_out.n_rows, -lost / entries.weight
    _, off_slopes, off_squares = off.rows
    mean = (off_slopes + entries.sums(slopes)) / n_rows
    variance = (off_squares + entries.sums(slopes**2)) / n_rows - mean**2
    of_weights, of_squares = entries.sums_of_weights
    weights = of_squares - of_weights**2 / n_rows
    return (variance.clamp(min=0) * weights.clamp(min=0) * n_rows / max(n_rows - 1, 1)).sqrt() / n_rows


def se_of_sample(entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard error of the mean loss's increase from the choice of held-out films, (n_columns,).

    The increase is minus the covariance of weights and slopes, which row i moves by (mean weight - its weight) times
    (its slope - mean slope): once as the row that is given another's weight, once as the one whose weight is given.
    Rows of a film that carry the column are added up first. Of the others only a sample is known: for the square of
    their film's sum its upper bound is taken, the film's number of rows times the sum of squares (Cauchy-Schwarz).
    """
    entries = entries.as_exchanged()
    rows, n_columns, slopes = entries.held_out, len(entries.columns), -lost / entries.weight
    mean_weight = entries.sums_of_weights[0] / rows.n_rows
    off_count, off_slopes, _ = off.rows
    mean_slope = (off_slopes + entries.sums(slopes)) / rows.n_rows
    moved = (at(mean_weight, entries.index) - entries.weight) * (slopes - at(mean_slope, entries.index))
    if rows.is_row_wise:
        squares = entries.sums(moved**2)
    else:
        film = rows.cluster[entries.row] + entries.index * rows.n_clusters
        films, group = torch.unique(film, return_inverse=True)
        squares = sum_by(films // rows.n_clusters, sum_by(group, moved, len(films)) ** 2, n_columns)
    count, sums, sums_of_squares = off.by_film
    squares = squares + mean_weight**2 * (sums_of_squares - 2 * mean_slope * sums + mean_slope**2 * count)
    total = entries.sums(moved) + mean_weight * (off_slopes - mean_slope * off_count)
    return std_of_sum(squares, total, rows.n_clusters) / rows.n_rows


def std_of_sum(squares: Tensor, total: Tensor, n: int) -> Tensor:
    """Return the standard deviation of the sum of n independent terms from their sum of squares and their sum."""
    return ((squares - total**2 / n).clamp(min=0) * n / max(n - 1, 1)).sqrt()


def std_of_repeats(increase: Tensor) -> Tensor:
    """Return the standard deviation over repeats, (n,), of (n, n_repeats); NaN for a single one."""
    if increase.shape[1] == 1:
        return torch.full_like(increase[:, 0], torch.nan)
    repeats = increase.T.contiguous()  # along whole rows; torch's own std is slow on sides as short as this one
    return (((repeats - repeats.mean(0)) ** 2).sum(0) / (len(repeats) - 1)).sqrt()


def _less_mean(values: Tensor, group: Tensor) -> Tensor:
    """Return values less the mean of their group, (n,); `group` holds codes from 0."""
    counts = torch.bincount(group)
    return values - at(sum_by(group, values, len(counts)) / counts.clamp(min=1), group)


def of_shuffles(
    shuffled: Iterable[tuple[Tensor, Tensor]],
    film: Tensor,
    increase: Callable[[Tensor], tuple[Tensor, Tensor]],
    n_films: int,
    stratum: Tensor | None = None,
) -> Estimates:
    """Return the importance, (1,), of a feature that n_films films carry, from some shuffles of it.

    An importance is a mean over pairs of rows: a receiver, whose loss changes, and a giver, whose value is used. A
    shuffle tries each row once as receiver and once as giver. The standard error of the sample comes from the sum of
    both effects of a row; what remains belongs to single pairs and makes the standard error of the shuffles: Hoeffding
    1948, doi 10.1214/aoms/1177730196. Products of different shuffles separate the two.

    Args:
        shuffled: for each shuffle the `change` of row i's loss when it is given row order[i]'s columns, and the
            `order`; both (n_rows,).
        film: (n_rows,) int64, codes from 0.
        increase: from the mean changes, (1, n_repeats), to the increases of the loss and its slope.
        stratum: (n_rows,) int64, codes from 0, within which rows are shuffled; None: among all.
    """
    n_rows, n_codes = len(film), int(film.max()) + 1
    # Of each row as receiver and as giver, and of each film: the sum over shuffles, and the sum of squares.
    zeros = (torch.zeros(2, n, dtype=torch.float64, device=film.device) for n in (n_rows, n_rows, n_codes))
    got, gave, films = zeros
    gave_squares, means = torch.zeros_like(films[0]), []
    for change, order in shuffled:
        means.append(change.mean())
        received = change - means[-1]
        given = sum_by(order, received if stratum is None else _less_mean(change, stratum), n_rows)
        of_film, given_by_film = (sum_by(film, part, n_codes) for part in (received + given, given))
        for (sums, squares), part in ((got, received), (gave, given), (films, of_film)):
            sums += part
            squares += part**2
        gave_squares += given_by_film**2
    n_repeats = len(means)

    def common(moments: Tensor) -> Tensor:
        """Return the mean product of two different shuffles, summed over rows or films."""
        return (moments[0] ** 2 - moments[1]).sum() / (n_repeats * (n_repeats - 1))

    if n_repeats > 1:
        variance = common(films)
        own = got[1].sum() / n_repeats - common(got) - common(gave)
        se_shuffle = (own.clamp(min=0) / n_repeats).sqrt() / n_rows
    else:  # both errors together; the givers' squares are taken off, since they hold the noise a second time
        variance = films[1].sum() - gave_squares.sum()
        se_shuffle = torch.full_like(variance, torch.nan)
    repeats, slope = increase(torch.stack(means)[None])
    return Estimates.untested(
        mean=repeats.mean(1),
        std=std_of_repeats(repeats),
        se_shuffle=slope * se_shuffle,
        se_sample=slope * (std_of_sum(variance, torch.zeros_like(variance), n_codes) / n_rows),  # changes sum to 0
        n_films=torch.tensor([n_films], device=slope.device),
        repeats=repeats,
    ).tested_by_errors()
