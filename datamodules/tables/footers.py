"""Rows of a table that are no films: totals, sources and notes below the last film, and subtotals between films."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.datamodules.tables.column_sums import ColumnSums, given_texts, may_be_total

MOST = 20  # rows of a footer, and subtotals without a name
_WORDS = (
    r"totals?|sums?|summe|zwischensumme|gesamt(?:summe)?|insgesamt|totale|somme|suma|toplam|итого"
    r"|всего|averages?|means?|medians?|mittelwert|durchschnitt|moyenne|media|promedio|counts?|合計|小計|合计|小计|总计|평균"
    r"|합계|소계"
)
TOTALS = re.compile(
    rf"\W*(?:grand |sub-?|overall )?(?:{_WORDS})\b[^\w]*(?:[(\d].*|films?|movies?|filme|all)?\W*", re.IGNORECASE
)
MAY_NAME_TOTALS = rf"(?i)^\W*(?:grand |sub-?|overall )?(?:{_WORDS})"  # for Arrow, whose letters are others
REMARKS = re.compile(
    r"\W*(?:sources?|quellen?|fuentes?|fonte|źródło|источник|notes?|nota|anmerkung|remarks?|hinweis|\(c\)|©|copyright"
    r"|last updated|updated|as of|stand|generated|exported|downloaded|retrieved|created|end of|report|page)\b.*"
    r"|[*†‡#(\[©].*|\d+ rows?\b.*",
    re.IGNORECASE | re.DOTALL,
)

Cells = Sequence[str | None]


@dataclass(frozen=True)
class NoFilms:
    """Rows among and below the films that are none.

    Attributes:
        footer: how many of the last rows.
        subtotals: positions of subtotals between films, called so and with the sums of rows above.
        doubtful: positions of rows that may be some, and stay.
    """

    footer: int = 0
    subtotals: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()

    def kept(self, n_rows: int) -> np.ndarray:
        """Return which of the table's rows are films, (n_rows,) bool."""
        films = np.arange(n_rows) < n_rows - self.footer
        films[list(self.subtotals)] = False
        return films


def is_remark(cells: Cells, width: int) -> bool:
    """Tell whether a row with other than the table's number of cells is a remark or a total, and no film cut off."""
    given = given_texts(cells)
    if not given or (len(cells) >= width and len(given) > 1):
        return False
    return bool(TOTALS.fullmatch(given[0]) or REMARKS.fullmatch(given[0]))


def may_be_subtotal(cells: Cells) -> bool:
    """Tell whether a row between films may be a subtotal by its texts: numbers, gaps, and one such word or none."""
    given = given_texts(cells)
    if not may_be_total(cells) or len(given) == len(cells):
        return False
    return bool(TOTALS.fullmatch(given[0])) or 2 * len(given) <= len(cells)


def find_no_films(
    n_rows: int, last: Sequence[Cells], filled: Sequence[bool], within: Iterable[tuple[int, Cells]], sums: ColumnSums
) -> NoFilms:
    """Return which rows are no films.

    Args:
        last: the last rows of the table.
        filled: by column, whether nearly every row has a cell there; a film has them, a total has not.
        within: rows that may be subtotals, by `may_be_subtotal`, with their positions.
        sums: of the table.
    """
    n_unlike = _n_unlike_films(last[-MOST:], filled)
    subtotals, doubtful = _subtotals([each for each in within if each[0] < n_rows - n_unlike], sums)
    return NoFilms(_footer(n_rows, last[len(last) - n_unlike :], filled, sums), subtotals, doubtful)


def _footer(n_rows: int, unlike: Sequence[Cells], filled: Sequence[bool], sums: ColumnSums) -> int:
    """Return how many of the last rows, which are unlike films, are none.

    They are totals by name, remarks, or have the sums of all rows above them. A film that only lacks its title stays.
    """
    for start in range(len(unlike)):
        end = n_rows - len(unlike) + start
        below = enumerate(unlike[start:], end)
        if all(_is_named(cells, filled) or sums.fit(cells, row, 0, end) for row, cells in below):
            return n_rows - end
    return 0


def _n_unlike_films(tail: Sequence[Cells], filled: Sequence[bool]) -> int:
    """Return how many of the last rows lack cells that films have, and may be totals or remarks."""
    n_rows = 0
    for cells in reversed(tail):
        lacks = any(usual and not (cell and cell.strip()) for cell, usual in zip(cells, filled, strict=True))
        if not given_texts(cells) or not lacks or not (_is_named(cells, filled) or may_be_total(cells)):
            break
        n_rows += 1
    return n_rows


def may_end_in_footer(last: Sequence[Cells], filled: Sequence[bool]) -> bool:
    """Tell whether the last row may be no film, without the sums of the table."""
    return _n_unlike_films(last[-1:], filled) > 0


def _is_named(cells: Cells, filled: Sequence[bool]) -> bool:
    given = given_texts(cells)
    alone = len(given) == 1 and sum(filled) > 2
    return alone or bool(TOTALS.fullmatch(given[0]) or REMARKS.fullmatch(given[0]))


def _subtotals(within: Sequence[tuple[int, Cells]], sums: ColumnSums) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows between films that are subtotals by name and numbers, and those that are by one of them."""
    named = {row for row, cells in within if TOTALS.fullmatch(given_texts(cells)[0])}
    unnamed = [row for row, _ in within if row not in named]
    subtotals, doubtful, first = list[int](), list[int](), 0
    for row, cells in within:
        if row not in named and len(unnamed) > MOST:  # a table whose rows have hardly a text
            continue
        if any(sums.fit(cells, row, start, row, row in named) for start in sorted({first, 0}, reverse=True)):
            (subtotals if row in named else doubtful).append(row)
            sums.leave_out(row)
            first = row + 1
        elif row in named and len(given_texts(cells)) <= len(cells) - 2:
            doubtful.append(row)
    return tuple(subtotals), tuple(doubtful)


def footer_notice(first_cells: Sequence[str]) -> str:
    """Return the sentence that says which rows were left out."""
    n_rows, shown = len(first_cells), _shown(repr(cell[:80]) for cell in first_cells)
    return f"{counted(n_rows, 'row')} below the last film {are(n_rows)} left out, as no film: {shown}"


def header_notices(n_above: Sequence[int]) -> list[str]:
    """Return the sentence on rows that are the header again, by the number of films above each."""
    if not n_above:
        return []
    times = "" if len(n_above) == 1 else f"{len(n_above):,} times, "
    rows = _shown(f"row {number:,}" for number in n_above)
    return [
        f"the header stands again {times}below {rows}, and is left out; where tables were joined so, see that no film "
        "stands there twice"
    ]


def subtotal_notices(no_films: NoFilms, first_cells: Sequence[str]) -> list[str]:
    """Return sentences on subtotals between films: those that are left out, and rows that may be some.

    Args:
        first_cells: of both, in the order of the rows.
    """
    labels = dict(zip(sorted((*no_films.subtotals, *no_films.doubtful)), first_cells, strict=True))
    notices = []
    if no_films.subtotals:
        shown = _shown(f"{labels[row]!r} below row {row - n}" for n, row in enumerate(no_films.subtotals))
        n_rows = len(no_films.subtotals)
        rows = f"{counted(n_rows, 'row')} between films {are(n_rows)}"
        notices.append(f"{rows} left out, as sums of the rows above: {shown}")
    if no_films.doubtful:
        numbers = {row: row + 1 - sum(other < row for other in no_films.subtotals) for row in no_films.doubtful}
        shown = _shown(f"row {number} ({labels[row]!r})" for row, number in numbers.items())
        verb, remedy = ("seems to be a total", "it") if len(no_films.doubtful) == 1 else ("seem to be totals", "them")
        notices.append(f"{shown} {verb} of rows above, and no film, but counts as one; remove {remedy} if so")
    return notices


def _shown(parts: Iterable[str]) -> str:
    every = list(parts)
    return ", ".join(every[:5]) + (", ..." if len(every) > 5 else "")
