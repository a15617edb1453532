"""`OffRowPlan`: how many rows without each label are looked at, and the error of the labels that have few of them.

A handful of rows can't tell a label's own error. It is pooled over labels: the square of what second-order effects miss
grows with the size of a label's weights, by a gamma model with a logarithmic link that is fitted to a pilot sample.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.expectation import FEW_SAMPLED, sample_of
from greenlight_films.importance.held_out import Entries, sum_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.tangent import Tangent, at_rows

ENOUGH_TO_POOL = 200  # labels
PILOT_LABELS, PILOT_ROWS = 2048, 4
TENTH = 0.1  # of the error that more films would remove: what is left to the sample where labels are many
MOST_ROWS = 256  # that are looked at for that, or as many as carry the label
LABELS_AT_ONCE = 2**14


@dataclass(frozen=True)
class OffRowPlan:
    """What is looked at of rows that don't carry a label.

    Attributes:
        size: (n_labels,) int64, how many of them.
        pooled: (n_labels,) float64, the variance of exact effects less second-order ones; NaN: it is the label's own.
    """

    size: Tensor
    pooled: Tensor

    @classmethod
    def nothing(cls, n_labels: int, device: torch.device) -> "OffRowPlan":
        """Return the plan for estimators that need none."""
        return cls(
            torch.zeros(n_labels, dtype=torch.int64, device=device),
            torch.full((n_labels,), torch.nan, dtype=torch.float64, device=device),
        )

    @classmethod
    @torch.inference_mode()
    def of(
        cls,
        reference: Reference,
        tangent: Tangent,
        entries: Entries,
        keys: Tensor,
        estimator: Estimator,
        are_many: bool,
    ) -> "OffRowPlan":
        """Return as many rows as the estimator says; of many labels, as many as keep the error small beside others.

        Args:
            keys: (n_labels,) int64, of the labels' random streams.
        """
        n_rows, plan = reference.rows.n_rows, cls.nothing(len(keys), keys.device)
        plan.size[entries.columns] = estimator.off_counts(entries.counts, n_rows)
        used = reference.uses(entries.columns)
        is_exact = estimator.kind == "expected" and estimator.off_rows == "all"
        has_few = are_many or estimator.kind == "shuffle" or bool((plan.size[entries.columns] < FEW_SAMPLED).any())
        if is_exact or not has_few or int(used.sum()) < ENOUGH_TO_POOL:
            return plan
        coefficients = _pilot(reference, tangent, entries.only(used), keys, estimator)
        for first in range(0, len(entries.columns), LABELS_AT_ONCE):
            part = entries.part(first, min(first + LABELS_AT_ONCE, len(entries.columns)))
            pooled = expected_squares(coefficients, _log_norm(reference, part.columns))
            plan.pooled[part.columns] = pooled
            if are_many:
                plan.size[part.columns] = _needed(part.counts, n_rows, pooled, tangent.variances(reference, part))
        return plan


def _needed(counts: Tensor, n_rows: int, pooled: Tensor, variance: Tensor) -> Tensor:
    """Return the fewest rows, (n,), whose error is a tenth of that from the choice of carriers, or `MOST_ROWS`.

    Args:
        counts: (n,), rows that carry a label.
        pooled: (n,), the variance of what is measured on a row.
        variance: (n,), of effects over rows.
    """
    without = n_rows - counts
    rows = counts * (without / n_rows) * pooled / (TENTH**2 * variance)
    rows = rows.nan_to_num(nan=1.0, posinf=float(n_rows)).ceil().clamp(min=1)
    return rows.minimum(counts.clamp(min=MOST_ROWS)).minimum(without).long()


def _pilot(reference: Reference, tangent: Tangent, entries: Entries, keys: Tensor, estimator: Estimator) -> Tensor:
    """Return the coefficients of `expected_squares`, (2,), from a few rows of some labels."""
    n_columns = len(entries.columns)
    chosen = torch.zeros(n_columns, dtype=torch.bool, device=keys.device)
    chosen[:: max(1, n_columns // PILOT_LABELS)] = True
    some = entries.only(chosen)
    size = (reference.rows.n_rows - some.counts).clamp(max=PILOT_ROWS)
    sample = sample_of(reference, tangent, some, estimator.streams(keys[some.columns]), size)
    squares = sum_by(sample.index, sample.missed(reference, tangent, some) ** 2, len(size)) / size.clamp(min=1)
    return fitted_squares(squares[size > 0], _log_norm(reference, some.columns[size > 0]))


def _log_norm(reference: Reference, columns: Tensor) -> Tensor:
    """Return the logarithm of the size of label columns' weights, (n,) float64; 0 for columns without effect."""
    norm = torch.linalg.vector_norm(at_rows(reference.model.first.label_weight, columns).double(), dim=1)
    return torch.where(norm > 0, norm, 1.0).log()


def fitted_squares(squares: Tensor, logarithm: Tensor) -> Tensor:
    """Return intercept and slope, (2,), of the logarithm of expected squares by that of the size of weights, both (n,).

    By iterated least squares, as of a generalised linear model: McCullagh and Nelder 1989, Generalized Linear Models,
    chapter 8.
    """
    design = torch.stack([torch.ones_like(logarithm), logarithm], dim=1)
    coefficients = torch.stack([squares.mean().clamp(min=1e-300).log(), torch.zeros_like(squares[0])])
    for _ in range(25):
        fitted = (design @ coefficients).exp()
        coefficients += torch.linalg.lstsq(design, ((squares - fitted) / fitted)[:, None]).solution[:, 0].clamp(-2, 2)
    return coefficients


def expected_squares(coefficients: Tensor, logarithm: Tensor) -> Tensor:
    """Return the expected squares, (n,), for the logarithm of the size of weights, (n,)."""
    return (coefficients[0] + coefficients[1] * logarithm).exp()
