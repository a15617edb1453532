"""Where in rows of cells the header stands: below titles and remarks, above units and films."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Row = Sequence[str]

NOTHING = {"", "-", "–", "—", "?", "n/a", "na", "nan", "null", "none", "\\n", "unknown", "tba", "tbd", "."}
UNIT = re.compile(
    r"[(\[].*[)\]]|(in )?((k|m|mio\.?|thousands?|millions?|billions?|bn|tsd\.?)( of)? )?"
    r"([A-Z]{3}|US dollars?|dollars?|euros?|pounds?|[$€£¥₹%])( ?(k|m|mn|mio\.?|bn|thousands?|millions?|billions?))?"
    r"|(in )?(thousands?|millions?|billions?|percent|per cent)"
    r"|(in )?(mins?\.?|minutes?|minuten|hours?|h|secs?|seconds?|days?|years?)"
    r"|(of|out of|/) ?\d+|\d+ ?(-|–|to) ?\d+|stars?|points?|votes?|people|number|count|text|string|name|date|yyyy.*"
)
"""A cell of a line of units below the header."""

EVIDENCE = 50  # rows below a header that are compared with it
SEQUENCE = 3  # numbers in a row, one more each, are names of columns such as years


@dataclass(frozen=True)
class HeaderRows:
    """Where the parts of a table stand, by index among the rows given.

    Attributes:
        first: of the first film.
        header: of the header; None: there is none.
        units: of the line of units; None: there is none.
        names: of the columns, by position from 1 where there is no header.
        width: cells of a row.
    """

    first: int
    header: int | None
    units: int | None
    names: tuple[str, ...]
    width: int


def find_header(rows: Sequence[Row], declared: bool | None = None, at: int | None = None) -> HeaderRows:
    """Return where the header and the first film stand.

    Args:
        rows: the first rows of a table and what stands above it; empty lines are empty rows.
        declared: whether there is a header, where that is known.
        at: the index of the header, or without one of the first film, where that is known.
    """
    width, short = _width(rows)
    full = [index for index, row in enumerate(rows) if len(row) >= width - short and any(map(str.strip, row))]
    if not full:
        return HeaderRows(len(rows), None, None, (), width)
    index = full[0] if at is None else next((each for each in full if each >= at), full[-1])
    if at is None:
        index = _below_titles(rows, full, width)
    below = [rows[each] for each in full if each > index][:EVIDENCE]
    if not (_is_header(rows[index], below) if declared is None else declared):
        if declared is None and at is None and index and _are_names(rows[index - 1], width):
            return HeaderRows(index, index - 1, None, tuple(map(str.strip, rows[index - 1])), width)
        return HeaderRows(index, None, None, tuple(str(number) for number in range(1, width + 1)), width)
    names = [name.strip().strip("\ufeff") for name in rows[index]]
    if len(names) < width:  # the last cell of each row is empty, or the first is the row's own name
        trailing = all(not row[-1].strip() for row in below if len(row) == width)
        names = [*names, ""] if trailing else ["", *names]
    units = next((each for each in full if each > index), None)
    if units is not None and not _is_units(rows[units], [rows[each] for each in full if each > units][:EVIDENCE]):
        units = None
    first = (index if units is None else units) + 1
    return HeaderRows(first, index, units, tuple(names), width)


def _width(rows: Sequence[Row]) -> tuple[int, bool]:
    """Return the cells that most rows have, and whether a header of one less stands above them."""
    counts = Counter(len(row) for row in rows if any(map(str.strip, row)))
    counts = Counter({width: count for width, count in counts.items() if width > 1}) or counts
    if not counts:
        return 1, False
    width = max(counts, key=lambda each: (counts[each], each))
    full = [row for row in rows if len(row) == width]
    above = rows[: next(index for index, row in enumerate(rows) if len(row) == width)]
    header = next((row for row in reversed(above) if len(row) == width - 1 and width > 2), None)
    short = header is not None and all(map(str.strip, header)) and (
        all(not row[-1].strip() for row in full) or all(row[0].strip().isdecimal() for row in full)
    )  # fmt: skip
    return width, short


def _below_titles(rows: Sequence[Row], full: list[int], width: int) -> int:
    """Return the index of the first row that is no title, no remark and no group of columns."""
    index = full[0]
    for index, following in pairwise(full):
        row, following_row = rows[index], rows[following]
        given = [cell.strip() for cell in row if cell.strip()]
        if width > 2 and len(given) == 1:
            continue
        below = [rows[each] for each in full if each > following][:EVIDENCE]
        names = all(map(str.strip, following_row)) and len(set(following_row)) == len(following_row)
        groups = len(set(given)) < len(row) or row[0].lstrip().startswith("#")
        better = names and _says_header(following_row, below) and not _is_units(following_row, below)
        if not better or (not groups and _says_header(row, [following_row, *below])):
            return index
    return index if len(full) == 1 else full[-1]


def _are_names(row: Row, width: int) -> bool:
    """Tell whether a row of another width is a header all the same: all rows below it are then of a wrong one."""
    return len(row) > width / 2 and all(map(str.strip, row)) and not any(map(is_number_like, row))


def is_number_like(cell: str) -> bool:
    """Tell whether half or more of a cell's letters and digits are digits: numbers, dates, amounts, ids."""
    marks = [mark for mark in cell if mark.isalnum()]
    return bool(marks) and 2 * sum(mark.isdigit() for mark in marks) >= len(marks)


def _votes(row: Row, below: Sequence[Row]) -> tuple[int, int]:
    """Return how many columns speak for a header, as text above numbers, and how many against one."""
    speaks = denies = 0
    for position, cell in enumerate(row):
        cells = [other[position] for other in below if position < len(other)]
        values = [other for other in cells if other.strip().lower() not in NOTHING]
        if cell.strip().lower() in NOTHING or not values:
            continue
        if sum(map(is_number_like, values)) >= 0.8 * len(values):
            bare = not any(mark.isalpha() for other in values for mark in other)
            is_name = not is_number_like(cell) or (bare and any(map(str.isalpha, cell)))  # `c10` above 0 and 1
            speaks += is_name
            denies += not is_name
    return speaks, denies


def _says_header(row: Row, below: Sequence[Row]) -> bool:
    speaks, denies = _votes(row, below)
    return speaks > 0 and speaks >= denies


def _is_header(row: Row, below: Sequence[Row]) -> bool:
    speaks, denies = _votes(row, below)
    numbers = [int(cell) for cell in row if re.fullmatch(r"\d{1,4}", cell.strip())]
    sequence = len(numbers) >= SEQUENCE and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if speaks or denies:
        return sequence or speaks >= denies
    columns = [[other[position] for other in below if position < len(other)] for position in range(len(row))]
    again = [cell in column for cell, column in zip(row, columns, strict=True) if cell.strip()]
    return not any(again) or all(again)  # all: the header itself stands there again


def _is_units(row: Row, below: Sequence[Row]) -> bool:
    given = [(position, cell.strip()) for position, cell in enumerate(row) if cell.strip().lower() not in NOTHING]
    if not given or not all(UNIT.fullmatch(cell) for _, cell in given):
        return False
    columns = [[other[position].strip() for other in below if position < len(other)] for position, _ in given]
    return any(
        cell not in column and sum(map(is_number_like, column)) >= 0.8 * len(list(filter(None, column))) > 0
        for (_, cell), column in zip(given, columns, strict=True)
    )
