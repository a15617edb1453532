"""The share of test films whose target lies in its prediction interval: of all, by year, prediction and known names."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from greenlight_films.datamodules import Films, Fitted
from greenlight_films.studies.conformal import PredictionIntervals
from greenlight_films.studies.difficulty import role_counts

GROUPS = 10
KNOWN = ("no name known", "some names unknown", "all names known")
"""How many of a film's names in a role the model knows; films without a name there are in no group."""


def coverage(
    films: Films, fitted: Fitted, predicted: np.ndarray, intervals: dict[int, PredictionIntervals]
) -> pd.DataFrame:
    """Return one line a group of test films and level, all test films first.

    Columns: by (all, year, prediction or names), group (of names, a role and one of `KNOWN`), low and high (ends of the
    years or predictions), level in per cent, rows, films, covered (the share, weighted where rows are), its 95 %
    interval by Wilson's method over films (covered_low, covered_high), and width (the median, in the target's unit).

    Args:
        predicted: (n_rows,) of all rows, in the target's unit.
        intervals: of all rows, by level in per cent.
    """
    assert films.rows is not None
    film, weights = films.film_codes(), np.ones(films.n_rows) if films.weights is None else films.weights
    parts = []
    for grouping in _groupings(films, fitted, predicted):
        row = films.rows.test[grouping["position"].to_numpy()]
        for level, (_, lower, upper) in intervals.items():
            hit = ((films.actual >= lower) & (films.actual <= upper))[row]
            columns = {"film": film[row], "weight": weights[row], "width": (upper - lower)[row], "level": level}
            parts.append(grouping.assign(**columns, hit=hit * weights[row]))
    table = _by_group(pd.concat(parts, ignore_index=True))
    low, high = wilson_interval(table["covered"], table["films"])
    return table.assign(covered_low=low, covered_high=high)


def wilson_interval(share: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the 95 % interval of shares of n draws by Wilson's method (1927, doi 10.1080/01621459.1927.10502953)."""
    z = norm.isf(0.025)
    centre, margin = share + z**2 / (2 * n), z * (share * (1 - share) / n + (z / (2 * n)) ** 2) ** 0.5
    return (centre - margin) / (1 + z**2 / n), (centre + margin) / (1 + z**2 / n)


def _by_group(rows: pd.DataFrame) -> pd.DataFrame:
    by_group = rows.groupby(["by", "group", "low", "high", "level"], sort=False, dropna=False)
    table = by_group.agg(rows=("film", "size"), films=("film", "nunique"), width=("width", "median"))
    sums = by_group[["hit", "weight"]].sum()
    return table.assign(covered=sums["hit"] / sums["weight"].where(sums["weight"] > 0)).reset_index()


def _groupings(films: Films, fitted: Fitted, predicted: np.ndarray) -> Iterator[pd.DataFrame]:
    """Yield by, group, low, high and position of the test rows that are in a group; a row may be in several."""
    assert films.rows is not None
    test = films.rows.test
    yield _lines("all", np.arange(len(test)))
    if films.years is not None:
        yield _in_parts("year", films.years[test])
    yield _in_parts("prediction", predicted[test])
    for role, (known, unknown) in role_counts(films.encoded.take(test), fitted.encoder.space).items():
        code = (known > 0).astype(int) + ((known > 0) & (unknown == 0))
        for index, name in enumerate(KNOWN):
            yield _lines("names", np.flatnonzero((code == index) & (known + unknown > 0)), f"{role}: {name}")


def _in_parts(by: str, values: np.ndarray) -> pd.DataFrame:
    kept = np.flatnonzero(np.isfinite(values))
    part, low, high = equal_parts(values[kept], GROUPS)
    return _lines(by, kept).assign(low=low[part], high=high[part]).iloc[np.argsort(part, kind="stable")]


def equal_parts(values: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for finite values which of up to n parts of about as many each is in, and where each part begins and ends.

    Parts go from low values to high ones; equal values stay together.

    >>> [column.tolist() for column in equal_parts(np.array([5, 1, 2, 1, 9, 1]), 2)]
    [[1, 0, 1, 0, 1, 0], [1, 2], [1, 9]]
    """
    if not len(values):
        return np.zeros(0, dtype=np.int64), values, values
    edges = np.unique(np.quantile(values, np.linspace(0, 1, n + 1)[1:-1]))
    _, part = np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)
    ends = pd.Series(values).groupby(part)
    return part, ends.min().to_numpy(), ends.max().to_numpy()


def span(low: float, high: float) -> str:
    """Return the ends of a part as text, such as `1960 to 1974`."""
    return f"{low:.10g}" if low == high else f"{low:.10g} to {high:.10g}"


def _lines(by: str, position: np.ndarray, group: str = "") -> pd.DataFrame:
    return pd.DataFrame({"by": by, "group": group, "low": np.nan, "high": np.nan, "position": position})
