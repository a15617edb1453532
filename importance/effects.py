"""What rows say of a label's effect, with and without it: the moments that errors are made of.

A row's slope is the change of its loss for a weight of one, taken for the same whatever the weight: true of a label
that is there or isn't, and near enough for the errors of one that weighs more in some rows than in others.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.reference import Reference


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
        cls, reference: Reference, n_columns: int, place: Tensor, row: Tensor, slope: Tensor, count: Tensor
    ) -> "OffRows":
        """Sum up rows that stand for `count` rows each; all (n,), `place` says of which column."""
        film, rows = reference.rows.film, _moments(n_columns, place, slope, count)
        if reference.rows.n_films == reference.rows.n_rows:
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


def std_of_shuffle(reference: Reference, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard deviation of one shuffle's mean loss, (n_columns,).

    A shuffle pairs the N slopes with the N weights of a column at random; the sum of products has the variance
    var(slopes) N sum((weight - mean)^2) / (N - 1): with k labels of weight one, var(slopes) k (N - k) / (N - 1).

    Args:
        lost: (n_entries,) float64, how the loss of a row changes that loses its entry.
    """
    n_rows, slopes = reference.rows.n_rows, -lost / entries.weight
    _, off_slopes, off_squares = off.rows
    mean = (off_slopes + entries.sums(slopes)) / n_rows
    variance = (off_squares + entries.sums(slopes**2)) / n_rows - mean**2
    weights = entries.sums(entries.weight**2) - entries.sums(entries.weight) ** 2 / n_rows
    return (variance.clamp(min=0) * weights.clamp(min=0) * n_rows / max(n_rows - 1, 1)).sqrt() / n_rows


def se_of_sample(reference: Reference, entries: Entries, lost: Tensor, off: OffRows) -> Tensor:
    """Return the standard error of the mean loss's increase from the choice of held-out films, (n_columns,).

    The increase is minus the covariance of weights and slopes, which row i moves by (mean weight - its weight) times
    (its slope - mean slope): once as the row that is given another's weight, once as the one whose weight is given.
    Rows of a film that carry the column are added up first. Of the others only some are known: the square of their
    film's sum is at most its number of rows times theirs (Cauchy and Schwarz), and that is taken.
    """
    rows, n_columns, slopes = reference.rows, len(entries.columns), -lost / entries.weight
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


class Shuffles:
    """What rows add to the increase of the loss over some shuffles of a feature, as they get and as they give.

    An importance is a mean over pairs of rows, of which a shuffle tries each row with one other. So each row counts
    twice, as the one that gets and as the one that gives, and the error of the sample is the spread of both together;
    what is left is the pairs' own, the error of the shuffles: Hoeffding 1948, doi 10.1214/aoms/1177730196. Products of
    different shuffles tell them apart, since they have only the row in common.

    Args:
        film: (n_rows,) int64, codes from 0.
    """

    def __init__(self, film: Tensor) -> None:
        self.film, self.n_films, self.n_repeats = film, int(film.max()) + 1, 0
        rows = torch.zeros(len(film), dtype=torch.float64, device=film.device)
        films = torch.zeros(self.n_films, dtype=torch.float64, device=film.device)
        self.got, self.gave, self.films = ((sums, sums.clone()) for sums in (rows, rows.clone(), films))
        self.gave_films = films.clone()

    def add(self, change: Tensor, order: Tensor) -> None:
        """Add a shuffle: the change of row i's loss, given row order[i]'s columns; both (n_rows,)."""
        got = change - change.mean()
        gave = sum_by(order, got, len(got))
        films, gave_films = (sum_by(self.film, part, self.n_films) for part in (got + gave, gave))
        for (sums, squares), part in ((self.got, got), (self.gave, gave), (self.films, films)):
            sums += part
            squares += part**2
        self.gave_films += gave_films**2
        self.n_repeats += 1

    def error_of_sample(self) -> Tensor:
        """Return the standard error of the mean over rows that the choice of films makes, 0-dimensional.

        Of a single shuffle the two errors can't be told apart: this is then both together.
        """
        # From one shuffle: less the squares of what films give, in which the noise is once more.
        alone = self.films[1].sum() - self.gave_films.sum()
        variance = self._common(self.films) if self.n_repeats > 1 else alone
        return spread(variance, torch.zeros_like(variance), self.n_films) / len(self.film)  # changes sum to 0

    def error_of_shuffles(self) -> Tensor:
        """Return the standard error of the mean over rows and shuffles that the draw of shuffles makes.

        0-dimensional; NaN for a single shuffle.
        """
        if self.n_repeats == 1:
            return torch.full_like(self.got[0][0], torch.nan)
        own = self.got[1].sum() / self.n_repeats - self._common(self.got) - self._common(self.gave)
        return (own.clamp(min=0) / self.n_repeats).sqrt() / len(self.film)

    def _common(self, of: tuple[Tensor, Tensor]) -> Tensor:
        """Return the sum of squares of what shuffles have in common: the mean product of two of them."""
        sums, squares = of
        return (sums**2 - squares).sum() / (self.n_repeats * (self.n_repeats - 1))


def of_repeats(increase: Tensor, slope: Tensor, shuffles: Shuffles, n_films: int) -> Estimates:
    """Return the importance, (1,), of a feature from the increase of the loss in each of some shuffles.

    Args:
        increase: (1, n_repeats).
        slope: (1,) from the mean over rows to the loss.
        n_films: how many carry the feature.
    """
    return Estimates(
        mean=increase.mean(1),
        std=std_of_repeats(increase),
        se_shuffle=slope * shuffles.error_of_shuffles(),
        se_sample=slope * shuffles.error_of_sample(),
        n_films=torch.tensor([n_films], device=slope.device),
    )
