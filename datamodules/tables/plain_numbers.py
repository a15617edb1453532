"""Text cells that are plain numbers, as programs write them: 7, -0.5, 1e6; codes such as 007 are none."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.missing_cells import LABELS_MISSING


def plain_numbers(column: pd.Series) -> pd.Series | None:
    """Return a column of text as whole or decimal numbers; None where a cell is none, or all are missing.

    >>> plain_numbers(pd.Series(["7", "NA", "0.5"])).tolist()
    [7.0, nan, 0.5]
    >>> plain_numbers(pd.Series(["007", "8"])) is None
    True
    """
    cells = pa.chunked_array(pa.array(column, pa.large_string()))
    head = cells.slice(0, 100)
    for part in [head, cells] if len(cells) > 100 else [cells]:
        numbers = _numbers(part)
        if numbers is None and not (part is head and part.null_count == len(part)):
            return None
    return None if numbers is None else pd.Series(numbers.to_numpy(), column.index, name=column.name)


def _numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    missing = pc.is_in(cells, pa.array(LABELS_MISSING, cells.type))
    known = pc.if_else(missing, None, cells) if pc.any(missing).as_py() else cells
    if known.null_count == len(known) or pc.any(pc.match_substring_regex(known, r"^\s*-?0\d")).as_py():
        return None
    for kind in (pa.int64(), pa.float64()):
        try:
            return known.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None
