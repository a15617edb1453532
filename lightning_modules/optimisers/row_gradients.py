"""Gradients of a table by row: made without a dense one, summed once for each row, exchanged between processes."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional as F


class _RowBag(torch.autograd.Function):
    """Weighted sums of a table's rows, whose gradient holds the rows that were summed and no others."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, rows: Tensor, offsets: Tensor, weights: Tensor, padding: int | None) -> Tensor:
        ctx.save_for_backward(rows, offsets, weights)
        ctx.shape, ctx.padding = table.shape, padding
        return dense_bag(table, rows, offsets, weights, padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rows, offsets, weights = ctx.saved_tensors
        bag = torch.arange(len(offsets) - 1, device=rows.device).repeat_interleave(offsets.diff().long())
        if ctx.padding is not None:
            has_row = rows != ctx.padding
            rows, bag, weights = rows[has_row], bag[has_row], weights[has_row]
        return _sparse(*_summed_by_row(rows, gradients[0], bag, weights), ctx.shape), None, None, None, None


def dense_bag(table: Tensor, rows: Tensor, offsets: Tensor, weights: Tensor, padding: int | None = None) -> Tensor:
    """Return the weighted sums of a table's rows, (n, width); those at `padding` are left out."""
    own = weights.to(table.dtype)
    return F.embedding_bag(
        rows, table, offsets, mode="sum", per_sample_weights=own, include_last_offset=True, padding_idx=padding
    )


def row_bag(table: Tensor, rows: Tensor, offsets: Tensor, weights: Tensor, padding: int | None = None) -> Tensor:
    """Return what `dense_bag` does; the table's gradient is a coalesced sparse tensor. The weights get none."""
    summed: Tensor = _RowBag.apply(table, rows, offsets, weights, padding)  # type: ignore[no-untyped-call]
    return summed


def coalesced(gradient: Tensor) -> Tensor:
    """Return a sparse gradient with each row once, in ascending order.

    `Tensor.coalesce` adds row by row, which takes 2.5 to 5 times as long; autograd loses the mark of one that is
    coalesced already.
    """
    rows, values = gradient._indices()[0], gradient._values()  # of one that isn't coalesced torch documents these
    if not bool((rows[1:] > rows[:-1]).all()):
        rows, values = _summed_by_row(rows, values)
    return _sparse(rows, values, gradient.shape)


def mean_of_processes(gradient: Tensor, n_processes: int) -> Tensor:
    """Return the coalesced mean of a gradient over processes, of which each gets the rows of all."""
    gradient = coalesced(gradient)
    if n_processes == 1:
        return gradient
    rows, values = gradient.indices()[0], gradient.values()
    sizes = of_processes(len(rows), rows, n_processes)
    rows, values = gathered(rows, sizes), gathered(values, sizes)
    return _sparse(*_summed_by_row(rows, values / n_processes), gradient.shape)


def with_dense_gradients(weights: Iterable[Tensor]) -> list[Tensor]:
    """Return the weights that have a gradient; in place of one with a sparse gradient, a tensor of its touched rows.

    The gradients share the memory of those of the weights: their norm is the same, and to clip them clips those.
    """
    dense = []
    for weight in weights:
        if weight.grad is not None and weight.grad.is_sparse:
            values = weight.grad.values()
            weight = values.detach()
            weight.grad = values
        if weight.grad is not None:
            dense.append(weight)
    return dense


def _summed_by_row(
    rows: Tensor, values: Tensor, index: Tensor | None = None, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return each row once, (n,), and the sums of its values, (n, width): entry i has weights[i] * values[index[i]]."""
    rows, order = rows.sort(stable=True)
    unique, counts = torch.unique_consecutive(rows, return_counts=True)
    offsets = F.pad(counts.cumsum(0), (1, 0))
    own = None if weights is None else weights[order].to(values.dtype)
    index = order if index is None else index[order]
    summed = F.embedding_bag(index, values, offsets, mode="sum", per_sample_weights=own, include_last_offset=True)
    return unique.long(), summed


def _sparse(rows: Tensor, values: Tensor, shape: torch.Size) -> Tensor:
    return torch.sparse_coo_tensor(rows[None], values, shape, is_coalesced=True, check_invariants=False)


def of_processes(number: int, like: Tensor, n_processes: int) -> list[int]:
    """Return a number of each process; it is exchanged on the device of `like`, and in its type."""
    return [int(each) for each in gathered(like.new_tensor([number]), [1] * n_processes).tolist()]


def gathered(part: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return the parts of all processes, of so many rows each, one after the other."""
    padded = F.pad(part, (0, 0) * (part.ndim - 1) + (0, max(sizes) - len(part)))  # all send as many rows
    parts = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(parts, padded)
    return torch.cat([each[:size] for each, size in zip(parts, sizes, strict=True)])
