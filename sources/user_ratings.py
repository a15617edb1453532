"""What users rated: `ratings.csv`, 26 million rows, summed up by film without ever being whole in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import ids, known
from greenlight_films.sources.raw_files import RATINGS
from greenlight_films.sources.raw_text import Header, Ragged, open_rows, read_header, reading

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


def rating_sums(preparation: Preparation) -> pd.DataFrame:
    """Return the sum and the number of the ratings of each movieId.

    Rows with other than the header's number of cells, without a movieId, or with a rating that is no number or not
    between 0.5 and 5 are rejected.

    Returns:
        By movieId, as text: the columns `sum` and `count`, float64.

    Raises:
        InputError: the file can't be read to its end.
    """
    path = preparation.files[RATINGS]
    preparation.say(f"Reading {path.name}")
    header, totals = read_header(path), _Totals()
    # Codes of the bytes that stand there: only what stands there for the first time has to be understood, so text is
    # read as fast as numbers, and one bad cell costs one row.
    kinds = dict.fromkeys(("movieId", "rating"), pa.dictionary(pa.int32(), pa.binary()))
    with reading(path) as stream:
        for batch in open_rows(stream, header, kinds, totals.ragged.skip, BLOCK):
            totals.add(batch)
            preparation.say(f"Reading {path.name}, {totals.n_rows:,} ratings")
    totals.tell(preparation, header)
    return totals.sums()


class _Cells:
    """The different cells of a column, each understood once.

    Attributes:
        values: what each stands for.
        reasons: the number in `REASONS` of what is wrong with each; -1 for nothing.
    """

    def __init__(self, understand: Callable[[pd.Series], tuple[pd.Series, np.ndarray]]) -> None:
        self._understand = understand
        self._known = pa.array([], pa.binary())
        self.values: list[Any] = []
        self.reasons = np.zeros(0, dtype=np.int8)

    def places(self, column: pa.DictionaryArray) -> np.ndarray:
        """Return the place of each row's cell in `values`."""
        found = self._find(column.dictionary)
        if found.null_count:
            new = column.dictionary.filter(pc.is_null(found))
            texts = [cell.decode(errors="replace").strip().strip('"') for cell in new.to_pylist()]
            values, reasons = self._understand(pd.Series(texts, dtype="str"))
            self._known = pa.concat_arrays([self._known, new])
            self.values.extend(values)
            self.reasons = np.concatenate([self.reasons, reasons.astype(np.int8)])
            found = self._find(column.dictionary)
        return found.to_numpy()[column.indices.to_numpy()]

    def _find(self, cells: pa.Array) -> pa.Array:
        return pc.index_in(cells, value_set=self._known)


def _movie_ids(cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
    values = ids(cells)
    return values, np.select([known(cells).isna(), values.isna()], [0, 1], -1)


def _stars(cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
    written = known(cells).str.extract(r"^(\d*\.?\d+|\d+\.)$", expand=False)
    values = pd.to_numeric(written).astype(np.float64)
    outside = (values < LOWEST) | (values > HIGHEST)
    return values, np.select([known(cells).isna(), values.isna(), outside], [2, 3, 4], -1)


class _Totals:
    """Sums up batches, and keeps which rows are bad."""

    def __init__(self) -> None:
        self.n_rows = 0
        self._movies, self._stars = _Cells(_movie_ids), _Cells(_stars)
        self._sums, self._counts = np.zeros(0), np.zeros(0)
        self.ragged = Ragged()
        self._bad_rows: list[np.ndarray] = []
        self._bad_reasons: list[np.ndarray] = []

    def add(self, batch: pa.RecordBatch) -> None:
        movies, stars = self._movies.places(batch.column("movieId")), self._stars.places(batch.column("rating"))
        bad_movie, bad_star = self._movies.reasons[movies], self._stars.reasons[stars]
        good = (bad_movie < 0) & (bad_star < 0)
        if not good.all():
            self._bad_rows.append(self.n_rows + np.flatnonzero(~good))
            self._bad_reasons.append(np.where(bad_movie >= 0, bad_movie, bad_star)[~good])
            movies, stars = movies[good], stars[good]
        self.n_rows += batch.num_rows
        n_movies = len(self._movies.values)
        weights = np.array(self._stars.values, dtype=np.float64)[stars]
        new = np.zeros(n_movies - len(self._sums))
        self._sums = np.concatenate([self._sums, new]) + np.bincount(movies, weights, n_movies)
        self._counts = np.concatenate([self._counts, new]) + np.bincount(movies, minlength=n_movies)

    def tell(self, preparation: Preparation, header: Header) -> None:
        """Give account of what was read and rejected."""
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *self._bad_rows])
        reasons = np.concatenate([np.zeros(0, dtype=np.int8), *self._bad_reasons])
        lines = self.ragged.lines(rows, header)
        texts = _texts_of(preparation.files[RATINGS], lines)
        empty = np.array([not text for text in texts], dtype=bool)
        preparation.note(f"empty lines of {RATINGS.name}", int(empty.sum()))
        preparation.read[preparation.name_of(RATINGS)] = self.n_rows + len(self.ragged.rows) - int(empty.sum())
        for number, reason in enumerate(REASONS):
            these = (reasons == number) & ~empty
            preparation.reject(RATINGS, lines[these], reason, np.array(texts, dtype=object)[these])
        preparation.reject_broken(RATINGS, self.ragged.rows)

    def sums(self) -> pd.DataFrame:
        movie_ids = pd.Series(self._movies.values, dtype="str", name="movieId")
        found = pd.DataFrame({"sum": self._sums, "count": self._counts})
        # The same movieId may be written in two ways, as `862` and `862.0`.
        return found[self._counts > 0].groupby(movie_ids).sum()


def _texts_of(path: Path, lines: np.ndarray) -> list[str]:
    """Return what stands in these lines, which ascend."""
    if not len(lines):
        return []
    wanted = set(lines.tolist())
    with reading(path) as stream:
        return [
            line.decode(errors="replace").rstrip("\r\n")
            for place, line in enumerate(stream, start=1)
            if place in wanted
        ]
