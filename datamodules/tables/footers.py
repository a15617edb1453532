"""Rows below the last film of a table, such as totals, sources and notes."""

import re
from collections.abc import Sequence

import pyarrow as pa

MOST = 20  # rows of a footer
TOTALS = re.compile(
    r"\W*(?:grand |sub-?|overall )?(?:totals?|sums?|summe|gesamt(?:summe)?|insgesamt|totale|somme|suma|toplam|итого"
    r"|всего|averages?|means?|medians?|mittelwert|durchschnitt|moyenne|media|promedio|counts?|合計|合计|总计|평균|합계)\b"
    r"[^\w]*(?:[(\d].*|films?|movies?|filme|all)?\W*",
    re.IGNORECASE,
)
REMARKS = re.compile(
    r"\W*(?:sources?|quellen?|fuentes?|fonte|źródło|источник|notes?|nota|anmerkung|remarks?|hinweis|\(c\)|©|copyright"
    r"|last updated|updated|as of|stand|generated|exported|downloaded|retrieved|created|end of|report|page)\b.*"
    r"|[*†‡#(\[©].*|\d+ rows?\b.*",
    re.IGNORECASE | re.DOTALL,
)


def is_remark(cells: Sequence[str | None], width: int) -> bool:
    """Tell whether a row with other than the table's number of cells is a remark or a total, and no film cut off."""
    given = [cell.strip() for cell in cells if cell and cell.strip()]
    if not given or (len(cells) >= width and len(given) > 1):
        return False
    return bool(TOTALS.fullmatch(given[0]) or REMARKS.fullmatch(given[0]))


def footer_of(rows: Sequence[Sequence[str | None]], filled: Sequence[bool]) -> int:
    """Return how many of a table's last rows are no films.

    Args:
        rows: the last rows of the table.
        filled: by column, whether nearly every row has a cell there; a film has them, a total has not.
    """
    n_rows = 0
    for cells in reversed(rows[-MOST:]):
        given = [cell.strip() for cell in cells if cell and cell.strip()]
        lacks = any(usual and not (cell and cell.strip()) for cell, usual in zip(cells, filled, strict=True))
        alone = len(given) == 1 and sum(filled) > 2
        if not given or not lacks or not (alone or TOTALS.fullmatch(given[0]) or REMARKS.fullmatch(given[0])):
            break
        n_rows += 1
    return n_rows


def footer_rows(table: pa.Table, gaps: Sequence[int], most_gaps: float) -> list[list[str | None]]:
    """Return the last rows of a table of texts that are no films.

    Args:
        table: its last rows at least.
        gaps: by column, the number of the whole table's rows without a cell.
        most_gaps: of a column that nearly every row fills.
    """
    rows = [list(row.values()) for row in table.slice(max(len(table) - MOST, 0)).to_pylist()]
    n_footer = footer_of(rows, [count <= most_gaps for count in gaps]) if rows else 0
    return rows[len(rows) - n_footer :]


def footer_notice(first_cells: Sequence[str]) -> str:
    """Return the sentence that says which rows were left out."""
    shown = ", ".join(repr(cell[:80]) for cell in first_cells[:5]) + (", ..." if len(first_cells) > 5 else "")
    rows = (
        "1 row below the last film is" if len(first_cells) == 1 else f"{len(first_cells)} rows below the last film are"
    )
    return f"{rows} left out, as no film: {shown}"
