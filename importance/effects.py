"""What rows say of a label's effect, with and without it: the moments that errors are made of.

A row's slope is the change of its loss for a weight of one, taken for the same whatever the weight: true of a label
that is there or isn't, and near enough for the errors of one that weighs more in some rows than in others.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from importance.baseline import Baseline
from importance.held_out import Entries, at, sum_by
from importance.importance import Importance


@dataclass(frozen=True)
class OffRows:
    """Rows that don't carry a column: how many, the sum of their slopes and that of the squares, by column.

    Attributes:
        rows: (3, n_columns) float64.
        by_film: the same, each row times the number of rows of its film.
    """

    rows: Tensor
    by_film: Tensor

    @classmethod
    def of(
        cls, baseline: Baseline, n_columns: int, place: Tensor, row: Tensor, slope: Tensor, count: Tensor
    ) -> "OffRows":
        """Sum up rows that stand for `count` rows each; all (n,), `place` says of which column."""
        film, rows = baseline.rows.film, _moments(n_columns, place, slope, count)
        if baseline.rows.n_films == baseline.rows.n_rows:
            return cls(rows, rows)
        return cls(rows, _moments(n_columns, place, slope, count * at(torch.bincount(film), at(film, row))))

    def __add__(self, other: "OffRows") -> "OffRows":
        return OffRows(self.rows + other.rows, self.by_film + other.by_film)

    def standing_for(self, count: Tensor) -> "OffRows":
        """Return the sums for so many rows, (n_columns,), of which these are a random sample."""
        times = count / self.rows[0].clamp(min=1)
        return OffRows(self.rows * times, self.by_film * times)


def _moments(n_columns: int, place: Tensor, slope: Tensor, count: Tensor) -> Tensor:
    weighted = count * slope
    return torch.stack([sum_by(place, part, n_columns) for part in (count, weighted, weighted * slope)])


def std_of_shuffle(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard deviation of one shuffle's mean loss, (n_columns,).

    A shuffle pairs the N slopes with the N weights of a column at random; the sum of products has the variance
    var(slopes) N sum((weight - mean)^2) / (N - 1): with k labels of weight one, var(slopes) k (N - k) / (N - 1).

    Args:
        lost: (n_entries,) float64, how the loss of a row changes that loses its entry.
    """
    n_rows, slopes = baseline.rows.n_rows, -lost / entries.weight
    _, off_slopes, off_squares = off.rows
    mean = (off_slopes + entries.sums(slopes)) / n_rows
    variance = (off_squares + entries.sums(slopes**2)) / n_rows - mean**2
    weights = entries.sums(entries.weight**2) - entries.sums(entries.weight) ** 2 / n_rows
    return (variance.clamp(min=0) * weights.clamp(min=0) * n_rows / max(n_rows - 1, 1)).sqrt() / n_rows


def se_of_sample(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard error of the mean loss's increase from the choice of held-out films, (n_columns,).

    The increase is minus the covariance of weights and slopes, which row i moves by (mean weight - its weight) times
    (its slope - mean slope): once as the row that is given another's weight, once as the one whose weight is given.
    Rows of a film are added up first. Of the rows without the column only some are known: their film's sum of squares
    is at most its number of rows times theirs (Cauchy and Schwarz), and that bound is taken.
    """
    rows, n_columns, slopes = baseline.rows, len(entries.columns), -lost / entries.weight
    mean_weight = entries.sums(entries.weight) / rows.n_rows
    off_count, off_slopes, _ = off.rows
    mean_slope = (off_slopes + entries.sums(slopes)) / rows.n_rows
    moved = (at(mean_weight, entries.place) - entries.weight) * (slopes - at(mean_slope, entries.place))
    if rows.n_films == rows.n_rows:
        squares = entries.sums(moved**2)
    else:
        film = rows.film[entries.row] + entries.place * rows.n_films
        films, group = torch.unique(film, return_inverse=True)
        squares = sum_by(films // rows.n_films, sum_by(group, moved, len(films)) ** 2, n_columns)
    count, sums, sums_of_squares = off.by_film
    squares = squares + mean_weight**2 * (sums_of_squares - 2 * mean_slope * sums + mean_slope**2 * count)
    total = entries.sums(moved) + mean_weight * (off_slopes - mean_slope * off_count)
    return spread(squares, total, rows.n_films) / rows.n_rows


def spread(squares: Tensor, total: Tensor, n: int) -> Tensor:
    """Return the standard deviation of the sum of n independent terms from their sum of squares and their sum."""
    return ((squares - total**2 / n).clamp(min=0) * n / max(n - 1, 1)).sqrt()


def std_of_repeats(increase: Tensor) -> Tensor:
    """Return the standard deviation over repeats, (n,), of (n, n_repeats); NaN for a single one."""
    if increase.shape[1] == 1:
        return torch.full_like(increase[:, 0], torch.nan)
    repeats = increase.T.contiguous()  # along whole rows; torch's own std is slow on sides as short as this one
    return (((repeats - repeats.mean(0)) ** 2).sum(0) / (len(repeats) - 1)).sqrt()


@dataclass(frozen=True)
class FilmSums:
    """What films add to the increase of the summed loss, as they are given others' columns and as theirs are given.

    An importance is a mean over pairs of rows, so each row counts twice, and the error of the sample is the spread of
    both together: Hoeffding 1948, doi 10.1214/aoms/1177730196. A shuffle tries each row with one other: products of
    different shuffles are free of that noise.

    Attributes:
        sums: (n, n_films) over shuffles; of each change, what it differs from the shuffle's mean.
        squares: (n, n_films) likewise of the squares.
    """

    sums: Tensor
    squares: Tensor

    @classmethod
    def none(cls, n: int, n_films: int, device: torch.device) -> "FilmSums":
        zero = torch.zeros(n, n_films, dtype=torch.float64, device=device)
        return cls(zero, zero.clone())

    def add(self, place: int, change: Tensor, film: Tensor, order: Tensor) -> None:
        """Add a shuffle of the feature at a place: row i, of film[i], is given row order[i]'s; all (n_rows,)."""
        n_films, change = self.sums.shape[1], change - change.mean()
        moved = sum_by(film, change, n_films) + sum_by(film[order], change, n_films)
        self.sums[place] += moved
        self.squares[place] += moved**2

    def error(self, n_repeats: int) -> Tensor:
        """Return the standard error of the sum over films, (n,).

        From one shuffle the noise can't be told: half of the squares, which has the noise in it, is right for a feature
        without effect and at most 13 % too small for one with an effect (a quarter of the variance).
        """
        n_films = self.sums.shape[1]
        if n_repeats == 1:
            variance = self.squares.sum(1) / 2
        else:
            variance = (self.sums**2 - self.squares).sum(1) / (n_repeats * (n_repeats - 1))
        return (variance.clamp(min=0) * n_films / max(n_films - 1, 1)).sqrt()


def of_repeats(increase: Tensor, scale: Tensor, films: FilmSums, n_films: Tensor) -> Importance:
    """Return importances from the increase of the loss in each of some shuffles.

    Args:
        increase: (n, n_repeats).
        scale: (n,) from a sum over rows to the loss.
        films: of the same shuffles.
        n_films: (n,) how many carry the feature.
    """
    std, n_repeats = std_of_repeats(increase), increase.shape[1]
    return Importance(increase.mean(1), std, std / n_repeats**0.5, scale * films.error(n_repeats), n_films)
