"""Merged cells of a sheet: the names of columns below groups, and a value that holds for several rows."""

from collections.abc import Sequence
from typing import Any

Range = tuple[tuple[int, int], tuple[int, int]]
"""Row and column, from 0, of the first and the last cell of those that are merged; the first has the value."""


def join_header(grid: list[list[Any]], merged: Sequence[Range]) -> None:
    """Make one line of a header of two, in place: `Germany` merged above `gross` becomes `Germany gross`.

    Nothing is done where the lower line names all columns by itself, or where it is no header.
    """
    top = next((index for index, row in enumerate(grid) if sum(cell != "" for cell in row) > 1), len(grid))
    if top + 1 >= len(grid):
        return
    upper, lower = grid[top : top + 2]
    columns = range(len(upper))
    groups = {
        column: upper[left]
        for (first, left), (last, right) in merged
        if first == last == top and left < right < len(upper)
        for column in range(left, right + 1)
    }
    others = [column for column in columns if column not in groups]
    is_header = any(upper[column] != "" for column in others) or all(isinstance(lower[c], str) for c in groups)
    if (
        not groups
        or not is_header
        or any(lower[column] == "" for column in groups)
        or any(upper[column] != "" and lower[column] != "" for column in others)
        or ("" not in lower and len(set(lower)) == len(lower))
    ):
        return
    names = [upper[column] if lower[column] == "" else lower[column] for column in columns]
    grid[top + 1] = [
        f"{as_text(groups[c])} {as_text(name)}" if c in groups else name for c, name in zip(columns, names, strict=True)
    ]
    grid[top] = [""] * len(upper)


def as_text(cell: Any) -> str:
    """Return a cell as its sheet shows it: 2019 for 2019.0."""
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip()


def fill_down(grid: list[list[Any]], merged: Sequence[Range], first: int) -> dict[int, tuple[int, int]]:
    """Write the value of cells of a column that are merged over several rows into each of these rows, in place.

    Args:
        first: row of the first film.

    Returns:
        By column, how many cells were merged so, and how many rows they span.
    """
    counts: dict[int, tuple[int, int]] = {}
    for (top, column), (bottom, last) in merged:
        is_within = first <= top < bottom and bottom < len(grid) and column == last < len(grid[top])
        if not is_within or grid[top][column] == "":
            continue
        rows = grid[top : bottom + 1]
        for row in rows:
            row[column] = grid[top][column]
        n_merged, n_rows = counts.get(column, (0, 0))
        counts[column] = n_merged + 1, n_rows + len(rows)
    return counts
