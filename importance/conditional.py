"""Conditional importance: what a feature adds to the others, when it is shuffled among films that they make alike.

Strobl, Boulesteix, Kneib, Augustin and Zeileis 2008, doi 10.1186/1471-2105-9-307. The strata are tenths of the films by
what the other features predict of the feature, for films that the prediction was not fitted to. For a label that is
its propensity: Rosenbaum and Rubin 1983, doi 10.1093/biomet/70.1.41.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from torch import Tensor

from greenlight_films.importance.effects import of_shuffles
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.held_out import HeldOut
from greenlight_films.importance.joint import Exchange, added_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.streams import child, permutation

STRATA = 10
LEAST_FILMS = 10  # a stratum
FOLDS = 5
PENALTIES = (1.0, 10.0, 100.0, 1000.0)


@dataclass(frozen=True)
class Strata:
    """Films in tenths by what other features predict of a feature.

    Attributes:
        code: (n_rows,) int64 from 0.
        explained: R² of that prediction; NaN where the feature has one value alone.
        alone: rows that are the only one of their stratum, and keep their value.
    """

    code: Tensor
    explained: float
    alone: int

    @property
    def n(self) -> int:
        return int(self.code.max()) + 1

    @classmethod
    @torch.inference_mode()
    def of(cls, reference: Reference, dense: Tensor, labels: Tensor) -> "Strata":
        """Predict some columns from all others: numbers and labels, (n,) int64 each."""
        rows = reference.rows
        score = _main_direction(added_by(reference, dense, labels)[1]).cpu().numpy()
        n_strata = min(STRATA, rows.n_clusters // LEAST_FILMS)
        others = _other_features(rows, dense, labels, len(reference.model.first.label_weight))
        variance = float(score.var())
        if n_strata < 2 or not others.nnz or variance == 0:
            return cls(torch.zeros_like(rows.film), np.nan if variance == 0 else 0.0, int(rows.n_rows == 1))
        predicted, error = _predicted(others, score / score.std(), rows.cluster.cpu().numpy())
        edges = np.quantile(predicted, np.linspace(0, 1, n_strata + 1)[1:-1])
        code = np.unique(np.searchsorted(edges, predicted, side="right"), return_inverse=True)[1]
        alone = int((np.bincount(code) == 1).sum())
        return cls(torch.from_numpy(code).to(rows.film.device), 1 - error, alone)


@torch.inference_mode()
def conditional_importance(
    reference: Reference, dense: Tensor, labels: Tensor, stream: Tensor, n_repeats: int
) -> tuple[Estimates, Strata]:
    """Return the importance of columns shuffled together within strata, (1,), and these strata.

    Args:
        dense: (n,) int64, columns of numbers.
        labels: (n,) int64, label columns.
        stream: 0-dimensional int64.
    """
    rows, strata = reference.rows, Strata.of(reference, dense, labels)
    exchange = Exchange.of(reference, dense, labels)
    own, n_films = exchange.own, exchange.n_films(rows)
    films = torch.tensor([n_films], device=own.device)
    if not n_films:
        return Estimates.unknown(films), strata
    if (own == own[:1]).all() and not exchange.moves_others:
        return Estimates.filled(0.0, films), strata
    start = torch.argsort(strata.code, stable=True)
    times = _of_others(strata.code)

    def shuffled() -> Iterator[tuple[Tensor, Tensor]]:
        for repeat in range(n_repeats):
            drawn = permutation(child(stream, repeat), rows.n_rows)
            order = torch.empty_like(drawn)
            order[start] = drawn[torch.argsort(strata.code[drawn], stable=True)]
            changed = reference.losses_of(exchange.predict(reference, order))
            yield (changed - reference.losses) * times, order

    return of_shuffles(shuffled(), rows.cluster, reference.increase, n_films, strata.code), strata


def _of_others(code: Tensor) -> Tensor:
    """Return what changes of rows' losses are multiplied by, (n_rows,) float64.

    Of a stratum of n rows each keeps its own value in one of n shuffles, of all N rows in one of N: without it strata
    that tell nothing would leave less of an importance than there is.
    """
    size, n_rows = torch.bincount(code)[code].double(), len(code)
    return torch.where(size > 1, size / (size - 1) * (1 - 1 / n_rows), 1.0)


def _main_direction(added: Tensor) -> Tensor:
    """Return the first principal component of what columns add to each row's sum, (n_rows,) float64."""
    centred = added.double() - added.double().mean(0)
    return centred @ torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -1]


def _other_features(rows: HeldOut, dense: Tensor, labels: Tensor, n_labels: int) -> sparse.csr_array:
    """Return all features but some, numbers standardised, (n_rows, n)."""
    indices, offsets, weights = (part.cpu().numpy() for part in (rows.labels, rows.offsets, rows.weights))
    matrix = sparse.csr_array((weights.astype(np.float64), indices, offsets), shape=(rows.n_rows, n_labels))
    used = np.flatnonzero(np.bincount(indices, minlength=n_labels))
    stays = np.setdiff1d(used, labels.cpu().numpy())
    numbers = rows.dense.double().cpu().numpy()
    numbers = numbers[:, np.setdiff1d(np.arange(numbers.shape[1]), dense.cpu().numpy())]
    spread = numbers.std(0)
    numbers = (numbers - numbers.mean(0))[:, spread > 0] / spread[spread > 0]
    return sparse.csr_array(sparse.hstack([sparse.csr_array(numbers), matrix[:, stays]]))


def _predicted(features: sparse.csr_array, score: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a ridge regression's predictions of rows of clusters that it was not fitted to, and their squared error.

    The penalty is the one whose predictions are best.
    """
    folds = list(GroupKFold(FOLDS).split(features, groups=cluster))
    attempts = [
        cross_val_predict(Ridge(penalty, solver="sparse_cg", tol=1e-3), features, score, cv=folds)
        for penalty in PENALTIES
    ]
    errors = [float(np.mean((predicted - score) ** 2)) for predicted in attempts]
    best = int(np.argmin(errors))
    return attempts[best], errors[best]
