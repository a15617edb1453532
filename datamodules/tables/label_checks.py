"""Refusals of labels whose cells are plainly written in another way than declared, with the way that they are."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.label_notations import (
    STRONG,
    WEAK,
    find_literal,
    find_notation,
    find_separator,
    sample_of,
)

OPENING = np.isin(np.arange(256), list(b'[{("'))  # by the byte


def refuse_wrong_notation(column: str, lists: LabelLists, separator: str | Sequence[str]) -> None:
    """Refuse labels that are plainly lists, or several labels that another separator parts.

    Args:
        lists: of cells cut at `separator`.
    """
    counts = lists.counts()
    given = counts > 0
    n_rows = int(np.count_nonzero(given))
    if n_rows < 2:
        return
    separators = (separator,) if isinstance(separator, str) else tuple(separator)
    _refuse_brackets(column, lists, separators[0], given)
    if np.count_nonzero(counts > 1) > 0.05 * n_rows:
        return  # it parts cells
    repeats = len(lists.names) < 0.5 * len(lists.codes)  # a label with a comma may, a whole cast in pipes is still one
    marks = re.compile("|".join(re.escape(mark) for mark in (STRONG if repeats else (*STRONG, *WEAK))))
    names = sample_of(lists.names.take(pa.array(lists.codes)))
    if sum(marks.search(name) is not None for name in names) < 0.5 * len(names):
        return
    notation = find_separator(names)
    if notation and notation.several >= 0.5 and notation.repeats >= 0.5 and notation.separators != separators:
        name = next(name for name in names if any(mark.strip(" ") in name for mark in notation.separators))
        raise InputError(
            f"column '{column}': `separator` must stand between the labels of its cells, got {separators[0]!r}, and "
            f"nearly every cell is one label of its own, such as {name[:80]!r}, in which {notation.separators[0]!r} "
            f"parts names; set `separator` to {notation.separator!r}"
        )


def with_right_format(fault: InputError, column: pd.Series, format: str) -> InputError:
    """Return an error about cells that are no lists in `format`, with the format that most of them have."""
    notation = find_notation(column)
    if notation is None or notation.format == format or notation.share < 0.5:
        return fault
    separator = f" and `separator: {notation.separator!r}`" if notation.separators else ""
    return InputError(
        f"{fault}; most cells are in {notation.format} format: set `format: {notation.format}`{separator}"
    )


def _refuse_brackets(column: str, lists: LabelLists, separator: str, given: np.ndarray) -> None:
    """Refuse lists read as text: labels would begin with brackets and quotes."""
    first, _ = lists.bytes_of_names.edges
    opens = OPENING[first]
    if not opens.any():
        return
    starts, ends = lists.offsets[:-1][given], lists.offsets[1:][given]
    if np.count_nonzero(opens[lists.codes[starts]]) < 0.5 * len(starts):
        return
    opens, closes = (
        pc.match_substring_regex(lists.names, pattern).to_numpy(zero_copy_only=False)
        for pattern in (r'^(\(|"?[\[{])', r'[\]})]"?$')
    )
    bracketed = opens[lists.codes[starts]] & closes[lists.codes[ends - 1]]
    if bracketed.sum() < 0.5 * len(bracketed):
        return
    rows = np.flatnonzero(given)[bracketed][:1000]
    cells = [separator.join(labels) for labels in lists.take(rows).to_lists()]
    notation = find_literal(cells)
    if notation:
        key = f" and `key: {notation.key}`" if notation.key else ""
        count = int(bracketed.sum())
        raise InputError(
            f"column '{column}': `format: text` must be of cells without brackets around them, but "
            f"{count:,} of {counted(len(bracketed), 'cell')} {are(count)} lists in {notation.format} format, such as "
            f"{cells[0][:80]!r}, whose labels would begin with {cells[0][0]!r}; set `format: {notation.format}`{key}"
        )
