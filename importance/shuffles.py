"""Importance of label columns by some random shuffles of each, updating only the rows that a shuffle changes."""

import torch
from torch import Tensor

from greenlight_films.importance.effects import se_of_sample, std_of_repeats, std_of_shuffle
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.off_sample import OffSample
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, random_subsets


@torch.inference_mode()
def by_shuffles(reference: Reference, entries: Entries, estimator: Estimator) -> tuple[Estimates, Tensor, OffSample]:
    """Return the importances, without tests, over shuffles of each column: its entries move to as many random rows.

    An entry keeps its weight. Where a rule gives the weight that a label would have in each row, it gets that one, and
    a row that has the label already keeps its own: the mean over all shuffles is then that of `by_closed_form`.

    Only rows that lose or get an entry are predicted again; the loss without the entry once for all repeats. Its
    change, (n_entries,), and the rows that get an entry are returned too.
    """
    n_rows, n_repeats = reference.rows.n_rows, estimator.n_repeats
    lost = reference.changes(entries.row, entries.column, -entries.weight)
    lost_by_column = entries.sums(lost)
    at_once = max(1, estimator.updates_at_once // len(entries.row))
    means, samples = [], []
    for first in range(0, n_repeats, at_once):
        some = min(at_once, n_repeats - first)
        shuffled = shuffled_entries(entries, some, n_rows, first)
        gained, sample = _some_shuffles(reference, entries, lost, shuffled)
        means.append((gained.view(-1, some) + lost_by_column[:, None]) / n_rows)
        samples.append(sample)
    sample = OffSample.of_parts(samples)
    drawn = sample.moments(entries).standing_for(n_rows - entries.counts)
    mean = torch.cat(means, dim=1)
    increase, slope = reference.increase(mean)
    result = Estimates.untested(
        mean=increase.mean(1),
        repeats=increase,
        std=std_of_repeats(increase),
        se_shuffle=slope * std_of_shuffle(entries, lost, drawn) / n_repeats**0.5,
        se_sample=slope * se_of_sample(entries, lost, drawn),
        n_films=entries.films(),
    )
    return result, lost, sample


def shuffled_entries(entries: Entries, n_repeats: int, n_rows: int, first: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Return where each entry moves: column index * n_repeats + repeat, the entry's slot in the column, the new row."""
    repeats = torch.arange(first, first + n_repeats, device=entries.row.device)
    groups = child(entries.streams[:, None], repeats).flatten()
    return random_subsets(groups, entries.counts.repeat_interleave(n_repeats), n_rows)


def _some_shuffles(
    reference: Reference, entries: Entries, lost: Tensor, shuffled: tuple[Tensor, Tensor, Tensor]
) -> tuple[Tensor, OffSample]:
    """Return the summed changes of rows that get an entry, by column and repeat, and the sample of those without."""
    group, slot, row = shuffled
    n_repeats = len(row) // len(entries.row)
    index = torch.div(group, n_repeats, rounding_mode="floor")
    entry, carries = entries.find(index, row)
    if reference.rows.entering is None:
        given = at(entries.weight, at(entries.starts, index) + slot)
        delta = torch.where(carries, given - at(entries.weight, entry), given)
    else:
        given = entries.entering(index, row)
        delta = torch.where(carries, 0.0, given)
    change = torch.zeros(len(row), dtype=torch.float64, device=row.device)
    moved = torch.nonzero(delta).squeeze(1)
    change[moved] = reference.changes(at(row, moved), at(entries.columns, at(index, moved)), at(delta, moved))
    new = torch.nonzero(~carries).squeeze(1)
    sample = OffSample(at(index, new), at(row, new), at(given, new), at(change, new), is_distinct=False)
    change -= torch.where(carries, at(lost, entry), 0.0)  # it had an entry, so its loss is not lost
    return sum_by(group, change, len(entries.columns) * n_repeats), sample
