"""A number, scaled by the training rows, with a second column that marks missing values."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_cells import read_numbers

Encoding = Literal["scaled", "piecewise", "periodic"]
Scale = Literal["standard", "quantile", "by_skewness"]

BINS = 12  # of `piecewise`, each with as many training films as the others
SKEWED = 2.0  # skewness, of either sign, from which on `by_skewness` takes quantiles
QUANTILE_LIMIT = 1e-7  # share of the normal distribution that `quantile` cuts off on either side, at 5.2 deviations


@dataclass(frozen=True)
class Number(Feature[np.ndarray]):
    """A number. Gaps are filled with the training median, and marked in a column where training rows have gaps.

    One that is the same in all training rows is so in all others, too: nothing was learnt of it.

    Attributes:
        log1p: take log(1 + value) first; the values must then be above -1.
        scale: `standard`: mean 0 and standard deviation 1 on the training rows; `quantile`: mapped to a normal
            distribution by the training rows' quantiles; `by_skewness`: so where the skewness of their known values,
            after log1p, is beyond 2 or -2, by the quantiles of these, and what lies beyond all of them no further out
            than half a film would; else `standard`. By default `standard`.
        encoding: `scaled`: as it is; `piecewise`: also as a share of each of 12 bins of the training rows, so that the
            first layer can bend between them (Gorishniy et al. 2022, arXiv 2203.05556); `periodic`: also as sine and
            cosine of 16 learnt frequencies, for a table of dense numbers. By default `scaled`.
        sigma: the deviation that the frequencies are drawn with.
    """

    need = "number"
    column: str
    log1p: bool = False
    scale: Scale | None = None
    encoding: Encoding | None = None
    sigma: float = 0.3
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.sigma < np.inf:
            raise InputError(f"column '{self.column}': `sigma` must be above 0, got {self.sigma:g}")

    def parse(self, column: pd.Series, format: Format = Format()) -> np.ndarray:
        return np.log1p(read_numbers(column, format, above=-1)) if self.log1p else read_numbers(column, format)

    def digest(self, parsed: np.ndarray) -> bytes:
        """Return a digest of the values; the last digits of logarithms differ between machines."""
        return super().digest(parsed.astype(np.float32) if self.log1p else parsed)

    def fit(self, parsed: np.ndarray, train: np.ndarray, film: np.ndarray | None = None) -> list[Block]:
        values = parsed[train]
        known = values[~np.isnan(values)]
        if not len(known):
            raise InputError(f"column '{self.column}' has no value in the {len(train):,} training rows; leave it out")
        median = float(np.median(known))
        filled = np.where(np.isnan(values), median, values)
        fitted: dict[str, Any] = {"median": median, "range": [float(known.min()), float(known.max())]}
        if np.ptp(filled) == 0 or filled.std() == 0:  # differences of 1e-200 have no square
            fitted |= {"mean": median, "std": 1.0, "constant": True}
        elif self.scale == "quantile":
            fitted["quantiles"] = _quantiles(filled)
        elif self.scale == "by_skewness" and abs(skewness(known)) > SKEWED:
            fitted |= {"quantiles": _quantiles(known), "limit": 0.5 / len(known)}
        else:
            fitted |= {"mean": float(filled.mean()), "std": float(filled.std())}
        if self.encoding not in (None, "scaled"):
            fitted |= self._encoding(self._scaled(known, fitted))
        blocks = [Block(self.column, self.named_role, "number", [self.column], fitted)]
        if len(known) < len(values):
            blocks.append(Block(self.column, self.named_role, "missing", [self.column]))
        return blocks

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        missing = np.isnan(parsed)
        fitted = blocks[0].fitted
        # Of a column that is constant in training rows nothing was learnt: what other films have tells nothing either.
        values = np.where(missing | fitted.get("constant", False), fitted["median"], parsed)
        encoded: list[Dense | Sparse] = [_dense(self._scaled(values, fitted), values), _dense(missing, missing)]
        return encoded[: len(blocks)]

    def _scaled(self, values: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
        if "quantiles" in fitted:
            return _to_normal(values, np.asarray(fitted["quantiles"]), fitted.get("limit", QUANTILE_LIMIT))
        with np.errstate(over="ignore"):  # the encoder refuses it by its row
            return (values - fitted["mean"]) / fitted["std"]

    def _encoding(self, known: np.ndarray) -> dict[str, Any]:
        """Return how the first layer takes the number; a flag, or one with a single bin, as it is."""
        edges = bin_edges(known)
        if len(edges) < 3:
            return {}
        return {"encoding": {"edges": edges.tolist()} if self.encoding == "piecewise" else {"sigma": self.sigma}}


def skewness(values: np.ndarray) -> float:
    """Return the third standardised moment of (n,) values, 0 where they are all the same."""
    from_mean = values - values.mean()
    deviation = from_mean.std()
    return float(((from_mean / deviation) ** 3).mean()) if np.ptp(values) and deviation else 0.0


def bin_edges(values: np.ndarray) -> np.ndarray:
    """Return the ascending, distinct edges of bins with as many values as each other, at most `BINS` + 1."""
    return np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1), method="higher"))


def bin_shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how far values lie in each bin between ascending edges, from 0 to 1: (n,) to (n, n_bins)."""
    return np.clip((values[:, None] - edges[:-1]) / np.diff(edges), 0, 1)


def _dense(values: np.ndarray, unscaled: np.ndarray) -> Dense:
    with np.errstate(over="ignore"):
        return Dense(values.astype(np.float32)[:, None], unscaled.astype(np.float64)[:, None])


def _quantiles(values: np.ndarray) -> list[float]:
    return np.quantile(values, np.linspace(0, 1, min(1000, len(values)))).tolist()


def _to_normal(values: np.ndarray, quantiles: np.ndarray, limit: float) -> np.ndarray:
    """Map values to a normal distribution; tied quantiles get the middle of their ranks, also at the ends.

    Args:
        limit: share of the distribution that is cut off on either side.
    """
    shares = np.linspace(0, 1, len(quantiles))
    from_below = np.interp(values, quantiles, shares)
    from_above = -np.interp(-values, -quantiles[::-1], -shares[::-1])
    return ndtri(np.clip((from_below + from_above) / 2, limit, 1 - limit))
