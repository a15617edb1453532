"""Counter-based random numbers: each is a function of its key (seed, feature, repeat, slot), not of earlier draws.

The numbers are the same in any order, in any batches and on any number of devices.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor


def _shifted(bits: Tensor) -> Tensor:
    return (bits >> 33) & 0x7FFFFFFF  # a logical shift, which torch lacks for int64


def mix(bits: Tensor) -> Tensor:
    """Scramble 64 bits one to one: Appleby's finaliser of MurmurHash3."""
    bits = (bits ^ _shifted(bits)) * -49064778989728563
    bits = (bits ^ _shifted(bits)) * -4265267296055464877
    return bits ^ _shifted(bits)


def child(stream: Tensor, index: Tensor | int) -> Tensor:
    """Return the stream number `index` of a stream: the SplitMix generator's state at that step.

    Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195. Both int64, broadcast against each other.
    """
    steps = torch.as_tensor(index, device=stream.device) + 1  # a tensor's product wraps around; a Python number's not
    return mix(stream + steps * -7046029254386353131)  # 2**64 / golden ratio, as int64


def keys_of(names: Sequence[str]) -> Tensor:
    """Return an int64 for each name, (n,): the same in any order and on every machine."""
    return torch.from_numpy(pd.util.hash_array(np.array(names, dtype=object)).view(np.int64))


def uniform(stream: Tensor) -> Tensor:
    """Return numbers in [0, 1), float64, from the upper 53 bits of streams."""
    return ((stream >> 11) & (2**53 - 1)).double() * 2.0**-53


def sort_values(values: Tensor) -> Tensor:
    """Sort int64 values. On the CPU with numpy, which is nine times as fast as a sort that also gives the order."""
    return values.sort().values if values.is_cuda else torch.from_numpy(np.sort(values.numpy()))


def permutation(stream: Tensor, n_rows: int) -> Tensor:
    """Return a random order of the rows, (n_rows,) int64, from one stream, a 0-dimensional int64."""
    row_bits = n_rows.bit_length()
    rows = torch.arange(n_rows, device=stream.device)
    ticket = (child(stream, rows) >> row_bits + 1) & (2 ** (62 - row_bits) - 1)
    return sort_values(ticket << row_bits | rows) & (2**row_bits - 1)


def random_subsets(streams: Tensor, counts: Tensor, n_rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw for each stream so many different rows, in random order: each ordered choice is equally likely.

    `streams` and `counts`, from 1 to n_rows, are (n,) int64. Returned are the stream's index, the slot from 0 to its
    count, and the row: three tensors (sum of counts,) int64, not sorted by slot.
    """
    many = counts > n_rows // 8
    if not many.any():  # nearly always
        return _few_of_many(streams, counts, n_rows)
    parts = []
    for draw, chosen in ((_few_of_many, ~many), (_many_of_all, many)):
        if chosen.any():
            indices = torch.nonzero(chosen).squeeze(1)
            group, slot, row = draw(streams[indices], counts[indices], n_rows)
            parts.append((indices[group], slot, row))
    group, slot, row = (torch.cat(part) for part in zip(*parts, strict=True))
    return group, slot, row


def _few_of_many(streams: Tensor, counts: Tensor, n_rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw rows, and draw again where a group has a row twice, until all are different.

    Which of two slots draws again does not depend on the row, so the choice stays uniform.
    """
    row_bits, slot_bits = n_rows.bit_length(), int(counts.max()).bit_length()
    group = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    slot = torch.arange(len(group), device=counts.device) - (counts.cumsum(0) - counts).index_select(0, group)
    row = (uniform(child(streams.index_select(0, group), slot)) * n_rows).long()
    keys = sort_values((group << row_bits | row) << slot_bits | slot)
    for attempt in range(1, 2**31):
        again = torch.nonzero((keys[1:] >> slot_bits) == (keys[:-1] >> slot_bits)).squeeze(1) + 1
        if not len(again):
            break
        slot = keys[again] & (2**slot_bits - 1)
        group = keys[again] >> (slot_bits + row_bits)
        row = (uniform(child(streams[group], slot + (attempt << 32))) * n_rows).long()
        keys[again] = (group << row_bits | row) << slot_bits | slot
        keys = sort_values(keys)
    pair = keys >> slot_bits
    return pair >> row_bits, keys & (2**slot_bits - 1), pair & (2**row_bits - 1)


def _many_of_all(streams: Tensor, counts: Tensor, n_rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Put all rows of each group in random order and take the first ones."""
    order = torch.stack([permutation(stream, n_rows) for stream in streams])
    group, slot = torch.nonzero(torch.arange(n_rows, device=counts.device) < counts[:, None], as_tuple=True)
    return group, slot, order[group, slot]
