"""What the other films of a label did: shrunken means of the target's residuals, and how many films they come from."""

import numpy as np

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells

NAMES = ("record", "record above", "record below", "films", "known")
"""The shrunken mean, its square above and below 0, log1p of the films, whether there are any."""

MEMORY = 10.0
"""Years: under a split by time a film counts exp(-years / MEMORY)."""


def shrinkage(cells: Cells, residual: np.ndarray) -> float:
    """Return with how many films of residual 0 a label's mean is mixed, from .5 to 50.

    It is the variance within labels by that between them, by moments (Searle, Casella and McCulloch 1992, ISBN
    978-0-470-00959-8, chapter 3); the mean so mixed is the best linear predictor of a random intercept.

    Args:
        cells: of the training rows.
        residual: (n_rows,) float64, the target less its mean; NaN in rows that don't count.
    """
    is_known = ~np.isnan(residual[cells.rows()])
    codes, of_present = cells.codes[is_known], residual[cells.rows()[is_known]]
    counts = np.bincount(codes, minlength=cells.n_labels)
    means = np.bincount(codes, of_present, cells.n_labels) / np.maximum(counts, 1)
    several = counts > 1
    if not several.any():
        return 50.0
    squares = (of_present - means[codes]) ** 2
    within = float(squares[several[codes]].sum() / (counts[several] - 1).sum())
    between = float((means[several] ** 2 - within / counts[several]).mean())
    return float(np.clip(within / between, 0.5, 50)) if between > 0 else 50.0


def track_records(
    cells: Cells, residual: np.ndarray, film: np.ndarray, drawings: Drawings
) -> tuple[np.ndarray, np.ndarray]:
    """Return each label's record, (n_labels, 5), and those of the training rows' cells, (n_drawings, n_rows, 5).

    Both have the columns of `NAMES`. A cell's are the sums over its labels by their weights; those of a training row
    are of the training films outside its own fold.

    Args:
        cells: of the training rows.
        residual: (n_rows,) float64, the target, or another number, less its mean; NaN in rows that don't count.
        film: (n_rows,) int64, codes of films: the rows of a row's own film are never counted among the others.
    """
    rows, codes = cells.rows(), cells.codes
    mixed, is_known = shrinkage(cells, residual), ~np.isnan(residual)[rows]
    of_present = np.where(is_known, residual[rows], 0)
    sums = np.bincount(codes, of_present, cells.n_labels)
    counts = np.bincount(codes, is_known, cells.n_labels)
    others = counts[codes] - _sizes(codes, film[rows], is_known)
    crossed = np.empty((len(drawings.fold), cells.n_rows, len(NAMES)))
    for drawing, fold in enumerate(drawings.fold):
        _, key = np.unique(codes * np.int64(drawings.n_folds) + fold[rows], return_inverse=True)
        outside = counts[codes] - np.bincount(key, is_known)[key]
        rest = np.where(outside > 0, sums[codes] - np.bincount(key, of_present)[key], 0)  # no digits left over
        crossed[drawing] = cells.summed(_inputs(rest / (outside + mixed), others))
    return _inputs(sums / (counts + mixed), counts), crossed


def earlier_records(
    cells: Cells, residual: np.ndarray, film: np.ndarray, year: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `track_records` does, a training row's of films of earlier years alone, (1, n_rows, 5).

    Films count less the longer ago they are; a label's own record is as of the first year after the training rows.

    Args:
        year: (n_rows,) int64.
    """
    mixed = shrinkage(cells, residual)
    order = np.lexsort((year[cells.rows()], cells.codes))
    codes, rows = cells.codes[order], cells.rows()[order]
    years, is_known = year[rows] - year.min(), ~np.isnan(residual[rows])
    known = is_known * np.exp(years / MEMORY)  # as of the first year; a film of another year takes its own part of it
    parts = (known * np.where(is_known, residual[rows], 0), known, is_known)
    sums = [np.concatenate(([0.0], np.cumsum(part))) for part in parts]
    label_start = np.searchsorted(codes, np.arange(cells.n_labels + 1))
    key = codes.astype(np.int64) * (int(years.max(initial=0)) + 1) + years
    before = np.searchsorted(key, key)  # the first of the same label and year

    def records(start: np.ndarray, end: np.ndarray, as_of: np.ndarray) -> np.ndarray:
        total, weight, films = (part[end] - part[start] for part in sums)
        faded = np.exp(-as_of / MEMORY)
        return _inputs(np.where(films > 0, total, 0) * faded / (weight * faded + mixed), films)

    of_present = np.empty((len(rows), len(NAMES)))
    of_present[order] = records(label_start[codes], before, years)
    end = np.full(cells.n_labels, years.max(initial=0) + 1)
    return records(label_start[:-1], label_start[1:], end), cells.summed(of_present)[None]


def _sizes(codes: np.ndarray, film: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    """Return the number of rows that count of the same label and film, of each row."""
    key = codes * (film.max(initial=0) + 1) + film
    inverse = np.unique(key, return_inverse=True)[1]
    return np.asarray(np.bincount(inverse, is_known)[inverse])


def _inputs(record: np.ndarray, films: np.ndarray) -> np.ndarray:
    above, below = np.maximum(record, 0) ** 2, np.minimum(record, 0) ** 2
    return np.stack([record, above, below, np.log1p(films), films > 0], axis=1)
