"""How far scores would move with other test films: intervals by resampling."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

MEAN, CHUNK = "mean", 4_000_000
"""The model that guesses the mean, and how many draws are in memory at once."""

SCORES = ("rmse", "mae", "r2")


def bootstrap_intervals(
    actual: np.ndarray, predicted: Mapping[str, np.ndarray], film_codes: np.ndarray, seed: int, n: int = 1000
) -> pd.DataFrame:
    """Return every model's scores with 95 % percentile intervals; all models see the same resamples.

    Films are drawn with replacement, all rows of a film together: rows of one film are no independent observations.
    Efron and Tibshirani 1993, doi 10.1201/9780429246593.

    Args:
        actual: (n_rows,) in the target's unit.
        predicted: (n_rows,) of each model; where one is called `mean`, others have the score `rmse_below_mean` too: by
            what share of its RMSE theirs is smaller.
        film_codes: (n_rows,) what tells films apart.
        n: how many resamples.

    Returns:
        Columns model, score, value, low_95, high_95; NaN where a score can't be told.
    """
    _, film = np.unique(film_codes, return_inverse=True)
    sums = _sums_by_film(np.asarray(actual, np.float64), predicted, film)
    whole = _scores(sums.sum(0, keepdims=True), list(predicted))
    counts = _counts(len(sums), np.random.default_rng(seed), n)
    resampled = _scores(np.concatenate([drawn @ sums for drawn in counts]), list(predicted))
    lines = []
    for key, values in resampled.items():
        told = values[np.isfinite(values)]
        low, high = np.quantile(told, [0.025, 0.975]) if len(told) else (np.nan, np.nan)
        lines.append((*key, whole[key][0], low, high))
    return pd.DataFrame(lines, columns=["model", "score", "value", "low_95", "high_95"])


def _sums_by_film(actual: np.ndarray, predicted: Mapping[str, np.ndarray], film: np.ndarray) -> np.ndarray:
    """Return of each film the number of rows, the sums of the target and its square, and of each model's errors."""
    off_mean = actual - actual.mean()  # squares of values far from 0 would lose their digits
    columns = [np.ones(len(actual)), off_mean, off_mean**2]
    for one in predicted.values():
        error = np.asarray(one, np.float64) - actual
        columns += [error**2, np.abs(error)]
    return np.stack([np.bincount(film, weights=column) for column in columns], axis=1)


def _counts(n_films: int, stream: np.random.Generator, n: int) -> Iterator[np.ndarray]:
    """Yield how often each film is in each resample, (some, n_films), n in all."""
    at_once = max(1, CHUNK // n_films)
    for start in range(0, n, at_once):
        some = min(at_once, n - start)
        drawn = stream.integers(n_films, size=(some, n_films)) + n_films * np.arange(some)[:, None]
        yield np.bincount(drawn.ravel(), minlength=some * n_films).reshape(some, n_films).astype(np.float64)


def _scores(sums: np.ndarray, models: list[str]) -> dict[tuple[str, str], np.ndarray]:
    """Return by model and score the values of each resample, (n,), from its sums, (n, 3 + 2 models)."""
    rows, total, squares = sums[:, :3].T
    spread = np.maximum(squares - total**2 / rows, 0)
    spread = np.where(spread > 1e-12 * squares, spread, np.nan)
    found: dict[tuple[str, str], np.ndarray] = {}
    for place, model in enumerate(models):
        squared, absolute = sums[:, 3 + 2 * place : 5 + 2 * place].T
        scores = (np.sqrt(squared / rows), absolute / rows, 1 - squared / spread)
        found |= {(model, score): values for score, values in zip(SCORES, scores, strict=True)}
    if MEAN in models:
        of_mean = found[MEAN, "rmse"]
        share = np.where(of_mean > 0, of_mean, np.nan)
        found |= {(model, "rmse_below_mean"): 1 - found[model, "rmse"] / share for model in models if model != MEAN}
    return found
