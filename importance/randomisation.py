"""The randomisation test of a label: how often a random draw of films has a mean effect as extreme as its carriers'.

The null distribution of a sum over several blocks is the convolution of those of its blocks, found by a Fourier
transform on a grid. Draws are without replacement: deviations are shrunk for it.
"""

import torch
from torch import Tensor

from greenlight_films.importance.held_out import sum_by
from greenlight_films.importance.null import NullPart

CELLS = 4096  # of the grid
WIDEST = 3  # multiples of the most extreme value that the grid holds, besides 6 standard deviations of the sum
ALIKE = 1e-5  # a standard deviation below this share of the mean effect is rounding, of predictions in float32


def ranked_p(parts: list[NullPart], observed: Tensor) -> Tensor:
    """Return the two-sided p of columns with a single block, from its rank; NaN for columns without any, (n_columns,).

    It is 1 where all values are alike.

    Args:
        observed: (n_columns,), the block's effect, which is among the values itself.
    """
    p = torch.full_like(observed, torch.nan)
    for part in parts:
        own = observed[part.columns].to(part.values.dtype)[:, None]
        extra = part.extra_value.to(part.values.dtype)
        # An own block that is not among the extra ones is among the draws.
        tails = []
        for compare in (torch.le, torch.ge):
            more = sum_by(part.extra_index, compare(extra, own[part.extra_index, 0]).double(), len(part.columns))
            tails.append(compare(part.values, own).sum(1) + more)
        ranked = (2 * torch.minimum(*tails).clamp(min=1) / part.n_values).clamp(max=1)
        p[part.columns] = torch.where(part.variance.sqrt() <= ALIKE * part.mean.abs(), 1.0, ranked)
    return p


def convolved_p(parts: list[NullPart], observed: Tensor, n_blocks: Tensor, shrink: Tensor, noise: Tensor) -> Tensor:
    """Return the two-sided mid-p of columns, (n_columns,) float64; 1 for columns in no part.

    Args:
        observed: (n_columns,), the sum over a column's blocks less its mean under the null hypothesis.
        n_blocks: (n_columns,) int64.
        shrink: (n_columns,), what deviations are multiplied by, for draws without replacement.
        noise: (n_columns,), the standard error with which `observed` is known; the null distribution is widened by it.
    """
    parts = [part for part in parts if len(part.columns)]  # there is no transform of nothing
    if not parts:
        return torch.ones_like(observed)
    zeros = torch.zeros_like(observed)
    variance, lowest, highest, largest = zeros, zeros.clone(), zeros.clone(), zeros.clone()
    for part in parts:
        columns, (low, high) = part.columns, part.ends()
        variance = variance.index_add(0, columns, part.times * part.variance)
        lowest[columns] = torch.minimum(lowest[columns], low)
        highest[columns] = torch.maximum(highest[columns], high)
        largest[columns] = torch.maximum(largest[columns], part.mean.abs())
    alike = variance.sqrt() <= ALIKE * torch.maximum(largest, highest - lowest)
    scale = (shrink**2 + noise**2 / torch.where(alike, 1.0, variance)).sqrt()
    deviation, times = 6 * variance.sqrt(), n_blocks.clamp(max=WIDEST)
    start, end = scale * (times * lowest - deviation), scale * (times * highest + deviation)
    step = torch.where(alike, 1.0, (end - start) / CELLS)
    factors = (_power(torch.fft.rfft(_histogram(part, (scale / step)[part.columns])), part.times) for part in parts)
    is_whole = len(parts) == 1 and len(parts[0].columns) == len(observed)
    spectrum = next(factors) if is_whole else torch.ones(len(observed), CELLS // 2 + 1, dtype=torch.complex128)
    if not is_whole:
        spectrum = spectrum.to(observed.device)
        for part, factor in zip(parts, factors, strict=True):
            spectrum[part.columns] *= factor
    first = torch.floor(start / step)
    own = (torch.round(observed / step) - first).clamp(0, CELLS - 1)
    mass = torch.fft.irfft(spectrum, CELLS).clamp_(min=0)
    p = _smaller_tail(mass, (first % CELLS).long(), own.long(), observed > 0)
    return torch.where(alike, 1.0, torch.maximum(2 * p, _least(parts, n_blocks)).clamp(max=1))


def _smaller_tail(mass: Tensor, first: Tensor, own: Tensor, is_above: Tensor) -> Tensor:
    """Return the mass beyond a cell, and half of that in it, on the side that has less of it, (n,).

    The tail on the side away from the mean is summed by itself: as a difference from the whole it would vanish.

    Args:
        mass: (n, CELLS), of sums; the smallest stands at cell `first`, the others go around.
        own: (n,) int64, the cell, counted from the first.
    """
    cell = torch.arange(CELLS, device=mass.device, dtype=torch.int16)
    first, own_cell = first[:, None].to(torch.int16), ((first + own) % CELLS)[:, None]
    same = mass.gather(1, own_cell)[:, 0]
    wraps = (own_cell < first) ^ ~is_above[:, None]
    own_cell = own_cell.to(torch.int16)
    beyond = torch.where(is_above[:, None], cell > own_cell, cell < own_cell)
    side = torch.where(is_above[:, None], cell < first, cell >= first)
    chosen = torch.where(wraps, beyond & side, beyond | side)
    tail = mass.masked_fill(~chosen, 0.0).sum(1)
    total = mass.sum(1)
    return (torch.minimum(tail, total - tail - same) + same / 2) / total


def _histogram(part: NullPart, scale: Tensor) -> Tensor:
    """Return the share of a column's values in each cell, (n, CELLS) float64, each split linearly over two of them."""
    n = len(part.columns)
    position = part.deviations * scale[:, None].to(part.deviations.dtype)
    lower = position.floor()
    cell = lower.long().bitwise_and_(CELLS - 1)
    cell += torch.arange(n, device=cell.device)[:, None] * CELLS
    cells, beyond = cell.flatten(), position.sub_(lower).flatten()
    if len(part.extra_index):
        extra = part.extra_deviations * scale[part.extra_index]
        cells = torch.cat([cells, part.extra_index * CELLS + extra.floor().long() % CELLS])
        beyond = torch.cat([beyond, (extra - extra.floor()).to(beyond.dtype)])
    upper = torch.bincount(cells, beyond, minlength=n * CELLS).view(n, CELLS).double()
    count = torch.bincount(cells, minlength=n * CELLS).view(n, CELLS)
    return (count - upper + upper.roll(1, 1)) / part.n_values[:, None]


def _power(base: Tensor, exponent: Tensor) -> Tensor:
    """Return base, (n, m) complex, to the power of exponent, (n,) int64 from 1, by repeated squaring."""
    result, rows = torch.empty_like(base), torch.arange(len(base), device=base.device)
    product, bit = None, exponent & 1
    product = torch.where(bit[:, None].bool(), base, 1.0)
    while True:
        done = exponent <= 1
        if bool(done.any()):
            result[rows[done]] = product[done]
            if bool(done.all()):
                return result
            rows, product, base, exponent = (part[~done] for part in (rows, product, base, exponent))
        base, exponent = base * base, exponent >> 1
        odd = (exponent & 1).bool()
        if bool(odd.all()):
            product *= base
        else:
            product[odd] *= base[odd]


def _least(parts: list[NullPart], n_blocks: Tensor) -> Tensor:
    """Return the smallest p that a column's number of blocks allows: each combination of blocks is as likely."""
    logarithm = torch.lgamma(n_blocks + 1.0)
    for part in parts:
        logarithm[part.columns] -= part.times * part.n_values.log()
    return logarithm.double().exp().clamp(min=1e-300)
