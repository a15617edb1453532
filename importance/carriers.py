"""`carrier_changes`: what rows lose without a label that they carry; of labels that many carry, exactly on some alone.

As on the rows without a label, effects are nearly the second-order ones of `Tangent`. These are summed over all
carriers, and what they miss is measured on a few, one of each of as many equal strata: the sum is unbiased.
"""

from dataclasses import replace
from warnings import catch_warnings, simplefilter

import torch
from scipy import sparse
from torch import Tensor

from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.label_table import at_rows
from greenlight_films.importance.off_row_plan import OffRowPlan
from greenlight_films.importance.off_sample import slots
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, uniform
from greenlight_films.importance.tangent import Tangent

ENOUGH = 16  # carriers, that tell what is missed
TIMES_CARRIERS = 32  # the error is at most the 32nd part, as a variance, of that from which films carry the label
LARGEST = 1 / 16  # part that it may be of it after all, where what is missed varies more than expected; else all are
WORTH = 4  # times as many carriers as are looked at: of fewer all are


@torch.inference_mode()
def with_shifts(entries: Entries, reference: Reference, tangent: Tangent) -> Entries:
    """Return the entries with `shift` of those whose columns may be sampled, where all is in the memory of a CPU.

    Film by film the weights of labels that many films share are in the cache, while column by column the films' slopes
    aren't: that takes an eighth of the time.

    Args:
        entries: sorted by how many rows carry a column.
    """
    weight, rows, n_columns = reference.model.first.label_weight, reference.rows, len(entries.columns)
    first = int(torch.searchsorted(entries.counts, WORTH * ENOUGH))
    if first == n_columns or not isinstance(weight, Tensor) or weight.is_cuda or len(rows.labels) >= 2**31:
        return entries
    index = torch.full((len(weight),), -1, dtype=torch.int32)
    index[entries.columns[first:]] = torch.arange(n_columns - first, dtype=torch.int32)
    index = at(index, rows.labels)
    common = index >= 0
    starts = at(torch.cat([index.new_zeros(1), common.cumsum(0, dtype=torch.int32)]), rows.offsets)
    index, shape = index[common], (rows.n_rows, n_columns - first)
    vectors = at_rows(weight, entries.columns[first:])
    by_film = _products(tangent.jacobian, vectors, starts, index)
    parts = (part.numpy() for part in (by_film, index, starts))
    shift = torch.zeros(len(entries.row), dtype=weight.dtype)
    shift[int(entries.starts[first]) :] = torch.from_numpy(sparse.csr_array(tuple(parts), shape=shape).tocsc().data)
    return replace(entries, shift=shift)


def _products(left: Tensor, right: Tensor, starts: Tensor, index: Tensor) -> Tensor:
    """Return the products of each row of `left`, (n, width), with some rows of `right`, (m, width).

    Args:
        starts: (n + 1,), where the rows' own products begin.
        index: of all products one after another, rows of `right`.
    """
    with catch_warnings():
        simplefilter("ignore")  # sparse tensors are a beta of torch's
        wanted = torch.sparse_csr_tensor(
            starts, index, torch.zeros_like(index, dtype=left.dtype), (len(left), len(right))
        )
    return torch.sparse.sampled_addmm(wanted, left, right.T, beta=0.0).values()


@torch.inference_mode()
def carrier_changes(
    reference: Reference, tangent: Tangent, entries: Entries, plan: OffRowPlan
) -> tuple[Tensor, Tensor]:
    """Return the change of the loss of each entry's row without it, and the error variance of each column's sum.

    The first are (n_entries,) float64: exact, or, of a column whose carriers are sampled, second-order effects of the
    right sum. The second are (n_columns,) float64.

    Args:
        plan: of these columns.
    """
    counts, variance = entries.counts, torch.zeros_like(plan.variance)
    size = _enough(counts, plan)
    sampled = size < counts
    if not bool(sampled.any()):
        return reference.changes(entries.row, entries.column, -entries.weight), variance
    lost = torch.empty(len(entries.row), dtype=torch.float64, device=counts.device)

    def measure(columns: Tensor) -> None:
        if bool(columns.any()):
            whole = entries.only(columns)
            lost[at(columns, entries.index)] = reference.changes(whole.row, whole.column, -whole.weight)

    how = size[sampled], plan.pooled[sampled]
    if bool(sampled.all()):
        lost, variance = _sampled(reference, tangent, entries, *how)
    else:
        some = entries.only(sampled)
        lost[at(sampled, entries.index)], variance[sampled] = _sampled(reference, tangent, some, *how)
        measure(~sampled)
    poor = variance > LARGEST * counts * plan.variance
    measure(poor)
    return lost, variance.masked_fill_(poor, 0.0)


def _enough(counts: Tensor, plan: OffRowPlan) -> Tensor:
    """Return how many carriers of each column are looked at, (n_columns,) int64."""
    if not plan.of_all:
        return counts
    enough = (TIMES_CARRIERS * counts * plan.pooled / plan.variance).nan_to_num(torch.inf).clamp(min=ENOUGH).ceil()
    return torch.where(WORTH * enough <= counts, enough, counts).long()


def _sampled(
    reference: Reference, tangent: Tangent, entries: Entries, size: Tensor, pooled: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what `carrier_changes` does, of columns of which so many carriers, (n_columns,), are looked at.

    Args:
        pooled: (n_columns,), the variance of what is missed as it is expected: where it is much on a few rows alone, a
            sample may have none of them.
    """
    counts, column = entries.counts, entries.column
    near = tangent.effects(reference, entries.row, column, -entries.weight, moved=entries.shift)
    index, slot = slots(size)
    stratum = (slot + uniform(child(at(child(entries.streams, 3), index), slot))) * at(counts / size, index)
    entry = at(entries.starts, index) + stratum.long().minimum(at(counts - 1, index))
    exact = reference.changes(at(entries.row, entry), at(column, entry), -at(entries.weight, entry))
    near_there = at(near, entry)

    def sums(values: Tensor) -> Tensor:
        return sum_by(index, values, len(size))

    mean, centre = sums(exact - near_there) / size, sums(near_there) / size
    missed, apart = exact - near_there - at(mean, index), near_there - at(centre, index)
    total = entries.sums(near) + counts * mean
    # Nothing but the spread of effects is taken from this regression on the second-order ones.
    near *= at(1 + (sums(missed * apart) / sums(apart**2)).nan_to_num(0.0, 0.0, 0.0), entries.index)
    near[entry] = exact
    once = torch.cat([entry.new_ones(1), entry.diff()]) > 0  # the last of a stratum may be the first of the next
    others = counts - torch.bincount(index[once], minlength=len(size))
    shift = at((total - entries.sums(near)) / others, entries.index)
    shift[entry] = 0.0
    spread = (sums(missed**2) / (size - 1)).maximum(pooled)
    return near + shift, counts**2 * spread / size * (1 - size / counts)
