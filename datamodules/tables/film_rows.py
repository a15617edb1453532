"""Which rows of a table are films: no empty ones, no header again, no totals and remarks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.column_sums import ColumnSums, given_texts
from greenlight_films.datamodules.tables.footers import (
    MAY_NAME_TOTALS,
    MOST,
    TOTALS,
    Cells,
    NoFilms,
    find_no_films,
    header_notices,
    may_be_subtotal,
    subtotal_notices,
)


@dataclass(frozen=True)
class FilmRows:
    """The films among the rows of a table.

    Attributes:
        mask: (n_rows,) bool, the rows that are films.
        left_out: the first cell of each row below the last film.
        notices: sentences on rows above it that are the header again or subtotals.
    """

    mask: np.ndarray
    left_out: list[str]
    notices: list[str]

    def of(self, table: pa.Table) -> pa.Table:
        """Return the films of the table; without a copy where all stand above the other rows."""
        n_films = int(np.count_nonzero(self.mask))
        return table.slice(0, n_films) if self.mask[:n_films].all() else table.filter(pa.array(self.mask))


def find_films(table: pa.Table, names: Sequence[str] | None, n_gaps: int) -> FilmRows:
    """Return which rows of a table of texts are films.

    Args:
        names: of the columns, where a header gives them.
        n_gaps: rows, beyond a tenth of all, without a cell in a column that nearly every film fills.
    """
    mask = are_films(table, names)
    films = table if mask.all() else table.filter(pa.array(mask))
    no_films = no_films_of(films, n_gaps)
    of_subtotals = first_cells(films, sorted((*no_films.subtotals, *no_films.doubtful)))
    n_above = [] if films is table else np.cumsum(mask)[are_headers(table, names)].tolist()
    notices = [*header_notices(n_above), *subtotal_notices(no_films, of_subtotals)]
    left_out = first_cells(films, range(len(films) - no_films.footer, len(films)))
    mask[mask] = no_films.kept(len(films))
    return FilmRows(mask, left_out, notices)


def are_films(table: pa.Table, names: Sequence[str] | None) -> np.ndarray:
    """Return which rows are no empty ones, and not the header again, (n_rows,) bool.

    Args:
        names: of the columns, where a header gives them.
    """
    films = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        films |= pc.is_valid(column).to_numpy()
        if films.all():
            break
    return films & ~are_headers(table, names)


def are_headers(table: pa.Table, names: Sequence[str] | None) -> np.ndarray:
    """Return which rows are the header again, (n_rows,) bool."""
    again = np.full(len(table), names is not None)
    for column, name in zip(table.columns, names or (), strict=False):
        again &= pc.equal(column, name).fill_null(not name).to_numpy(zero_copy_only=False)
        if not again.any():
            break
    return again


def no_films_of(table: pa.Table, n_gaps: int) -> NoFilms:
    """Return which rows of a table of texts are totals or remarks; `n_gaps` is as of `find_films`."""
    filled = are_filled([column.null_count for column in table.columns], len(table), n_gaps)
    last = rows_of(table.slice(max(len(table) - MOST, 0)))

    def column(index: int) -> pd.Series:
        return table.column(index).to_pandas().astype("str")

    return find_no_films(len(table), last, filled, _may_be_subtotals(table), ColumnSums(column, len(table)))


def first_cells(table: pa.Table, rows: Sequence[int]) -> list[str]:
    """Return the first cell of each of these rows that holds something."""
    return [given_texts(cells)[0] for cells in rows_of(table.take(pa.array(rows, pa.int64())))]


def may_hold_subtotals(block: pa.Table) -> bool:
    """Tell whether a block of a table may hold a row between films that is called a subtotal."""
    return next((True for _, cells in _may_be_subtotals(block) if TOTALS.fullmatch(given_texts(cells)[0])), False)


def are_filled(gaps: Sequence[int], n_rows: int, n_gaps: int) -> list[bool]:
    """Return by column whether nearly every row has a cell there, from the number of rows that have none."""
    return [count <= 0.1 * n_rows + n_gaps for count in gaps]


def _may_be_subtotals(table: pa.Table) -> Iterator[tuple[int, Cells]]:
    """Yield the rows that may be subtotals by their texts and gaps, with their positions."""
    n_gaps = np.zeros(len(table), dtype=np.int32)
    for column in table.columns:
        if column.null_count:
            n_gaps += pc.is_null(column).to_numpy()
    if not n_gaps.any():
        return
    first = _first_given(table)
    named = pc.match_substring_regex(first, MAY_NAME_TOTALS).fill_null(False).to_numpy(zero_copy_only=False)
    bare = 2 * n_gaps >= table.num_columns
    rows = np.flatnonzero((named & (n_gaps > 0)) | (bare if bare.sum() <= MOST**2 else False))
    for position, cells in zip(rows, rows_of(table.take(pa.array(rows))), strict=True):
        if may_be_subtotal(cells):
            yield int(position), cells


def _first_given(table: pa.Table) -> pa.ChunkedArray:
    """Return the first cell of each row that is given."""
    first = table.column(0)
    for column in table.columns[1:]:
        if not first.null_count:
            break
        first = pc.coalesce(first, column)
    return first


def rows_of(table: pa.Table) -> list[Cells]:
    """Return the cells of each row."""
    return [list(row.values()) for row in table.to_pylist()]
