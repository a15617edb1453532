"""Bootstrap confidence intervals of the models' scores: how far these would move with other test films."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

MEAN = "mean"  # the model that predicts it
BELOW_MEAN = "rmse_below_mean"
CHUNK = 4_000_000  # drawn films in memory at a time


def bootstrap_intervals(
    actual: np.ndarray,
    predicted: Mapping[str, np.ndarray],
    film_codes: np.ndarray,
    seed: int,
    n: int = 1000,
    weights: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return every model's scores with 95 % percentile intervals; all models see the same resamples.

    Films are drawn with replacement, each with all of its rows, which are no independent observations.
    Efron and Tibshirani 1993, doi 10.1201/9780429246593.

    Args:
        actual: (n_rows,) in the target's unit.
        predicted: (n_rows,) of each model. With a model called `mean`, the others have the score `rmse_below_mean` too:
            the share by which their RMSE is smaller than its.
        film_codes: (n_rows,), equal for rows of the same film.
        weights: (n_rows,), 0 or more, of each row in the scores.

    Returns:
        Columns model, score (rmse, mae, r2), value, low_95, high_95; NaN where a score is undefined.
    """
    _, film = np.unique(film_codes, return_inverse=True)
    of_rows = np.ones(len(film)) if weights is None else np.asarray(weights, np.float64)
    sums = _sums_by_film(np.asarray(actual, np.float64), predicted, film, of_rows)
    whole = _scores(sums.sum(0, keepdims=True), list(predicted))
    counts = _counts(len(sums), np.random.default_rng(seed), n)
    resampled = _scores(np.concatenate([drawn @ sums for drawn in counts]), list(predicted))
    lines = []
    for (model, score), values in resampled.items():
        finite = values[np.isfinite(values)]
        low, high = np.quantile(finite, [0.025, 0.975]) if len(finite) else (np.nan, np.nan)
        lines.append((model, score, whole[model, score][0], low, high))
    return pd.DataFrame(lines, columns=["model", "score", "value", "low_95", "high_95"])


def _sums_by_film(
    actual: np.ndarray, predicted: Mapping[str, np.ndarray], film: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return of each film the weighted sums of its rows, of the target and its square, and of each model's errors."""
    off_mean = actual - np.average(actual, weights=weights)  # squares of values far from 0 would lose their digits
    columns = [np.ones(len(actual)), off_mean, off_mean**2]
    for prediction in predicted.values():
        error = np.asarray(prediction, np.float64) - actual
        columns += [error**2, np.abs(error)]
    return np.stack([np.bincount(film, weights=column * weights) for column in columns], axis=1)


def _counts(n_films: int, stream: np.random.Generator, n: int) -> Iterator[np.ndarray]:
    """Yield how often each film is in each resample, (n_resamples, n_films), a chunk of the n resamples at a time."""
    at_once = max(1, CHUNK // n_films)
    for start in range(0, n, at_once):
        size = min(at_once, n - start)
        drawn = stream.integers(n_films, size=(size, n_films)) + n_films * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n_films).reshape(size, n_films).astype(np.float64)


def _scores(sums: np.ndarray, models: list[str]) -> dict[tuple[str, str], np.ndarray]:
    """Return by model and score the values of each resample, (n,), from its sums, (n, 3 + 2 models)."""
    rows, total, squares = sums[:, :3].T
    rows = np.where(rows > 0, rows, np.nan)  # films that weigh nothing may be drawn alone
    spread = np.maximum(squares - total**2 / rows, 0)
    spread = np.where(spread > 1e-12 * squares, spread, np.nan)
    scores: dict[tuple[str, str], np.ndarray] = {}
    for column, model in enumerate(models):
        squared, absolute = sums[:, 3 + 2 * column : 5 + 2 * column].T
        values = (np.sqrt(squared / rows), absolute / rows, 1 - squared / spread)
        scores |= {(model, score): value for score, value in zip(("rmse", "mae", "r2"), values, strict=True)}
    if MEAN in models:
        of_mean = np.where(scores[MEAN, "rmse"] > 0, scores[MEAN, "rmse"], np.nan)
        scores |= {(model, BELOW_MEAN): 1 - scores[model, "rmse"] / of_mean for model in models if model != MEAN}
    return scores
