"""The message for cells of a column that can't be read: which rows, what they hold, how many, and what to do."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, declaration
from greenlight_films.datamodules.number_format import counted

SHOWN = 10  # values of a column, each with its rows
ROWS = 5  # of a value
PROPOSED = 10  # values in a declaration


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
        raise InputError(message + (remedy or _remedy(column, bad)), first_row(column, bad))


def first_row(column: pd.Series, which: np.ndarray) -> int:
    """Return the number of the first row of some, in the table, from 1."""
    return int(column.index[int(which.argmax())]) + 1


def cells_in_words(column: pd.Series, which: np.ndarray) -> str:
    """Say which rows hold what: `row 7 has 'about 2', row 19 has '3OO' (2 rows)`."""
    cells = column[which]
    codes, texts = pd.factorize(cells.map(_text))
    counts = np.bincount(codes)
    parts = []
    for code, text in enumerate(texts[:SHOWN]):
        rows = [f"{int(row) + 1:,}" for row in cells.index[codes == code][:ROWS]]
        if counts[code] == 1:
            parts.append(f"row {rows[0]} has {text!r}")
        else:
            more = f" and {counts[code] - ROWS:,} more" if counts[code] > ROWS else ""
            parts.append(f"rows {', '.join(rows)}{more} have {text!r}")
    others = f", and {len(texts) - SHOWN:,} other values" if len(texts) > SHOWN else ""
    count = f" ({len(cells):,} rows)" if len(cells) > 1 else ""
    return ", ".join(parts) + others + count


def declared_missing(column: pd.Series, bad: np.ndarray) -> str:
    """Return the setting that declares cells missing, for a message; of many values the first, and how many others."""
    texts = list(dict.fromkeys(column[bad].map(_text).str.strip()))
    others = len(texts) - PROPOSED
    likewise = f", and the {counted(others, 'other value')} likewise" if others > 0 else ""
    return declaration("missing", column.name, texts[:PROPOSED]) + likewise


def remedy_by_setting(bad: np.ndarray, still_bad: np.ndarray, noun: str, how: str, setting: str) -> str:
    """Return the remedy for cells that another setting reads, empty where it reads fewer of a column than this one.

    Args:
        bad: (n_rows,) bool, cells that can't be read as the column is said to be written.
        still_bad: cells that can't be read with the other setting.
        noun: what a cell is then, such as `date`.
        how: it is written, such as `with the month first`.
        setting: such as `data.day_first: {released: false}`.
    """
    n_bad, n_read = int(bad.sum()), int((bad & ~still_bad).sum())
    if int(still_bad.sum()) >= n_bad:
        return ""
    subject = "it" if n_bad == 1 else "all" if n_read == n_bad else f"{n_read:,} of {n_bad:,}"
    what = f"is a {noun}" if n_read == 1 else f"are {noun}s"
    return f"{subject} {what} {how}: if the column is written so, say so by {setting}, else correct {_pronoun(bad)}"


def _pronoun(bad: np.ndarray) -> str:
    return "it" if int(bad.sum()) == 1 else "them"


def _remedy(column: pd.Series, bad: np.ndarray) -> str:
    pronoun = _pronoun(bad)
    return f"correct {pronoun}, or declare {pronoun} missing by {declared_missing(column, bad)}"


def _text(cell: object) -> str:
    return f"a {type(cell).__name__}" if isinstance(cell, pd.DataFrame | pd.Series) else str(cell)[:80]
