"""95 % intervals of labels' importances that hold for few films and skewed losses.

With 3 or 4 independent films the carriers' own spread is moderated by that of all films: Smyth 2004, doi
10.2202/1544-6115.1027, with 4 degrees for the latter. From 5 films on it is the carriers' own spread, with quantiles of
what random draws of as many films have for their own spread; where a draw may have none, the moderated one again.
"""

from collections.abc import Iterator

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from greenlight_films.importance.held_out import at, sum_by
from greenlight_films.importance.null import Blocks, NullPart

FEWEST = 3  # films for an interval and for q
PRIOR_DEGREES = 4
OWN_SPREAD = 5  # films from which on the carriers' own spread is used
MOST_DRAWN = 2000  # films up to which quantiles are drawn
VALUES_AT_ONCE = 2**20
FLAT = 1e-4  # a spread below this share of that of random draws is none


def own_error(blocks: Blocks, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Return the number of each column's blocks and the standard error of their mean effect a row, (n_columns,)."""
    n = torch.bincount(blocks.index, minlength=len(counts))
    mean = sum_by(blocks.index, blocks.total, len(counts)) / counts
    squares = sum_by(blocks.index, (blocks.total - blocks.size * at(mean, blocks.index)) ** 2, len(counts))
    return n, (squares * n / (n - 1).clamp(min=1)).sqrt() / counts


def interval_ends(
    parts: list[NullPart], blocks: Blocks, counts: Tensor, drawable: Tensor, seed: int
) -> tuple[Tensor, Tensor]:
    """Return how far the mean effect on carriers may be above and below what it is, (n_columns,); NaN below 3 blocks.

    The importance is the mean over all rows less that on the carriers: these are its lower and its upper margin.

    Args:
        parts: null distributions of the columns' blocks.
        blocks: of the rows that carry a column.
        counts: (n_columns,), rows that carry a column.
        drawable: (n_columns,) bool, whether `parts` are of the blocks that carry it.
    """
    n, own = own_error(blocks, counts)
    prior = _null_variance(parts, counts)
    low, high = -t_quantile(n - 1), t_quantile(n - 1)
    columns = torch.nonzero(drawable & (n >= OWN_SPREAD) & (n <= MOST_DRAWN)).squeeze(1)
    for alike, composition in _alike(parts, columns):
        least = FLAT * prior[alike].sqrt()
        low[alike], high[alike] = _drawn_quantiles(parts, alike, composition, counts[alike], least, seed)
    is_flat = ~(low.isfinite() & high.isfinite()) | (own <= FLAT * prior.sqrt())
    few = drawable & ((n < OWN_SPREAD) | is_flat)
    moderated = moderated_margin(blocks, counts, prior)
    known = torch.where(n >= FEWEST, own, torch.nan)
    return torch.where(few, moderated, -low * known), torch.where(few, moderated, high * known)


def moderated_margin(blocks: Blocks, counts: Tensor, prior: Tensor) -> Tensor:
    """Return the margin of the mean effect on carriers by the moderated t, (n_columns,); NaN below 3 blocks.

    Args:
        prior: (n_columns,), the variance of a random draw's mean effect a row.
    """
    n, own = own_error(blocks, counts)
    moderated = (PRIOR_DEGREES * prior + (n - 1) * own**2) / (PRIOR_DEGREES + n - 1)
    return torch.where(n >= FEWEST, moderated.sqrt() * t_quantile(PRIOR_DEGREES + n - 1), torch.nan)


def t_quantile(degrees: Tensor) -> Tensor:
    """Return the quantile .975 of t, (n,) float64; below one degree that of one."""
    different, index = torch.unique(degrees.clamp(min=1), return_inverse=True)
    return at(torch.from_numpy(stats.t.ppf(0.975, different.cpu().numpy())).to(degrees.device), index)


def _null_variance(parts: list[NullPart], counts: Tensor) -> Tensor:
    """Return the variance of a random draw's mean effect a row, (n_columns,)."""
    total = torch.zeros(len(counts), dtype=torch.float64, device=counts.device)
    for part in parts:
        total[part.columns] += part.times * part.variance
    return total / counts**2


def _alike(parts: list[NullPart], columns: Tensor) -> Iterator[tuple[Tensor, list[int]]]:
    """Yield columns that have as many blocks of each part, and how many these are."""
    if not len(columns):
        return
    times = torch.zeros(len(parts), int(columns.max()) + 1, dtype=torch.int64, device=columns.device)
    for of_part, part in zip(times, parts, strict=True):
        kept = part.columns < times.shape[1]
        of_part[part.columns[kept]] = part.times[kept]
    compositions, group = torch.unique(times[:, columns], dim=1, return_inverse=True)
    for number, composition in enumerate(compositions.T.tolist()):
        yield columns[group == number], composition


def _drawn_quantiles(
    parts: list[NullPart], columns: Tensor, composition: list[int], counts: Tensor, least: Tensor, seed: int
) -> tuple[Tensor, Tensor]:
    """Return the quantiles .025 and .975 of the t of random draws of blocks, each (n_columns,); draws are shared.

    Not finite where these draws have no larger error than `least`, (n_columns,).
    """
    n_blocks = sum(composition)
    n_draws, random = 2000 if n_blocks < 100 else 300, np.random.default_rng((seed, n_blocks))
    slots = [
        (part, torch.from_numpy(random.integers(part.values.shape[1], size=n_draws * times)).to(columns.device))
        for part, times in zip(parts, composition, strict=True)
        if times
    ]
    low, high = [], []
    size = max(1, VALUES_AT_ONCE // (n_draws * n_blocks))
    for start in range(0, len(columns), size):
        some, rows = columns[start : start + size], counts[start : start + size]
        drawn = []
        for part, slot in slots:
            values = part.values[torch.searchsorted(part.columns, some)]
            centre = values.mean(1, dtype=torch.float64).to(values.dtype)[:, None, None]
            drawn.append((part.size, values[:, slot].view(len(some), n_draws, -1) - centre))
        t = _t(drawn, n_blocks, rows[:, None], least[start : start + size, None])
        low.append(_end(t))
        high.append(-_end(-t))
    return torch.cat(low), torch.cat(high)


def _end(t: Tensor) -> Tensor:
    """Return the quantile .025 of each row of t, (n, n_draws): (n,) float64. A whole sort would take longer."""
    whole, part = divmod(0.025 * (t.shape[1] - 1), 1)
    lower, upper = t.topk(int(whole) + 2, dim=1, largest=False).values[:, -2:].double().unbind(1)
    return lower + part * (upper - lower) if part else lower


def _t(drawn: list[tuple[int, Tensor]], n_blocks: int, counts: Tensor, least: Tensor) -> Tensor:
    """Return the mean of random draws over their own standard error, (n_columns, n_draws); infinite where it has none.

    Args:
        drawn: of each size of blocks the size, and the sums of blocks less their expectation.
    """
    mean = torch.stack([values.sum(2) for _, values in drawn]).sum(0) / counts
    squares = torch.stack([((values - size * mean[..., None]) ** 2).sum(2) for size, values in drawn]).sum(0)
    error = (squares * n_blocks / (n_blocks - 1)).sqrt() / counts
    return torch.where(error <= least, torch.copysign(torch.full_like(mean, torch.inf), mean), mean / error)
