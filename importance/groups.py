"""Joint importance of groups of labels, in closed form over the patterns in which rows have a group's labels.

With p_c the share of rows that have pattern c and l_i(c) the loss of row i with it, everything else as it is, shuffling
the labels of a group together increases the loss by the mean over rows of sum_c p_c l_i(c) - l_i(own pattern).
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.estimates import benjamini_hochberg
from greenlight_films.importance.film_sample import MOST_ROWS, CarrierEffects, FilmSample
from greenlight_films.importance.held_out import Entries, at, index_of, sum_by
from greenlight_films.importance.null import Blocks, NullPart, block_sizes
from greenlight_films.importance.patterns import Patterns
from greenlight_films.importance.reference import Reference

MOST_GROUPS = 500
GROUPS_AT_ONCE = 32
MANY_ROWS = 512  # that have any of a group's labels: the mean over all rows must then be known well
ROWS_FOR_MANY = 4096


@torch.inference_mode()
def group_importance(reference: Reference, entries: Entries, groups: list[np.ndarray], seed: int) -> pd.DataFrame:
    """Return one line a group: n_films, importance, low_95, high_95, p and q.

    The carriers of a group are the films that have any of its labels, each with a pattern of them. The test compares
    their mean effect with that of random films with the same patterns.

    Args:
        groups: indices of `entries.columns`.
    """
    counts = entries.counts.cpu().numpy()
    members = torch.from_numpy(np.unique(np.concatenate([np.zeros(0, np.int64), *groups])))
    reference = reference.with_weights_of(at(entries.columns, members.to(entries.columns.device)))
    is_common = np.array([counts[group].max() > MANY_ROWS for group in groups], dtype=bool)
    names = ["n_films", "importance", "low_95", "high_95", "p"]
    table = pd.DataFrame(index=range(len(groups)), columns=names, dtype=np.float64)
    for chosen, most_rows in ((~is_common, MOST_ROWS), (is_common, ROWS_FOR_MANY)):
        indices = np.flatnonzero(chosen)

        def of_some(some: slice, indices: np.ndarray = indices, most_rows: int = most_rows) -> pd.DataFrame:
            few = [groups[index] for index in indices[some]]
            return pd.DataFrame(_of_groups(reference, entries, few, seed, most_rows))[names]

        if parts := in_threads(of_some, len(indices), GROUPS_AT_ONCE, reference.sums.device):
            table.loc[indices] = pd.concat(parts).to_numpy()
    return table.astype({"n_films": np.int64}).assign(q=benjamini_hochberg(table["p"].to_numpy()))


def _of_groups(
    reference: Reference, entries: Entries, groups: list[np.ndarray], seed: int, most_rows: int
) -> dict[str, np.ndarray]:
    rows, patterns = reference.rows, Patterns.of(entries, groups)
    n_patterns, holder_group = len(patterns.group), patterns.group[patterns.pattern]
    sample = FilmSample.of(rows, seed, block_sizes(rows, holder_group, patterns.row), most_rows)
    every = torch.arange(n_patterns, device=sample.rows.device).repeat_interleave(len(sample.rows))
    beyond, holder = patterns.beyond(sample)
    means = entries.mean_weights()[0]
    mean_weight = at(means, torch.searchsorted(entries.columns, patterns.column))
    pattern = torch.cat([every, patterns.pattern, beyond])
    row = torch.cat([sample.rows.repeat(n_patterns), patterns.row, patterns.row[holder]])
    parts = zip(torch.split(pattern, reference.batch_rows), torch.split(row, reference.batch_rows), strict=True)
    changes = [_effects(reference, patterns, some, where, mean_weight) for some, where in parts]
    effects = torch.cat(changes) * reference.increase(torch.zeros_like(means[:1]))[1]
    of_sample, own, more = torch.split(effects, [len(every), len(patterns.row), len(beyond)])
    tested = _tested(sample, patterns, of_sample.view(n_patterns, -1), own, (beyond, holder, more), len(groups), seed)
    table = tested | {"n_films": rows.count_films(holder_group, patterns.row, len(groups))}
    return {name: part.cpu().numpy() for name, part in table.items()}


def _tested(
    sample: FilmSample,
    patterns: Patterns,
    effects: Tensor,
    own: Tensor,
    beyond: tuple[Tensor, Tensor, Tensor],
    n_groups: int,
    seed: int,
) -> dict[str, Tensor]:
    """Return importances of groups, their intervals and p.

    Args:
        effects: (n_patterns, len(sample.rows)), of patterns on rows of the sample.
        own: (n_holders,), of each holder's pattern on it.
        beyond: patterns and holders as of `Patterns.beyond`, and their effects.
    """
    rows, holder_group = patterns.held_out, patterns.group[patterns.pattern]
    blocks, counts = Blocks.of(rows, holder_group, patterns.row, own), torch.bincount(holder_group, minlength=n_groups)
    which, holder, more = beyond
    mixed = _mixed(patterns, effects, n_groups)
    of_holder = sum_by(holder, patterns.count[which] * more / counts[patterns.group[which]], len(own))
    outside = torch.unique(holder)
    everyone = torch.arange(n_groups, device=own.device)
    both = NullPart(everyone, mixed, counts, holder_group[outside], of_holder[outside], 1)
    variance = NullPart(patterns.group, effects, patterns.count, which, more, 1).variance
    of_draws = sum_by(patterns.group, patterns.count * variance, n_groups)
    null = _parts(sample, patterns, blocks, effects, beyond)
    of_all = _shrink(counts, of_draws, both.variance, torch.full_like(counts, rows.n_rows))
    of_these = of_all
    if rows.is_row_wise:
        of_these = _shrink(counts, of_draws, both.variance, both.n_values)
    tested = CarrierEffects.of(rows, null, blocks, seed, of_these)
    return _importance(patterns, mixed[:, sample.uniform], tested, of_all, rows.n_rows) | {"p": tested.p}


def _effects(reference: Reference, patterns: Patterns, pattern: Tensor, row: Tensor, mean_weight: Tensor) -> Tensor:
    """Return the loss of rows with a pattern less that with none of its group's labels, (n,) float64."""
    holder, sums = patterns.holder_of(pattern, row), reference.sums[row]
    position, label = patterns.labels_of(holder.clamp(min=0))
    is_own = holder[position] >= 0
    own, position = label[is_own], position[is_own]
    _add(reference, sums, row, position, patterns.column[own], -patterns.weight[own])
    without = at(reference.predicted, row)
    moved = torch.nonzero(holder >= 0).squeeze(1)
    without[moved] = reference.predict(sums[moved])
    position, label = patterns.labels_of(patterns.example[pattern])
    entering = patterns.entering(label, row[position], holder[position], mean_weight)
    _add(reference, sums, row, position, patterns.column[label], entering)
    has = patterns.pattern[holder.clamp(min=0)] == pattern
    with_pattern = torch.where(has & (holder >= 0), at(reference.predicted, row), reference.predict(sums))
    return reference.losses_of(with_pattern, row) - reference.losses_of(without, row)


def _add(reference: Reference, sums: Tensor, row: Tensor, position: Tensor, column: Tensor, times: Tensor) -> None:
    """Add weights of label columns, times something, to some of the sums, which are of rows."""
    sums.index_add_(0, position, reference.vectors(row[position], column) * times.to(sums.dtype)[:, None])


def _parts(
    sample: FilmSample, patterns: Patterns, blocks: Blocks, effects: Tensor, beyond: tuple[Tensor, Tensor, Tensor]
) -> list[NullPart]:
    """Return the null distributions of blocks, by the patterns of their rows."""
    block, order = _in_blocks(patterns)
    parts = []
    for size in torch.unique(blocks.size).tolist():
        some = torch.nonzero(blocks.size == size).squeeze(1)
        of_block = patterns.pattern[order[(blocks.size == size)[block[order]]]].view(-1, size)
        labelled = torch.cat([blocks.index[some, None], of_block], 1)
        kinds, kind, times = torch.unique(labelled, dim=0, return_inverse=True, return_counts=True)
        of_kind, value = kind, blocks.total[some]
        if patterns.held_out.is_row_wise:
            of_kind, value = index_of(kinds[:, 1], len(patterns.group))[beyond[0]], beyond[2]
        n_before = torch.searchsorted(kinds[:, 0].contiguous(), kinds[:, 0].contiguous())
        number = torch.arange(len(kinds), device=kind.device) - n_before
        for nth in range(int(number.max()) + 1):
            chosen = torch.nonzero(number == nth).squeeze(1)
            drawn = sample.draws.draws[size]
            values = effects[kinds[chosen, None, 1:], drawn].sum(2)
            position = torch.searchsorted(chosen, of_kind).clamp(max=len(chosen) - 1)
            more = chosen[position] == of_kind
            extra = position[more], value[more]
            parts.append(NullPart(kinds[chosen, 0], values, times[chosen], *extra, size))
    return parts


def _in_blocks(patterns: Patterns) -> tuple[Tensor, Tensor]:
    """Return the block of each holder, as `Blocks.of` numbers them, and holders in the order of block and pattern."""
    rows, holder = patterns.held_out, torch.arange(len(patterns.row), device=patterns.row.device)
    if rows.is_row_wise:
        return holder, holder
    key = patterns.group[patterns.pattern] * rows.n_clusters + rows.cluster[patterns.row]
    block = torch.unique(key, return_inverse=True)[1]
    return block, torch.argsort(block * len(patterns.group) + patterns.pattern)


def _mixed(patterns: Patterns, effects: Tensor, n_groups: int) -> Tensor:
    """Return the mean effect on rows of a random carrier's pattern, (n_groups, n), from (n_patterns, n)."""
    counts = sum_by(patterns.group, patterns.count, n_groups)
    weighted = effects * (patterns.count / counts[patterns.group])[:, None]
    mixed = torch.zeros(n_groups, effects.shape[1], dtype=torch.float64, device=effects.device)
    return mixed.index_add_(0, patterns.group, weighted)


def _shrink(counts: Tensor, of_draws: Tensor, of_mixed: Tensor, n_rows: Tensor) -> Tensor:
    """Return the deviation of a sum of effects if patterns are exchanged among some rows, (n_groups,).

    It is a share of the deviation of independent draws: a row's effects differ from the row's own mean over patterns,
    that of rows without any included (Hoeffding 1951, doi 10.1214/aoms/1177729391).

    Args:
        of_draws: the variance of a sum over independent draws.
        of_mixed: the variance of rows' mean effects over carriers' patterns.
    """
    share = torch.where(of_draws > 0, 1 - counts**2 / n_rows * of_mixed / of_draws, 0.0)
    return torch.where(share > 1e-9, share * n_rows / (n_rows - 1).clamp(min=1), 0.0).sqrt()


def _importance(
    patterns: Patterns, mixed: Tensor, tested: CarrierEffects, shrink: Tensor, n_rows: int
) -> dict[str, Tensor]:
    """Return the importance of groups and its interval; `mixed` is of rows drawn from all."""
    share, n_drawn = sum_by(patterns.group, patterns.count, len(mixed)) / n_rows, mixed.shape[1]
    doubt = 1.96 * mixed.std(1) * ((1 - n_drawn / n_rows) / n_drawn) ** 0.5
    value = share * (mixed.mean(1) - tested.mean)
    low, high = (share * ((shrink * margin) ** 2 + doubt**2).sqrt() for margin in (tested.above, tested.below))
    return {"importance": value, "low_95": value - low, "high_95": value + high}
