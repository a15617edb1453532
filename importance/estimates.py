"""`Estimates`: the importances of n features with standard errors, p, q and intervals; what every estimator returns."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import false_discovery_control
from torch import Tensor

FEW_FILMS = 3
"""Of a feature that fewer films carry there are too few to tell: it gets no interval and no q."""

FEW_FOR_Z = 5
"""A feature that fewer films carry gets no p from its standard errors."""


@dataclass(frozen=True)
class Estimates:
    """Permutation importances of n features: the increase of the loss when a feature is shuffled.

    Positive: the model relies on the feature and predicts better with it. All numbers of a feature that no held-out row
    carries are NaN (not estimable).

    Attributes:
        mean: (n,) float64, over shuffles: those drawn, or all there are.
        std: (n,) of one shuffle; over the repeats, or in closed form. NaN for a single repeat.
        se_shuffle: (n,) the standard error that more repeats (or more rows in the sample) would remove.
        se_sample: (n,) the standard error that only more held-out films would remove.
        p: (n,) two-sided, under "the feature has no effect on the loss".
        low: (n,) where the 95 % interval begins.
        high: (n,) where it ends.
        n_films: (n,) int64, held-out films that carry the feature.
        repeats: (n, n_repeats) float64, the importance in each shuffle; (n, 1), the mean, where it has a closed form.
    """

    mean: Tensor
    std: Tensor
    se_shuffle: Tensor
    se_sample: Tensor
    p: Tensor
    low: Tensor
    high: Tensor
    n_films: Tensor
    repeats: Tensor

    @classmethod
    def untested(
        cls,
        mean: Tensor,
        std: Tensor,
        se_shuffle: Tensor,
        se_sample: Tensor,
        n_films: Tensor,
        repeats: Tensor | None = None,
    ) -> "Estimates":
        """Return importances without p-values and intervals."""
        unknown = torch.full_like(mean, torch.nan)
        repeats = mean[:, None] if repeats is None else repeats
        return cls(mean, std, se_shuffle, se_sample, unknown, unknown, unknown, n_films, repeats)

    @classmethod
    def filled(cls, value: float, n_films: Tensor, n_repeats: int = 1) -> "Estimates":
        """Return importances and errors of one value: NaN where they are unknown, 0 for features without effect."""
        repeats = torch.full((len(n_films), n_repeats), value, dtype=torch.float64, device=n_films.device)
        mean, std, se_shuffle, se_sample, low, high = (torch.full_like(repeats[:, 0], value) for _ in range(6))
        return cls(mean, std, se_shuffle, se_sample, mean + 1, low, high, n_films, repeats)

    @classmethod
    def unknown(cls, n_films: Tensor, n_repeats: int = 1) -> "Estimates":
        """Return importances that are all NaN: not measured, or not estimable."""
        return cls.filled(torch.nan, n_films, n_repeats)

    @classmethod
    def cat(cls, parts: "list[Estimates]") -> "Estimates":
        """Return the features of all parts; `repeats` are the means where the parts have different numbers of them."""
        repeats = [part.repeats for part in parts if len(part.mean)]
        same = len({part.shape[1] for part in repeats}) == 1
        fields = [torch.cat(field) for field in zip(*(part.fields() for part in parts), strict=True)]
        whole = [*fields, torch.cat(repeats) if same else fields[0][:, None]]
        return cls(*whole)

    def fields(self) -> tuple[Tensor, ...]:
        """Return the fields of shape (n,)."""
        return self.mean, self.std, self.se_shuffle, self.se_sample, self.p, self.low, self.high, self.n_films

    def take(self, indices: Tensor) -> "Estimates":
        """Return the features at `indices`, (k,) int64."""
        return Estimates(*(field[indices] for field in (*self.fields(), self.repeats)))

    def cpu(self) -> "Estimates":
        return Estimates(*(field.cpu() for field in (*self.fields(), self.repeats)))

    def put(self, indices: Tensor, part: "Estimates") -> None:
        """Overwrite the features at `indices`, (k,) int64."""
        for whole, piece in zip(self.fields(), part.fields(), strict=True):
            whole.index_copy_(0, indices, piece)
        self.repeats[indices] = part.repeats

    @property
    def estimable(self) -> Tensor:
        """Return which importances are known, (n,) bool."""
        return ~self.mean.isnan()

    @property
    def variance(self) -> Tensor:
        """Return the square of both standard errors together, (n,)."""
        return self.se_shuffle.nan_to_num(0.0) ** 2 + self.se_sample**2

    def tested_by_errors(self) -> "Estimates":
        """Return the importances with normal p-values and intervals from their errors: for features of many films.

        With fewer than `FEW_FOR_Z` films they are not known.
        """
        error = torch.where(self.n_films >= FEW_FOR_Z, self.variance.sqrt(), torch.nan)
        p = torch.special.erfc((self.mean / error).abs() / 2**0.5)
        p = torch.where((self.mean == 0) & ~error.isnan(), 1.0, p)
        return replace(self, p=p, low=self.mean - 1.96 * error, high=self.mean + 1.96 * error)

    def q(self) -> Tensor:
        """Return p corrected for the number of features, (n,): 5 % of features with q below 0.05 have no effect.

        Features without an interval, of fewer than `FEW_FILMS` independent films, are left out, and have none.
        """
        return torch.from_numpy(benjamini_hochberg(torch.where(self.low.isnan(), torch.nan, self.p).cpu().numpy()))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number, (n,); NaN is left out. doi 10.1111/j.2517-6161.1995.tb02031.x.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan]))
    array([0.03, 0.04, 0.04,  nan])
    """
    known, q = ~np.isnan(p), np.full_like(p, np.nan)
    q[known] = false_discovery_control(p[known])
    return q
