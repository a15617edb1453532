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
    """Slopes of rows that don't carry a column, summed by column: all of them (n_columns,) float64.

    Attributes:
        count: of rows.
        slopes: their sum.
        squares: the sum of squares.
        film_squares: likewise, each times the number of rows of its film.
    """

    count: Tensor
    slopes: Tensor
    squares: Tensor
    film_squares: Tensor

    @classmethod
    def of(
        cls, baseline: Baseline, n_columns: int, place: Tensor, row: Tensor, slope: Tensor, count: Tensor
    ) -> "OffRows":
        """Sum up rows that stand for `count` rows each; all (n,), `place` says of which column."""
        film = baseline.rows.film
        squares = count * slope**2
        rows_of_film = at(torch.bincount(film), at(film, row))
        parts = (count, count * slope, squares, squares * rows_of_film)
        return cls(*(sum_by(place, part, n_columns) for part in parts))

    def __add__(self, other: "OffRows") -> "OffRows":
        return OffRows(*(mine + theirs for mine, theirs in zip(self._sums(), other._sums(), strict=True)))

    def standing_for(self, count: Tensor) -> "OffRows":
        """Return the sums for so many rows, (n_columns,), of which these are a random sample."""
        return OffRows(*(part * count / self.count.clamp(min=1) for part in self._sums()))

    def _sums(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.count, self.slopes, self.squares, self.film_squares


def std_of_shuffle(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard deviation of one shuffle's mean loss, (n_columns,).

    A shuffle pairs the N slopes with the N weights of a column at random; the sum of products has the variance
    var(slopes) N sum((weight - mean)^2) / (N - 1): with k labels of weight one, var(slopes) k (N - k) / (N - 1).

    Args:
        lost: (n_entries,) float64, how the loss of a row changes that loses its entry.
    """
    n_rows, slopes = baseline.rows.n_rows, -lost / entries.weight
    mean = (off.slopes + entries.sums(slopes)) / n_rows
    variance = (off.squares + entries.sums(slopes**2)) / n_rows - mean**2
    weights = entries.sums(entries.weight**2) - entries.sums(entries.weight) ** 2 / n_rows
    return (variance.clamp(min=0) * weights.clamp(min=0) * n_rows / max(n_rows - 1, 1)).sqrt() / n_rows


def se_of_sample(baseline: Baseline, entries: Entries, lost: Tensor, off: OffRows, means: Tensor) -> Tensor:
    """Return the standard error of the mean loss's increase from the choice of held-out films, (n_columns,).

    Row i contributes its slope times (mean weight - its weight); rows of a film are added up first. Of the rows without
    the column only some are known: their film's sum of squares is at most its number of rows times theirs (Cauchy and
    Schwarz), and that bound is taken.

    Args:
        means: (n_columns,) the increase.
    """
    rows, n_columns = baseline.rows, len(entries.columns)
    mean_weight = entries.sums(entries.weight) / rows.n_rows
    contribution = (1 - at(mean_weight, entries.place) / entries.weight) * lost
    if rows.n_films == rows.n_rows:
        squares = entries.sums(contribution**2)
    else:
        film = rows.film[entries.row] + entries.place * rows.n_films
        films, group = torch.unique(film, return_inverse=True)
        squares = sum_by(films // rows.n_films, sum_by(group, contribution, len(films)) ** 2, n_columns)
    squares = squares + mean_weight**2 * off.film_squares
    return spread(squares, means * rows.n_rows, rows.n_films) / rows.n_rows


def spread(squares: Tensor, total: Tensor, n: int) -> Tensor:
    """Return the standard deviation of the sum of n independent terms from their sum of squares and their sum."""
    return ((squares - total**2 / n).clamp(min=0) * n / max(n - 1, 1)).sqrt()


def std_of_repeats(increase: Tensor) -> Tensor:
    """Return the standard deviation over repeats, (n,), of (n, n_repeats); NaN for a single one."""
    if increase.shape[1] == 1:
        return torch.full_like(increase[:, 0], torch.nan)
    repeats = increase.T.contiguous()  # along whole rows; torch's own std is slow on sides as short as this one
    return (((repeats - repeats.mean(0)) ** 2).sum(0) / (len(repeats) - 1)).sqrt()


def of_repeats(increase: Tensor, scale: Tensor, by_film: Tensor, n_films: Tensor) -> Importance:
    """Return importances from the increase of the loss in each of some shuffles.

    Args:
        increase: (n, n_repeats).
        scale: (n,) from a sum over rows to the loss.
        by_film: (n, n_films) the increase of the summed loss of each film's rows, mean over shuffles.
        n_films: (n,) how many carry the feature.
    """
    std = std_of_repeats(increase)
    se_sample = scale * spread((by_film**2).sum(1), by_film.sum(1), by_film.shape[1])
    return Importance(increase.mean(1), std, std / increase.shape[1] ** 0.5, se_sample, n_films)
