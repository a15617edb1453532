"""The message for cells that are no numbers: what the column must hold, and what to do."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import declaration
from greenlight_films.datamodules.tables.bad_cells import refuse_cells, remedy_by_setting
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_habits import MARKS


def refuse_no_numbers(
    column: pd.Series,
    unread: np.ndarray,
    share_read: float,
    format: Format,
    parse: Callable[[pd.Series, Format], Any],
) -> None:
    """Raise an InputError that names the cells that are no numbers.

    Args:
        unread: (n_rows,) bool, these cells; one at least.
        share_read: the share of numbers among the cells that do not mean missing.
        format: that the column was read in.
        parse: `parse_numbers`, which reads the column in another format.
    """
    other = {".": ",", ",": "."}.get(format.decimal or "")
    remedy = ""
    if other and column[unread].head(1).map(pd.api.types.is_scalar).all():
        setting = declaration("decimal", column.name, other)
        still = parse(column, replace(format, decimal=other)).unread
        remedy = remedy_by_setting(unread, still, "number", f"with a decimal {MARKS[other]}", setting)
    requirement = "must hold numbers"
    if format.decimal == "," or remedy:
        requirement += f" with decimal {MARKS[format.decimal or '.']}s"
    refuse_cells(column, unread, requirement, remedy or _remedy(column, unread, share_read))


def _remedy(column: pd.Series, unread: np.ndarray, share_read: float) -> str:
    """Return the remedy where hardly a cell is a number, or where one is a list; else the usual."""
    sample = column[unread].head(100)
    if not sample.map(pd.api.types.is_scalar).all():
        return "a cell must hold one number"
    if share_read > 0.2 or int(unread.sum()) < 2:
        return ""
    if (sample.astype("str").str.count(r"\d+[-/.]\d+[-/.]\d+") > 0).mean() > 0.8:
        return "correct them; if it holds dates, declare it as Date"
    return "correct them; if it holds names or words, declare it as Labels or Category"
