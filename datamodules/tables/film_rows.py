"""Which rows of a text table are films: no empty ones, no header again, no totals and remarks."""

from collections.abc import Iterator, Sequence

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
    may_be_subtotal,
    may_end_in_footer,
)


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


def rows_above_headers(table: pa.Table, names: Sequence[str] | None) -> list[int]:
    """Return how many films stand above each row that is the header again.

    Args:
        table: with its empty rows.
        names: of the columns, where a header gives them.
    """
    again = are_headers(table, names)
    return np.cumsum(are_films(table, names))[again].tolist() if again.any() else []


def no_films_of(table: pa.Table, most_gaps: float) -> NoFilms:
    """Return which rows of a table of texts are totals or remarks.

    Args:
        most_gaps: rows without a cell in a column that nearly every row fills.
    """
    filled = [column.null_count <= most_gaps for column in table.columns]
    last = _rows(table.slice(max(len(table) - MOST, 0)))

    def column(index: int) -> pd.Series:
        return table.column(index).to_pandas().astype("str")

    return find_no_films(len(table), last, filled, _may_be_subtotals(table), ColumnSums(column, len(table)))


def without(table: pa.Table, no_films: NoFilms) -> pa.Table:
    """Return the rows of a table that are films."""
    if not no_films.subtotals:
        return table.slice(0, len(table) - no_films.footer)
    return table.take(pa.array(no_films.kept(len(table))))


def first_cells(table: pa.Table, rows: Sequence[int]) -> list[str]:
    """Return the first cell of each of these rows that holds something."""
    return [given_texts(cells)[0] for cells in _rows(table.take(pa.array(rows, pa.int64())))]


def may_hold_no_films(block: pa.Table) -> bool:
    """Tell whether a block of a table may hold a row between films that is called a subtotal."""
    return next((True for _, cells in _may_be_subtotals(block) if TOTALS.fullmatch(given_texts(cells)[0])), False)


def may_end_in_no_film(end: pa.Table, gaps: Sequence[int], most_gaps: float) -> bool:
    """Tell whether the last rows of a table of texts may be no films.

    Args:
        end: its last rows at least.
        gaps: by column, the number of the whole table's rows without a cell.
        most_gaps: of a column that nearly every row fills.
    """
    return may_end_in_footer(_rows(end.slice(max(len(end) - 1, 0))), [count <= most_gaps for count in gaps])


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
    for position, cells in zip(rows, _rows(table.take(pa.array(rows))), strict=True):
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


def _rows(table: pa.Table) -> list[Cells]:
    return [list(row.values()) for row in table.to_pylist()]
