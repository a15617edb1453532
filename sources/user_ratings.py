"""Sum and number of users' ratings per film, from the 26 million rows of `ratings.csv`, read block by block."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import stripped, whole_ids
from greenlight_films.sources.raw_files import RATINGS
from greenlight_films.sources.raw_text import RaggedRows, arrow_batches, open_raw, read_header

BLOCK = 8 * 2**20
"""Bytes; Arrow reads a few blocks ahead."""

LOWEST, HIGHEST = 0.5, 5.0
"""Stars that a user can give."""

REASONS = (
    "movieId is missing",
    "movieId is no whole number",
    "rating is missing",
    "rating is no number",
    f"rating is not between {LOWEST:g} and {HIGHEST:g}",
)

Parser = Callable[[pd.Series], tuple[pd.Series, np.ndarray]]
"""Returns the values of cells, and the index in `REASONS` of what is wrong with each, -1 for nothing."""


def rating_sums(preparation: Preparation) -> pd.DataFrame:
    """Return the sum and the number of the ratings of each movieId.

    Rows are rejected that have a wrong number of cells, no movieId, or a rating that is not between 0.5 and 5.

    Returns:
        By movieId, as text: the columns `sum` and `count`, float64.

    Raises:
        InputError: the file can't be read to its end.
    """
    path = preparation.files[RATINGS]
    preparation.say(f"Reading {path.name}")
    header, ragged = read_header(path), RaggedRows()
    movies, stars = _DistinctCells(_parse_movie_ids), _DistinctCells(_parse_stars)
    sums, counts = np.zeros(0), np.zeros(0)
    bad_rows, bad_reasons = [np.zeros(0, np.int64)], [np.zeros(0, np.int8)]
    n_rows = 0
    # Dictionaries of bytes: each distinct cell is parsed once, and a bad cell costs only its row.
    types = dict.fromkeys(("movieId", "rating"), pa.dictionary(pa.int32(), pa.binary()))
    with open_raw(path) as stream:
        for batch in arrow_batches(stream, header, types, ragged.skip, BLOCK):
            movie, star = movies.codes(batch.column("movieId")), stars.codes(batch.column("rating"))
            bad = (movies.reasons[movie] >= 0) | (stars.reasons[star] >= 0)
            if bad.any():
                bad_rows.append(n_rows + np.flatnonzero(bad))
                reasons = np.where(movies.reasons[movie] >= 0, movies.reasons[movie], stars.reasons[star])
                bad_reasons.append(reasons[bad])
                movie, star = movie[~bad], star[~bad]
            n_rows += batch.num_rows
            new = np.zeros(len(movies.values) - len(sums))
            weights = stars.values.to_numpy(np.float64)[star]
            sums = np.append(sums, new) + np.bincount(movie, weights, len(movies.values))
            counts = np.append(counts, new) + np.bincount(movie, minlength=len(movies.values))
            preparation.say(f"Reading {path.name}, {n_rows:,} ratings")
    _reject(preparation, ragged.lines(np.concatenate(bad_rows), header), np.concatenate(bad_reasons), n_rows, ragged)
    # A movieId may be written in two ways, as `862` and `862.0`.
    return pd.DataFrame({"sum": sums, "count": counts})[counts > 0].groupby(movies.values.rename("movieId")).sum()


class _DistinctCells:
    """The distinct cells of a column, numbered and parsed when they first appear.

    Attributes:
        values: what `parse` made of each.
        reasons: why it can't be used; see `Parser`.
    """

    def __init__(self, parse: Parser) -> None:
        self._parse = parse
        self._cells = pa.array([], pa.binary())
        self.values, self.reasons = parse(pd.Series([], dtype="str"))

    def codes(self, column: pa.DictionaryArray) -> np.ndarray:
        """Return the index in `values` of each row's cell."""
        codes = pc.index_in(column.dictionary, self._cells)
        if codes.null_count:
            new = column.dictionary.filter(pc.is_null(codes))
            texts = [cell.decode(errors="replace").strip().strip('"') for cell in new.to_pylist()]
            values, reasons = self._parse(pd.Series(texts, dtype="str"))
            self._cells = pa.concat_arrays([self._cells, new])
            self.values = pd.concat([self.values, values], ignore_index=True)
            self.reasons = np.concatenate([self.reasons, reasons])
            codes = pc.index_in(column.dictionary, self._cells)
        return codes.to_numpy()[column.indices.to_numpy()]


def _parse_movie_ids(cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
    values = whole_ids(cells)
    return values, np.select([stripped(cells).isna(), values.isna()], [0, 1], -1).astype(np.int8)


def _parse_stars(cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
    digits = stripped(cells).str.extract(r"^(\d*\.?\d+|\d+\.)$", expand=False)
    values = pd.to_numeric(digits).astype(np.float64)
    outside = (values < LOWEST) | (values > HIGHEST)
    return values, np.select([stripped(cells).isna(), values.isna(), outside], [2, 3, 4], -1).astype(np.int8)


def _reject(preparation: Preparation, lines: np.ndarray, reasons: np.ndarray, n_rows: int, ragged: RaggedRows) -> None:
    """Record what was read and the rows that are rejected, but for empty lines, which are only counted."""
    texts = _lines_of(preparation.files[RATINGS], lines)
    empty = np.array([not text for text in texts], dtype=bool)
    preparation.note(f"empty lines of {RATINGS.name}", int(empty.sum()))
    preparation.read[preparation.name_of(RATINGS)] = n_rows + len(ragged.rows) - int(empty.sum())
    for number, reason in enumerate(REASONS):
        rejected = (reasons == number) & ~empty
        preparation.reject(RATINGS, lines[rejected], reason, np.array(texts, dtype=object)[rejected])
    preparation.reject_broken(RATINGS, ragged.rows)


def _lines_of(path: Path, numbers: np.ndarray) -> list[str]:
    """Return the text of these lines of a file; their numbers ascend from 1."""
    if not len(numbers):
        return []
    wanted = set(numbers.tolist())
    with open_raw(path) as stream:
        return [
            line.decode(errors="replace").rstrip("\r\n")
            for number, line in enumerate(stream, start=1)
            if number in wanted
        ]
