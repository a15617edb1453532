"""Sum and number of users' ratings per film, from the 26 million rows of `ratings.csv`, read block by block."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.arrow_rows import arrow_rows
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import stripped, whole_ids
from greenlight_films.sources.raw_files import RATINGS
from greenlight_films.sources.raw_text import open_raw

BLOCK = 8 * 2**20  # bytes; Arrow reads a few blocks ahead
LOWEST, HIGHEST = 0.5, 5.0  # stars that a user can give
REASONS = (
    "movieId is missing", "movieId is no whole number", "rating is missing", "rating is no number",
    f"rating is not between {LOWEST:g} and {HIGHEST:g}",
)  # fmt: skip

Parser = Callable[[pd.Series], tuple[pd.Series, np.ndarray]]


def rating_sums(preparation: Preparation) -> pd.DataFrame:
    """Return the columns `sum` and `count` of the ratings by movieId, which is text.

    Rows are rejected that have a wrong number of cells, no movieId, or a rating that is not between 0.5 and 5.
    """
    movies, stars = _DistinctCells(_parse_movie_ids), _DistinctCells(_parse_stars)
    sums, counts = np.zeros(0), np.zeros(0)
    bad_lines, bad_reasons = [np.zeros(0, np.int64)], [np.zeros(0, np.int8)]
    # Dictionaries: each distinct cell is parsed once, and a bad cell costs only its row.
    types = dict.fromkeys(("movieId", "rating"), pa.dictionary(pa.int32(), pa.string()))
    for batch in arrow_rows(preparation, RATINGS, types, BLOCK):
        movie, star = movies.codes(batch["movieId"]), stars.codes(batch["rating"])
        reasons = np.where(movies.reasons[movie] >= 0, movies.reasons[movie], stars.reasons[star])
        bad = reasons >= 0
        if bad.any():
            bad_lines.append(batch["line"].to_numpy()[bad])
            bad_reasons.append(reasons[bad])
            movie, star = movie[~bad], star[~bad]
        new = np.zeros(len(movies.values) - len(sums))
        weights = stars.values.to_numpy(np.float64)[star]
        sums = np.append(sums, new) + np.bincount(movie, weights, len(movies.values))
        counts = np.append(counts, new) + np.bincount(movie, minlength=len(movies.values))
    _reject(preparation, np.concatenate(bad_lines), np.concatenate(bad_reasons))
    # A movieId may be written in two ways, as `862` and `862.0`.
    return pd.DataFrame({"sum": sums, "count": counts})[counts > 0].groupby(movies.values.rename("movieId")).sum()


class _DistinctCells:
    """The distinct cells of a column, numbered and parsed when they first appear.

    Attributes:
        values: what `parse` made of each.
        reasons: the index in `REASONS` of what is wrong with each, -1 for nothing.
    """

    def __init__(self, parse: Parser) -> None:
        self._parse = parse
        self._cells = pa.array([], pa.string())
        self.values, self.reasons = parse(pd.Series([], dtype="str"))

    def codes(self, column: pa.DictionaryArray) -> np.ndarray:
        """Return the index in `values` of each row's cell."""
        codes = pc.index_in(column.dictionary, self._cells)
        if codes.null_count:
            new = column.dictionary.filter(pc.is_null(codes))
            values, reasons = self._parse(pd.Series(new.to_pylist(), dtype="str").str.strip().str.strip('"'))
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


def _reject(preparation: Preparation, lines: np.ndarray, reasons: np.ndarray) -> None:
    """Record the rows that are rejected, but for empty lines, which are only counted."""
    line_texts, wanted = [], set(lines.tolist())
    with open_raw(preparation.files[RATINGS]) as stream:
        for number, line in enumerate(stream if wanted else (), start=1):
            if number in wanted:
                line_texts.append(line.decode(errors="replace").rstrip("\r\n"))
    texts = np.array(line_texts, dtype=object)
    empty = texts == ""
    preparation.note(f"empty lines of {RATINGS.name}", int(empty.sum()))
    preparation.read[preparation.name_of(RATINGS)] -= int(empty.sum())
    for number, reason in enumerate(REASONS):
        rejected = (reasons == number) & ~empty
        preparation.reject(RATINGS, lines[rejected], reason, texts[rejected])
