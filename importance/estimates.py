"""Importances with their errors: what every estimator returns, for any kind of feature."""

from dataclasses import dataclass

import torch
from torch import Tensor

FEW_FILMS = 5
"""With fewer films that carry a feature its errors can't be trusted: it gets no z, p and q."""


@dataclass(frozen=True)
class Estimates:
    """Permutation importances of n features: the increase of the loss when a feature is shuffled.

    Positive: the model relies on the feature, and rightly so. A feature that no held-out row carries is not estimable:
    NaN throughout.

    Attributes:
        mean: (n,) float64, over shuffles: those drawn, or all there are.
        std: (n,) of one shuffle; over the repeats, or in closed form. NaN for a single repeat.
        se_shuffle: (n,) the standard error that more repeats (or more rows in the sample) would remove.
        se_sample: (n,) the standard error that only more held-out films would remove.
        n_films: (n,) int64, held-out films that carry the feature.
    """

    mean: Tensor
    std: Tensor
    se_shuffle: Tensor
    se_sample: Tensor
    n_films: Tensor

    @classmethod
    def unknown(cls, n_films: Tensor) -> "Estimates":
        """Return importances that nothing is known of yet."""
        nan = torch.full(n_films.shape, torch.nan, dtype=torch.float64, device=n_films.device)
        return cls(nan, nan.clone(), nan.clone(), nan.clone(), n_films)

    @classmethod
    def nothing(cls, n_films: Tensor) -> "Estimates":
        """Return importances that are exactly zero: the model does not look at the features."""
        zero = torch.zeros(n_films.shape, dtype=torch.float64, device=n_films.device)
        return cls(zero, zero.clone(), zero.clone(), zero.clone(), n_films)

    @classmethod
    def cat(cls, parts: "list[Estimates]") -> "Estimates":
        """Return the features of all parts, one part after the other."""
        return cls(*(torch.cat([part.fields()[place] for part in parts]) for place in range(5)))

    def fields(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return self.mean, self.std, self.se_shuffle, self.se_sample, self.n_films

    def among(self, n: int, places: Tensor) -> "Estimates":
        """Return n features, of which these are the ones at `places`; the others are not estimable."""
        whole = Estimates.unknown(torch.zeros(n, dtype=torch.int64, device=places.device))
        whole.put(places, self)
        return whole

    def cpu(self) -> "Estimates":
        return Estimates(*(field.cpu() for field in self.fields()))

    def put(self, places: Tensor, part: "Estimates") -> None:
        """Write what is known of the features at `places`, (n,) int64."""
        for whole, piece in zip(self.fields(), part.fields(), strict=True):
            whole.index_copy_(0, places, piece)

    @property
    def estimable(self) -> Tensor:
        """Tell which features are known, (n,) bool."""
        return ~self.mean.isnan()

    @property
    def variance(self) -> Tensor:
        """Return the square of both standard errors together, (n,)."""
        return self.se_shuffle.nan_to_num(0.0) ** 2 + self.se_sample**2

    def z(self) -> Tensor:
        """Return importance over its standard error, (n,); NaN with fewer than `FEW_FILMS` films.

        0 for a feature that the model does not look at.
        """
        z = torch.where(self.mean == 0, torch.zeros_like(self.mean), self.mean / self.variance.sqrt())
        return torch.where(self.estimable & (self.n_films >= FEW_FILMS), z, torch.nan)

    def p(self) -> Tensor:
        """Return the two-sided normal p-value of z under "the feature has no effect on the loss", (n,)."""
        return torch.special.erfc(self.z().abs() / 2**0.5)

    def q(self) -> Tensor:
        """Return p-values corrected for the number of features, (n,): Benjamini and Hochberg 1995.

        Of the features with q below 0.05, 5 in 100 are expected to have no effect.
        """
        return benjamini_hochberg(self.p())


def benjamini_hochberg(p: Tensor) -> Tensor:
    """Return q-values, (n,); NaN stays NaN and counts for nothing. doi 10.1111/j.2517-6161.1995.tb02031.x.

    >>> benjamini_hochberg(torch.tensor([0.01, 0.04, 0.03, torch.nan]))
    tensor([0.0300, 0.0400, 0.0400,    nan])
    """
    q = torch.full_like(p, torch.nan)
    known = torch.nonzero(~p.isnan()).squeeze(1)
    order = known[torch.argsort(p[known], descending=True, stable=True)]
    n = len(known)
    ranks = torch.arange(n, 0, -1, dtype=p.dtype, device=p.device)
    q[order] = torch.cummin(p[order] * n / ranks, dim=0).values if n else p[order]
    return q
