"""Cells whose text was spoilt: bytes that belong to no letter, and letters that were decoded wrongly once before."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.encodings import TWICE, repaired
from greenlight_films.datamodules.tables.text_stream import TextStream

ROWS = 10  # that a notice names
REPLACED = "\ufffd"


def text_notices(frame: pd.DataFrame, stream: TextStream) -> list[str]:
    """Return a sentence for each column of a text file that has broken cells."""
    notices = []
    if stream.bad:
        for name, rows in _matching(frame, REPLACED):
            cells = frame[name].iloc[rows[0]]
            notices.append(
                f"column '{name}' has bytes that are no {stream.encoding} text in {_rows(rows)}, such as "
                f"{str(cells)[:80]!r}: they became {REPLACED}; correct them in the file"
            )
    if stream.seen.twice:
        for name, rows in _matching(frame, TWICE):
            spoilt = [row for row in rows if repaired(frame[name].iloc[row]) is not None]
            notices += [_twice(frame[name], np.array(spoilt))] if spoilt else []
    return notices


def _twice(column: pd.Series, rows: np.ndarray) -> str:
    text = column.iloc[rows[0]]
    return (
        f"column '{column.name}' has text that was decoded wrongly once before it was written, in {_rows(rows)}: "
        f"{text[:80]!r} was {str(repaired(text))[:80]!r}; write the table anew from its source, or mend each such cell "
        'by cell.encode("cp1252").decode("utf-8")'
    )


def _matching(frame: pd.DataFrame, pattern: str) -> Iterator[tuple[str, np.ndarray]]:
    for name in frame.columns:
        cells = pa.chunked_array(pa.array(frame[name]))
        rows = np.flatnonzero(pc.match_substring_regex(cells, pattern).fill_null(False).to_numpy())
        if len(rows):
            yield name, rows


def _rows(rows: np.ndarray) -> str:
    numbers = ", ".join(f"{row + 1:,}" for row in rows[:ROWS])
    more = f" and {len(rows) - ROWS:,} more" if len(rows) > ROWS else ""
    return f"row {numbers} (1 cell)" if len(rows) == 1 else f"rows {numbers}{more} ({len(rows):,} cells)"
