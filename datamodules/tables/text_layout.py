"""How a text table is written, found from its first lines: delimiter, quotes, header, units, what stands above."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.header_rows import HeaderRows, find_header

DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
CANDIDATES = (",", ";", "\t", "|", "^", "~", "\x01", "\x1f")
LONG, STAND_IN = "::", "\x1f"
"""A delimiter of several characters, as MovieLens has it, and the one that such are read as."""
LONGEST = 16 * 2**20  # bytes of a line; what reads line by line takes up to 20 times as much
WIDEST = 100_000  # cells of a header; each column takes Arrow 7 kB, whatever is in it
LINES = 300  # that are looked at


@dataclass(frozen=True)
class Dialect:
    """How cells are parted; no `quote` means that no cell is quoted, as in IMDb's `.tsv` files.

    Attributes:
        spaced: whether blanks stand between a delimiter and a quote.
    """

    delimiter: str
    quote: str
    spaced: bool = False

    def __post_init__(self) -> None:
        if not _is_character(self.delimiter) or self.delimiter in ('"', self.quote):
            raise InputError(
                f"--data.delimiter must be ASCII characters and no quote or line end, got {self.delimiter!r}"
            )
        if self.quote and not _is_character(self.quote):
            raise InputError(f"--data.quote must be one ASCII character or empty, got {self.quote!r}")

    def records(self, text: Iterator[str]) -> Any:
        """Return Python's reader, which is slow and counts lines."""
        csv.field_size_limit(LONGEST)
        quoting: Any = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return csv.reader(
            text,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=quoting,
            skipinitialspace=self.spaced,
        )


def _is_character(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0"


@dataclass(frozen=True)
class TextLayout:
    """How a text table is written.

    Attributes:
        skip: lines above the header, or above the first film where there is none.
        rows: what the first lines are.
        line: the line of the first film, from 1.
        start: characters above the first film.
        units: of the columns, by position; empty without a line of units.
    """

    dialect: Dialect
    skip: int
    rows: HeaderRows
    line: int
    start: int
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Record:
    line: int
    start: int
    end: int
    cells: list[str]


def find_long_delimiter(text: str, delimiter: str | None, quote: str | None) -> str:
    """Return the delimiter of several characters that is given, or parts the cells of a text; empty where it has none.

    Raises:
        InputError: quotes are given beside it.
    """
    if delimiter is None:
        lines = [line for line in text.splitlines()[:LINES] if line]
        if not _parts_alike(lines, LONG) or any(_parts_alike(lines, mark) for mark in (*CANDIDATES, STAND_IN)):
            return ""
    elif len(delimiter) < 2 or not (delimiter.isascii() and delimiter.isprintable()) or '"' in delimiter:
        return ""
    if quote:
        raise InputError(f"--data.quote is for cells between delimiters of one character, got {quote!r}; leave it out")
    return delimiter or LONG


def _parts_alike(lines: Sequence[str], mark: str) -> bool:
    counts = {line.count(mark) for line in lines}
    return len(counts) == 1 and 0 not in counts


def find_text_layout(
    text: str,
    name: str,
    suffix: str = ".csv",
    delimiter: str | None = None,
    quote: str | None = None,
    skip: int | None = None,
    header: bool | None = None,
) -> TextLayout:
    """Return how a table is written whose first lines are `text`; what is given stays so.

    Args:
        text: some hundred lines, in full.
        name: of the file, for messages.
        suffix: of the file's name, which decides where lines don't.
    """
    declared = re.match(r"\ufeff?sep=(.)\r?\n?", text)
    if declared and delimiter is None and skip is None:
        delimiter = declared[1]
    above = declared.end() if declared and skip is None else 0
    dialect = _find_dialect(text[above:], suffix, delimiter, quote)
    records = list(_records(text, dialect, above))
    wide = next((record.line for record in records if len(record.cells) > WIDEST), None)
    if wide is not None:
        raise InputError(
            f"{name}, line {wide}: a header must have at most {WIDEST:,} cells; write the table with fewer columns, or "
            "as Parquet"
        )
    at = None if skip is None else next((i for i, each in enumerate(records) if each.line > skip), len(records))
    rows = find_header([record.cells for record in records], header, at)
    top = rows.first if rows.header is None else rows.header
    if top >= len(records):
        return TextLayout(dialect, skip or 0, rows, 1, len(text))
    units = () if rows.units is None else tuple(records[rows.units].cells)
    before = records[rows.first - 1] if rows.first and rows.first > top else None
    start = before.end if before else records[top].start
    line = text.count("\n", 0, start) + text.replace("\r\n", "  ").count("\r", 0, start) + 1
    return TextLayout(dialect, records[top].line - 1, rows, line, start, units)


def _records(text: str, dialect: Dialect, above: int = 0) -> Iterator[_Record]:
    """Yield the first records, each with its line and where it stands in the text."""
    taken = [above]

    def lines() -> Iterator[str]:
        for line in io.StringIO(text[above:], newline=""):
            taken[0] += len(line)
            yield line

    line = 2 if above else 1
    reader = dialect.records(lines())
    start, first = above, line - 1
    try:
        for cells in reader:
            yield _Record(line, start, taken[0], cells)
            line, start = first + reader.line_num + 1, taken[0]
            if line > LINES:
                return
    except csv.Error:  # a cell too long for Python
        return


def _find_dialect(text: str, suffix: str, delimiter: str | None, quote: str | None) -> Dialect:
    usual = DELIMITERS.get(suffix, ",")
    candidates = [delimiter] if delimiter is not None else sorted(CANDIDATES, key=lambda each: each != usual)
    best, most = None, (0.5, 0)  # half of all lines must have the same cells
    for candidate in candidates:
        dialect = Dialect(candidate, _find_quote(text, candidate, suffix) if quote is None else quote)
        score = _regularity(text, dialect)
        if best is None or score > most:
            best, most = dialect, max(score, most)
    assert best is not None
    cells = [cell for record in _records(text, best) for cell in record.cells]
    spaced = any(cell[0] == " " and cell.lstrip(" ")[:1] == best.quote for cell in cells if cell)
    return replace(best, spaced=best.quote != "" and spaced)


def _find_quote(text: str, delimiter: str, suffix: str) -> str:
    """Return what stands around cells: `"`, or `'` where cells have it and none has `"`; nothing in most `.tsv`."""
    between = re.escape(delimiter)

    def quoted(mark: str) -> int:
        return len(re.findall(rf"(?:^|{between}){mark}[^{mark}\n]*{mark}(?=\r?$|{between})", text, re.MULTILINE))

    if suffix in (".tsv", ".tab") and delimiter == "\t":
        opened = len(re.findall(rf'(?:^|{between})"', text, re.MULTILINE))
        return '"' if opened and quoted('"') >= 0.9 * opened else ""
    return "'" if not quoted('"') and quoted("'") > text.count("\n") / 2 else '"'


def _regularity(text: str, dialect: Dialect) -> tuple[float, int]:
    """Return the share of records with the same number of cells, a bit less if other lines stand above, and cells."""
    widths = [len(record.cells) for record in _records(text, dialect) if any(map(str.strip, record.cells))]
    counts = Counter(width for width in widths if width > 1)
    if not counts:
        return 0.0, 0
    width = max(counts, key=lambda each: (counts[each], each))
    trailing = widths[0] == width - 1 > 1
    return counts[width] / len(widths) - 0.05 * (widths[0] != width and not trailing), width
