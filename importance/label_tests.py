"""`LabelTests`: puts p-values and 95 % intervals to the importances of label columns."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.expectation import Measured
from greenlight_films.importance.held_out import Entries, at, index_of, sum_by
from greenlight_films.importance.intervals import interval_ends, t_quantile
from greenlight_films.importance.null import BlockDraws, Blocks, NullPart, block_sizes, effects_on, null_parts
from greenlight_films.importance.randomisation import CELLS, convolved_p, ranked_p
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.screening import Screen
from greenlight_films.importance.tangent import Tangent

EFFECTS_AT_ONCE = 2**19
FEW_BLOCKS = 50  # of several rows; of a label that has more, the random blocks hold enough
MANY_BLOCKS = 20  # of a label that has more, what effects miss to first order adds up
MANY_OF_MORE = 100  # the same where some rows stand for all, whose own mean takes an outlier better


@dataclass(frozen=True)
class LabelTests:
    """The randomisation test of every label column: is the mean effect on its carriers that of a random draw of films?

    Attributes:
        draws: random blocks, the same for all columns.
        seed: of other random draws.
        screen: by which columns are settled that need no null distribution; None: each has its own.
    """

    reference: Reference
    tangent: Tangent
    draws: BlockDraws
    seed: int
    screen: Screen | None = None

    @classmethod
    def of(
        cls, reference: Reference, tangent: Tangent, entries: Entries, seed: int, are_many: bool = False
    ) -> "LabelTests":
        """Draw random blocks of every size that any column has; where columns are many, they are screened first.

        Columns whose rows are not independent are not screened: their spread is that of blocks.
        """
        rows, sizes, singles = reference.rows, {1}, tangent.standing_for_all()
        if not rows.is_row_wise:
            singles = singles[:0]
            for index, row in ((entries.index, entries.row), _without(entries)):
                sizes |= block_sizes(rows, index, row)
        screen = Screen.of(tangent) if are_many and rows.is_row_wise else None
        return cls(reference, tangent, BlockDraws.of(rows, singles, sorted(sizes), seed), seed, screen)

    @torch.inference_mode()
    def put(self, result: Estimates, entries: Entries, measured: Measured) -> Estimates:
        """Return the importances of columns with p-values and intervals."""
        p, below, above = (self._by_null if self.screen is None else self._screened)(entries, measured)
        p = torch.where(result.mean.isnan(), torch.nan, p)
        slope, doubt = self.reference.increase(measured.total)[1], result.se_shuffle.nan_to_num(0.0)
        doubt *= t_quantile(measured.degrees)
        below, above = (((slope * side) ** 2 + doubt**2).sqrt() for side in (below, above))
        return replace(result, p=p, low=result.mean - below, high=result.mean + above)

    def _screened(self, entries: Entries, measured: Measured) -> tuple[Tensor, Tensor, Tensor]:
        """Return what `_by_null` does, by the normal where that settles it."""
        assert self.screen is not None
        parts, n_columns = [], len(entries.columns)
        size = max(1, EFFECTS_AT_ONCE // len(self.screen.rows))
        for first in range(0, n_columns, size):
            some = slice(first, min(first + size, n_columns))
            of_some = entries.part(some.start, some.stop), measured.part(entries, some.start, some.stop)
            parts.append(self.screen.test(self.reference, self.tangent, *of_some))
        p, margin, settled = (torch.cat(values) for values in zip(*parts, strict=True))
        share = entries.counts / self.reference.rows.n_rows
        margin *= share * (1 - share).sqrt()
        answers = p, margin, margin.clone()
        if not bool(settled.all()):
            tested = self._by_null(entries.only(~settled), measured.only(entries, ~settled))
            for answer, values in zip(answers, tested, strict=True):
                answer[~settled] = values
        return answers

    def _by_null(self, entries: Entries, measured: Measured) -> tuple[Tensor, Tensor, Tensor]:
        """Return p, and by how much the mean loss's increase is above and below its interval's ends, (n_columns,)."""
        size, n_columns = max(1, EFFECTS_AT_ONCE // max(len(self.draws.rows), CELLS)), len(entries.columns)
        parts = []
        for first in range(0, n_columns, size):
            stop = min(first + size, n_columns)
            parts.append(self._of_columns(entries.part(first, stop), measured.part(entries, first, stop)))
        p, below, above = (torch.cat(values) for values in zip(*parts, strict=True))
        return p, below, above

    def _of_columns(self, entries: Entries, measured: Measured) -> tuple[Tensor, Tensor, Tensor]:
        """Do what `_by_null` does for columns whose null distributions fit into memory."""
        rows, counts, sample = self.reference.rows, entries.counts, measured.sample
        known = (
            torch.cat([entries.index, sample.index]),
            torch.cat([entries.row, sample.row]),
            torch.cat([-measured.lost, sample.change]),
        )
        effects = effects_on(self.reference, self.tangent, entries, self.draws, known)
        own = Blocks.of(rows, entries.index, entries.row, -measured.lost)
        # Of a label on most rows, those without it are taken for a random draw.
        light = 2 * counts <= rows.n_rows
        is_light = at(light, own.index)
        drawn, is_new = own.only(is_light), self.draws.lack(rows, own, entries.row)[is_light]
        if not bool(light.all()):
            others = self._blocks_without(entries, effects)
            drawn, is_new = drawn.and_those(others), torch.cat([is_new, torch.zeros_like(others.index).bool()])
        n_blocks = torch.bincount(drawn.index, minlength=len(counts))
        if not rows.is_row_wise:
            is_new = is_new & at(n_blocks <= FEW_BLOCKS, drawn.index)
        parts = null_parts(effects, drawn, self.draws, is_new)
        p = self._p(parts, drawn, n_blocks, light, counts, measured)
        share = counts / rows.n_rows
        below, above = interval_ends(parts, own, counts, light, self.seed)
        width = share * (1 - share).sqrt()
        exchangeable = torch.where(counts < rows.n_rows, 1.0, torch.nan)
        return p * exchangeable, width * below * exchangeable, width * above * exchangeable

    def _p(
        self, parts: list[NullPart], drawn: Blocks, n_blocks: Tensor, light: Tensor, counts: Tensor, measured: Measured
    ) -> Tensor:
        rows = self.reference.rows
        total = sum_by(drawn.index, drawn.total, len(counts))
        expected, variance = torch.zeros_like(total), torch.zeros_like(total)
        for part in parts:
            expected[part.columns] += part.times * part.mean
            variance[part.columns] += part.times**2 * part.variance / part.n_values
        # Of few blocks the sum is compared with sums of random ones as it is. Of many, the mean over all rows must be
        # known better than to first order, or from random blocks.
        if rows.is_row_wise:
            variance *= 1 - len(self.draws.rows) / rows.n_rows
            times = counts * (1 - counts / rows.n_rows)
            better = torch.where(light, -rows.n_rows, rows.n_rows) * measured.total
            better_variance = times**2 * measured.off_variance
        else:
            times = torch.where(light, counts, 0)
            better = total - expected - times * measured.correction
            better_variance = variance + times**2 * measured.off_variance
        are_all = not rows.is_row_wise or len(self.draws.rows) == rows.n_rows
        many = n_blocks > (MANY_BLOCKS if are_all else MANY_OF_MORE)
        observed = torch.where(many, better, total - expected)
        noise = torch.where(many, better_variance, variance).clamp(min=0).sqrt()
        # By rows, not by clusters: where each film has rows with and without a label, it still varies within films.
        without = torch.where(light, rows.n_rows - counts, counts)
        shrink = (without / max(rows.n_rows - 1, 1)).sqrt()
        p, single, several = torch.full_like(total, torch.nan), n_blocks == 1, n_blocks > 1
        if bool(single.any()):
            p[single] = ranked_p([part.only(single) for part in parts], total[single])
        if bool(several.any()):
            of_columns = (values[several] for values in (observed, n_blocks, shrink, noise))
            p[several] = convolved_p([part.only(several) for part in parts], *of_columns)
        return p

    def _blocks_without(self, entries: Entries, effects: Tensor) -> Blocks:
        """Return the blocks of rows that don't carry columns which most rows carry."""
        index, row = _without(entries)
        slot = at(self.draws.slot, row)
        weight = entries.entering(index, row)
        effect = self.tangent.effects(self.reference, row, at(entries.columns, index), weight)
        effect = torch.where(slot >= 0, effects[index, slot].double(), effect)
        return Blocks.of(self.reference.rows, index, row, effect)


def _without(entries: Entries) -> tuple[Tensor, Tensor]:
    """Return the rows without columns that most rows, but not all, carry: the columns' index and the row, both (n,)."""
    n_rows = entries.held_out.n_rows
    columns = torch.nonzero((2 * entries.counts > n_rows) & (entries.counts < n_rows)).squeeze(1)
    lacks = torch.ones(len(columns), n_rows, dtype=torch.bool, device=columns.device)
    of_entry = at(index_of(columns, len(entries.columns)), entries.index)
    lacks[of_entry[of_entry >= 0], entries.row[of_entry >= 0]] = False
    position, row = torch.nonzero(lacks, as_tuple=True)
    return columns[position], row
