"""`OffRowPlan`: how many rows without each label are looked at, and what is known of its effects before that.

A handful of rows can't tell a label's own error. It is pooled over labels: the square of what second-order effects miss
grows with the size of a label's weights, by a gamma model with a logarithmic link that is fitted to a pilot sample.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.held_out import Entries, at, sum_by
from greenlight_films.importance.label_table import at_rows
from greenlight_films.importance.off_sample import FEW_SAMPLED, sample_of, sample_of_all
from greenlight_films.importance.reference import LABELS_AT_ONCE, Reference
from greenlight_films.importance.tangent import Tangent

ENOUGH_TO_POOL = 200  # labels
PILOT_LABELS, PILOT_ROWS = 2048, 4
PLAIN_ROWS = 64  # where labels are many, the error is at most that of so many rows without the second-order effects
TIMES_CARRIERS = 4  # and of so many times the rows that carry the label: then it is half of the error from their choice
MOST_ROWS = 256  # that are looked at for that, or as many as carry the label


@dataclass(frozen=True)
class OffRowPlan:
    """What is looked at of rows that don't carry a column, and the column's effects as `Tangent` knows them.

    Attributes:
        size: (n_columns,) int64, how many rows.
        pooled: (n_columns,) float64, the variance of exact effects less second-order ones; NaN: it is the column's own.
        nearly: (n_columns,) float64, the mean over all rows of effects as `Tangent` has them; NaN where none is needed.
        variance: (n_columns,) float64, of its effects over all rows, to first order where they are; NaN likewise.
        nearly_variance: (n_columns,) float64, the error of `nearly`; NaN likewise.
        of_all: whether the rows are drawn from all, those that carry the column included.
    """

    size: Tensor
    pooled: Tensor
    nearly: Tensor
    variance: Tensor
    nearly_variance: Tensor
    of_all: bool = False

    @classmethod
    def nothing(cls, entries: Entries) -> "OffRowPlan":
        """Return the plan for estimators that need none."""
        unknown = torch.full(entries.columns.shape, torch.nan, dtype=torch.float64, device=entries.columns.device)
        return cls(torch.zeros_like(entries.columns), unknown, unknown, unknown, unknown)

    @classmethod
    @torch.inference_mode()
    def of(
        cls,
        reference: Reference,
        tangent: Tangent,
        entries: Entries,
        estimator: Estimator,
        are_many: bool,
    ) -> "OffRowPlan":
        """Return as many rows as the estimator says; of many labels, as many as keep the error small beside others."""
        n_rows, is_expected = reference.rows.n_rows, estimator.kind == "expected"
        size = estimator.off_counts(entries.counts, n_rows)
        unpooled = torch.full(size.shape, torch.nan, dtype=torch.float64, device=size.device)
        plan = cls(size, unpooled, *tangent.over_all(reference, entries))
        used = reference.uses(entries.columns)
        is_exact = is_expected and estimator.off_rows == "all"
        has_few = are_many or not is_expected or bool((size < FEW_SAMPLED).any())
        if is_exact or not has_few or int(used.sum()) < ENOUGH_TO_POOL:
            return plan
        of_all = are_many and is_expected
        squares, chosen = _pilot(reference, tangent, entries, used, of_all)
        logarithm = _log_norm(reference, entries.columns)
        pooled = expected_squares(fitted_squares(squares, at(logarithm, chosen)), logarithm)
        if are_many:
            size = _needed(entries.counts, n_rows, pooled, plan.variance)
        return replace(plan, size=size, pooled=pooled, of_all=of_all)

    def at(self, columns: Tensor) -> "OffRowPlan":
        """Return the plan of some columns, (n,) int64."""
        size, pooled, nearly, variance, error = (
            at(part, columns) for part in (self.size, self.pooled, self.nearly, self.variance, self.nearly_variance)
        )
        return OffRowPlan(size, pooled, nearly, variance, error, self.of_all)


def _needed(counts: Tensor, n_rows: int, pooled: Tensor, variance: Tensor) -> Tensor:
    """Return the fewest rows, (n,), with an error as small as `PLAIN_ROWS` and `TIMES_CARRIERS` say, or `MOST_ROWS`.

    Args:
        counts: (n,), rows that carry a column.
        pooled: (n,), the variance of what is measured on a row.
        variance: (n,), of effects over rows.
    """
    without = n_rows - counts
    plain = (TIMES_CARRIERS * counts * (without / n_rows)).clamp(min=PLAIN_ROWS)
    rows = (plain * pooled / variance).nan_to_num(nan=1.0, posinf=float(n_rows)).ceil().clamp(min=1)
    return rows.minimum(counts.clamp(min=MOST_ROWS)).minimum(without).long()


def _pilot(
    reference: Reference, tangent: Tangent, entries: Entries, used: Tensor, of_all: bool
) -> tuple[Tensor, Tensor]:
    """Return the mean squares of what second-order effects miss, from a few rows of some columns, and these; (n,)."""
    chosen = used.nonzero().squeeze(1)
    chosen = chosen[:: max(1, len(chosen) // PILOT_LABELS)]
    some = entries.only(torch.zeros_like(used).index_fill(0, chosen, True))
    size = (reference.rows.n_rows - some.counts).clamp(max=PILOT_ROWS)
    sample = sample_of_all(reference, some, size) if of_all else sample_of(reference, tangent, some, size)
    squares = sum_by(sample.index, sample.missed(reference, tangent, some) ** 2, len(size)) / size.clamp(min=1)
    return squares[size > 0], chosen[size > 0]


def _log_norm(reference: Reference, columns: Tensor) -> Tensor:
    """Return the logarithm of the size of label columns' weights, (n,) float64; 0 for columns without effect."""
    weight = reference.model.first.label_weight
    parts = torch.split(columns, LABELS_AT_ONCE)
    norm = torch.cat([torch.linalg.vector_norm(at_rows(weight, part), dim=1) for part in parts]).double()
    return torch.where(norm > 0, norm, 1.0).log()


def fitted_squares(squares: Tensor, logarithm: Tensor) -> Tensor:
    """Return intercept and slope, (2,), of the logarithm of expected squares by that of the size of weights, both (n,).

    By iterated least squares, as of a generalised linear model: McCullagh and Nelder 1989, Generalized Linear Models,
    chapter 8.
    """
    centre = logarithm.mean()
    centred = logarithm - centre  # or steps of intercept and slope, each limited, would undo each other
    rounding = 64 * torch.finfo(logarithm.dtype).eps * logarithm.abs().max()
    centred = torch.where(centred.abs().max() > rounding, centred, 0.0)  # sizes that are all the same have no slope
    spread = (centred @ centred).clamp(min=1e-300)
    coefficients = torch.stack([squares.mean().clamp(min=1e-300).log(), torch.zeros_like(squares[0])])
    for _ in range(25):
        fitted = (coefficients[0] + coefficients[1] * centred).exp()
        rest = (squares - fitted) / fitted
        coefficients += torch.stack([rest.mean(), centred @ rest / spread]).clamp(-2, 2)
    return torch.stack([coefficients[0] - coefficients[1] * centre, coefficients[1]])


def expected_squares(coefficients: Tensor, logarithm: Tensor) -> Tensor:
    """Return the expected squares, (n,), for the logarithm of the size of weights, (n,)."""
    return (coefficients[0] + coefficients[1] * logarithm).exp()
