"""Importance of label columns as the mean over all shuffles: no shuffle is drawn.

With k of N rows that carry a column, a row that carries it is left without it in N - k of N shuffles, and gets another
row's entry in the others; a row without it is given one in k of N. So the mean is a sum over the rows that carry it,
which are few, and the rows that don't, of which a sample stratified by the model's error will do: Fisher, Rudin and
Dominici 2019, JMLR 20(177).
"""

import torch
from torch import Tensor

from greenlight_films.importance.effects import OffRows, se_of_sample, spread, std_of_shuffle
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, sort_values, uniform


@torch.inference_mode()
def by_sample(reference: Reference, entries: Entries, streams: Tensor, estimator: Estimator) -> Estimates:
    """Take every row that carries a column, and a sample of the others.

    Args:
        streams: (n_columns,) int64, of `Estimator.streams`.
    """
    assert estimator.off_rows != "all"
    n_rows = reference.rows.n_rows
    share = entries.counts / n_rows
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    off, off_change, off_variance = _sample(reference, entries, streams, estimator.off_rows)
    swapped, swap_variance = _swaps(reference, entries, streams)
    total = (1 - share) * entries.sums(lost) + share * (off_change + swapped)
    increase, slope = reference.increase(total / n_rows)
    return Estimates(
        mean=increase,
        std=slope * std_of_shuffle(reference, entries, lost, off),
        se_shuffle=slope * share * (off_variance + swap_variance).sqrt() / n_rows,
        se_sample=slope * se_of_sample(reference, entries, lost, off),
        n_films=entries.films(reference.rows),
    )


def _sample(reference: Reference, entries: Entries, streams: Tensor, off_rows: int) -> tuple[OffRows, Tensor, Tensor]:
    """Give entries to a sample of the rows without them; return also the sum of changes and its variance, by column.

    Rows without a column are ordered by the model's error, which says most of what a change does to the loss, and cut
    into equal strata with two rows each: the variance is then known. A small remainder is taken whole.
    """
    n_rows, counts = reference.rows.n_rows, entries.counts
    without, wanted = n_rows - counts, torch.clamp(2 * counts, min=off_rows)
    whole = without <= wanted
    strata = torch.where(whole, without, wanted // 2)
    even = entries.even
    draws = torch.where(whole & even, 1, 2)  # where entries differ, two of them are tried
    items = strata * draws
    place = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), items)
    item = torch.arange(len(place), device=place.device) - at(items.cumsum(0) - items, place)
    stratum = torch.div(item, at(draws, place), rounding_mode="floor")
    n_without, n_strata = at(without, place), at(strata, place)
    start = torch.div(stratum * n_without, n_strata, rounding_mode="floor")
    size = torch.div((stratum + 1) * n_without, n_strata, rounding_mode="floor") - start
    stream = child(at(child(streams, 0), place), stratum)
    one = (uniform(child(stream, 0)) * size).long()
    other = (one + 1 + (uniform(child(stream, 1)) * (size - 1)).long()) % size
    second = item % 2 * (at(draws, place) - 1) > 0
    row = _rows_without(reference, entries, place, start + torch.where(second, other, one))
    given = _other_entry(entries, place, child(stream, 2 + item))
    change = reference.changes(row, at(entries.columns, place), at(entries.weight, given))
    pair = torch.nonzero(second).squeeze(1)
    # Among rows there is no doubt left once all are drawn; entries are drawn with replacement.
    doubt = torch.where(even[place[pair]], 1 - 2 / size[pair], 1.0)
    variance = doubt * (size[pair] * (change[pair] - change[pair - 1])) ** 2 / 4
    stands_for = size / at(draws, place)
    off = OffRows.of(reference, len(counts), place, row, change / at(entries.weight, given), stands_for)
    return off, sum_by(place, change * stands_for, len(counts)), sum_by(place[pair], variance, len(counts))


def _rows_without(reference: Reference, entries: Entries, place: Tensor, position: Tensor) -> Tensor:
    """Return the row at a position among the rows that don't carry a column, ordered by the model's error."""
    n_rows = reference.rows.n_rows
    bits, order = n_rows.bit_length(), reference.by_error
    rank = torch.empty_like(order)
    rank[order] = torch.arange(n_rows, device=order.device)
    carriers = sort_values(entries.place << bits | rank[entries.row])
    slot = torch.arange(len(carriers), device=carriers.device) - entries.starts[entries.place]
    before = torch.searchsorted(carriers - slot, place << bits | position, right=True) - at(entries.starts, place)
    return at(order, position + before)


def _swaps(reference: Reference, entries: Entries, streams: Tensor) -> tuple[Tensor, Tensor]:
    """Give rows that carry a column another's entry, where entries differ in weight.

    Return the sum of changes and its variance, by column: two entries are tried for each row.
    """
    n_columns = len(entries.columns)
    mixed = torch.nonzero(~entries.even[entries.place]).squeeze(1).repeat_interleave(2)
    place = entries.place[mixed]
    slot = torch.arange(len(mixed), device=mixed.device)
    slot = slot - torch.searchsorted(place, place)  # by column, so that other columns change nothing
    given = _other_entry(entries, place, child(child(streams, 1)[place], slot))
    change = reference.changes(
        entries.row[mixed], entries.columns[place], entries.weight[given] - entries.weight[mixed]
    )
    pairs = change.view(-1, 2)
    place = place.view(-1, 2)[:, 0]
    return sum_by(place, pairs.mean(1), n_columns), sum_by(place, pairs.diff().squeeze(1) ** 2 / 4, n_columns)


def _other_entry(entries: Entries, place: Tensor, stream: Tensor) -> Tensor:
    return at(entries.starts, place) + (uniform(stream) * at(entries.counts, place)).long()


@torch.inference_mode()
def by_all_rows(reference: Reference, entries: Entries, streams: Tensor, estimator: Estimator) -> Estimates:
    """Give every row each of the weights that a column has: the mean over all shuffles, without error of its own."""
    rows = reference.rows
    n_rows, n_columns = rows.n_rows, len(entries.columns)
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    # Row i that gets the entry of row j changes its loss by f(i, j): summed over shuffles by i, and its squares.
    without = n_rows - entries.counts
    contribution = torch.zeros(n_columns, n_rows, dtype=torch.float64, device=lost.device)
    contribution[entries.place, entries.row] = (without / n_rows)[entries.place] * lost
    squares = without * entries.sums(lost**2)
    lost_by_column = entries.sums(lost)
    column_squares = without * lost_by_column**2 / n_rows
    worn = torch.zeros(n_columns, n_rows, device=lost.device)
    worn[entries.place, entries.row] = entries.weight
    place, weight, count, which = entries.distinct()
    given = torch.empty(len(place), dtype=torch.float64, device=lost.device)
    every_row = torch.arange(n_rows, device=lost.device)
    at_once = max(1, estimator.updates_at_once // n_rows)
    for first in range(0, len(place), at_once):
        some = slice(first, first + at_once)
        delta = weight[some, None] - worn[place[some]]
        column = entries.columns[place[some]].repeat_interleave(n_rows)
        changed = reference.changes(every_row.repeat(len(delta)), column, delta.flatten()).view(-1, n_rows)
        contribution.index_add_(0, place[some], changed * (count[some] / n_rows)[:, None])
        squares.index_add_(0, place[some], (changed**2).sum(1) * count[some])
        given[some] = changed.sum(1)
    column_squares.index_add_(0, place, given**2 * count / n_rows)
    total = contribution.sum(1)
    # Hoeffding 1951, doi 10.1214/aoms/1177729545: the variance of a sum over a random permutation.
    variance = squares - n_rows * (contribution**2).sum(1) - column_squares + total**2
    # Each row again, as the one whose entry, or lack of one, is given: see `effects.Shuffles`.
    contribution += (lost_by_column - 2 * total)[:, None] / n_rows
    contribution[entries.place, entries.row] += (at(given, which) - at(lost_by_column, entries.place)) / n_rows
    by_film = rows.by_film(contribution.T)
    increase, slope = reference.increase(total / n_rows)
    return Estimates(
        mean=increase,
        std=slope * (variance.clamp(min=0) / max(n_rows - 1, 1)).sqrt() / n_rows,
        se_shuffle=torch.zeros_like(increase),
        se_sample=slope * spread((by_film**2).sum(0), by_film.sum(0), rows.n_films) / n_rows,
        n_films=entries.films(rows),
    )
