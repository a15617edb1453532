"""The message for cells of a column that can't be read: which rows, what they hold, how many, and what to do."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError

SHOWN = 5  # values of a column, each with its rows
ROWS = 3  # of a value


def refuse_cells(column: pd.Series, bad: np.ndarray, requirement: str, remedy: str = "") -> None:
    """Raise an InputError that names the cells where `bad` is true; equal ones are told together, with their count.

    Args:
        column: whose index counts the table's rows from 0.
        bad: (n_rows,) bool.
        requirement: such as `must hold numbers`.
        remedy: by default, to correct them or to declare them missing.
    """
    if bad.any():
        message = f"column '{column.name}' {requirement}, {cells_in_words(column, bad)}; "
        first = int(column.index[int(bad.argmax())]) + 1
        raise InputError(message + (remedy or _remedy(column, bad)), first)


def cells_in_words(column: pd.Series, which: np.ndarray) -> str:
    """Say which rows hold what: `row 7 has 'about 2', row 19 has '3OO' (2 rows)`."""
    cells = column[which]
    texts = cells.map(lambda cell: str(cell)[:80])
    groups = texts.groupby(texts, sort=False)
    parts = []
    for text, group in list(groups)[:SHOWN]:
        rows = [f"{int(row) + 1:,}" for row in group.index[:ROWS]]
        if len(group) == 1:
            parts.append(f"row {rows[0]} has {text!r}")
        else:
            more = f" and {len(group) - ROWS:,} more" if len(group) > ROWS else ""
            parts.append(f"rows {', '.join(rows)}{more} have {text!r}")
    others = f", and {groups.ngroups - SHOWN:,} other values" if groups.ngroups > SHOWN else ""
    count = f" ({len(cells):,} rows)" if len(cells) > 1 else ""
    return ", ".join(parts) + others + count


def _remedy(column: pd.Series, bad: np.ndarray) -> str:
    texts = list(dict.fromkeys(str(cell).strip()[:80] for cell in column[bad]))
    shown = ", ".join(map(repr, texts[:ROWS])) + (", ..." if len(texts) > ROWS else "")
    one = "it" if int(bad.sum()) == 1 else "them"
    return f"correct {one}, or declare {one} missing by data.missing: {{{column.name}: [{shown}]}}"
