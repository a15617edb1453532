"""Importance of label columns as the mean over all shuffles, in closed form: Fisher et al. 2019, JMLR 20(177).

If k of N rows carry a column, a row that carries it loses it in (N - k) of N shuffles and gets another row's entry in
the others; a row without it is given an entry in k of N. The mean is therefore a sum over the k rows with the column,
and over the rows without it, all of them (`by_all_rows`) or a sample stratified by the model's error (`by_sample`).
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
    """Return the importances from every row that carries a column and a sample of the others."""
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
        repeats=increase[:, None],
        std=slope * std_of_shuffle(reference, entries, lost, off),
        se_shuffle=slope * share * (off_variance + swap_variance).sqrt() / n_rows,
        se_sample=slope * se_of_sample(reference, entries, lost, off),
        n_films=entries.films(reference.rows),
    )


def _sample(reference: Reference, entries: Entries, streams: Tensor, off_rows: int) -> tuple[OffRows, Tensor, Tensor]:
    """Return the sums over rows that don't carry a column, from a sample that is given an entry.

    Also the sum of changes and its variance, by column. Rows without a column are ordered by the model's error, which
    determines most of a change of the loss, and cut into equal strata with two sampled rows each, so that the variance
    can be estimated. Where there are fewer rows than samples wanted, all are taken.
    """
    n_rows, counts = reference.rows.n_rows, entries.counts
    without, wanted = n_rows - counts, torch.clamp(2 * counts, min=off_rows)
    whole = without <= wanted
    strata = torch.where(whole, without, wanted // 2)
    even = entries.even
    draws = torch.where(whole & even, 1, 2)  # where entries differ, two of them are tried
    items = strata * draws
    index = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), items)
    item = torch.arange(len(index), device=index.device) - at(items.cumsum(0) - items, index)
    stratum = torch.div(item, at(draws, index), rounding_mode="floor")
    n_without, n_strata = at(without, index), at(strata, index)
    start = torch.div(stratum * n_without, n_strata, rounding_mode="floor")
    size = torch.div((stratum + 1) * n_without, n_strata, rounding_mode="floor") - start
    stream = child(at(child(streams, 0), index), stratum)
    draw = (uniform(child(stream, 0)) * size).long()
    second_draw = (draw + 1 + (uniform(child(stream, 1)) * (size - 1)).long()) % size
    second = item % 2 * (at(draws, index) - 1) > 0
    row = _rows_without(reference, entries, index, start + torch.where(second, second_draw, draw))
    given = _other_entry(entries, index, child(stream, 2 + item))
    change = reference.changes(row, at(entries.columns, index), at(entries.weight, given))
    pair = torch.nonzero(second).squeeze(1)
    # The finite-population factor: rows are drawn without replacement, entries with it.
    unsampled = torch.where(even[index[pair]], 1 - 2 / size[pair], 1.0)
    variance = unsampled * (size[pair] * (change[pair] - change[pair - 1])) ** 2 / 4
    stands_for = size / at(draws, index)
    off = OffRows.of(reference, len(counts), index, row, change / at(entries.weight, given), stands_for)
    return off, sum_by(index, change * stands_for, len(counts)), sum_by(index[pair], variance, len(counts))


def _rows_without(reference: Reference, entries: Entries, index: Tensor, position: Tensor) -> Tensor:
    """Return the row at a position among the rows that don't carry a column, ordered by the model's error."""
    n_rows = reference.rows.n_rows
    bits, order = n_rows.bit_length(), reference.by_error
    rank = torch.empty_like(order)
    rank[order] = torch.arange(n_rows, device=order.device)
    carriers = sort_values(entries.index << bits | rank[entries.row])
    slot = torch.arange(len(carriers), device=carriers.device) - entries.starts[entries.index]
    before = torch.searchsorted(carriers - slot, index << bits | position, right=True) - at(entries.starts, index)
    return at(order, position + before)


def _swaps(reference: Reference, entries: Entries, streams: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of changes and its variance, by column, when rows that carry it get another row's entry.

    Only for columns with several weights; two entries are tried for each row.
    """
    n_columns = len(entries.columns)
    mixed = torch.nonzero(~entries.even[entries.index]).squeeze(1).repeat_interleave(2)
    index = entries.index[mixed]
    slot = torch.arange(len(mixed), device=mixed.device)
    slot = slot - torch.searchsorted(index, index)  # by column, so that other columns change nothing
    given = _other_entry(entries, index, child(child(streams, 1)[index], slot))
    change = reference.changes(
        entries.row[mixed], entries.columns[index], entries.weight[given] - entries.weight[mixed]
    )
    pairs = change.view(-1, 2)
    index = index.view(-1, 2)[:, 0]
    return sum_by(index, pairs.mean(1), n_columns), sum_by(index, pairs.diff().squeeze(1) ** 2 / 4, n_columns)


def _other_entry(entries: Entries, index: Tensor, stream: Tensor) -> Tensor:
    return at(entries.starts, index) + (uniform(stream) * at(entries.counts, index)).long()


@torch.inference_mode()
def by_all_rows(reference: Reference, entries: Entries, streams: Tensor, estimator: Estimator) -> Estimates:
    """Return the importances from every row with every weight of a column; they have no error of the shuffles."""
    rows = reference.rows
    n_rows, n_columns = rows.n_rows, len(entries.columns)
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    # f(i, j) is the change of row i's loss when it gets row j's entry: its sums and sums of squares are collected.
    without = n_rows - entries.counts
    contribution = torch.zeros(n_columns, n_rows, dtype=torch.float64, device=lost.device)
    contribution[entries.index, entries.row] = (without / n_rows)[entries.index] * lost
    squares = without * entries.sums(lost**2)
    lost_by_column = entries.sums(lost)
    column_squares = without * lost_by_column**2 / n_rows
    own = torch.zeros(n_columns, n_rows, dtype=entries.weight.dtype, device=lost.device)
    own[entries.index, entries.row] = entries.weight
    index, weight, count, which = entries.distinct()
    given = torch.empty(len(index), dtype=torch.float64, device=lost.device)
    every_row = torch.arange(n_rows, device=lost.device)
    at_once = max(1, estimator.updates_at_once // n_rows)
    for first in range(0, len(index), at_once):
        some = slice(first, first + at_once)
        delta = weight[some, None] - own[index[some]]
        column = entries.columns[index[some]].repeat_interleave(n_rows)
        changed = reference.changes(every_row.repeat(len(delta)), column, delta.flatten()).view(-1, n_rows)
        contribution.index_add_(0, index[some], changed * (count[some] / n_rows)[:, None])
        squares.index_add_(0, index[some], (changed**2).sum(1) * count[some])
        given[some] = changed.sum(1)
    column_squares.index_add_(0, index, given**2 * count / n_rows)
    total = contribution.sum(1)
    # Hoeffding 1951, doi 10.1214/aoms/1177729545: the variance of a sum over a random permutation.
    variance = squares - n_rows * (contribution**2).sum(1) - column_squares + total**2
    # Each row a second time, as the giver of its entry (or of none): see `effects.of_shuffles`.
    contribution += (lost_by_column - 2 * total)[:, None] / n_rows
    contribution[entries.index, entries.row] += (at(given, which) - at(lost_by_column, entries.index)) / n_rows
    by_film = rows.by_film(contribution.T)
    increase, slope = reference.increase(total / n_rows)
    return Estimates(
        mean=increase,
        repeats=increase[:, None],
        std=slope * (variance.clamp(min=0) / max(n_rows - 1, 1)).sqrt() / n_rows,
        se_shuffle=torch.zeros_like(increase),
        se_sample=slope * spread((by_film**2).sum(0), by_film.sum(0), rows.n_films) / n_rows,
        n_films=entries.films(rows),
    )
