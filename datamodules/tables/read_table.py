"""Read a table of films, from a file, an embedded source or a data frame, into a pandas frame.

Text and lists are Arrow-backed, numbers are numpy's; rows are counted from 0.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.tables.delimited_text import DELIMITERS, QUOTES, Dialect, line_of, read_delimited
from greenlight_films.datamodules.tables.frames import from_arrow, read_frame
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.parquet import read_parquet
from greenlight_films.datamodules.tables.sqlite import read_sqlite
from greenlight_films.datamodules.tables.wikidata_films import read_wikidata_films

SOURCES: dict[str, Callable[[], pd.DataFrame]] = {"wikidata-films": read_wikidata_films}  # tables without a file
PARQUET = {".parquet", ".pq"}
SQLITE = {".db", ".sqlite", ".sqlite3"}


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes:
        frame: a row a record, counted from 0; the cells of a text file are text.
        layout: as declared, and what was found out.
        units: of columns, where the table has a line of units.
        notices: sentences on what was left out or assumed.
    """

    frame: pd.DataFrame
    layout: Layout = Layout()
    units: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def open_table(table: Any, layout: Layout = Layout(), texts: Collection[str] = ()) -> Table:
    """Read a table, with what was found out of its layout."""
    declared = {name: value for name, value in vars(layout).items() if name in ("query", "delimiter", "quote")}
    frame = read_table(table, **declared, encoding=layout.encoding or "utf-8", texts=texts)
    return Table(frame, layout)


def read_table(
    table: Any,
    *,
    query: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    encoding: str = "utf-8",
    texts: Collection[str] = (),
) -> pd.DataFrame:
    """Read a table, with one row a record.

    Args:
        table: a `.csv`, `.tsv` (also `.gz`), Parquet or SQLite file, the name of an embedded source, a pandas or
            polars DataFrame, or an Arrow table.
        query: for SQLite, a table's name or a SELECT; may be left out where the file holds one table.
        delimiter: between the cells of a text file; by default the comma, and the tab for `.tsv`.
        quote: around the cells of a text file that hold a delimiter; by default `"`, and none for `.tsv`.
        encoding: of a text file.
        texts: columns of labels, whose cells stay as they are in a text file, also where they look like numbers.

    Raises:
        InputError: it does not exist, is no table or has no rows.
    """
    if not isinstance(table, str | Path):
        frame = read_frame(table, texts)
        _refuse_unusable(frame, "the frame")
        return frame
    if str(table) in SOURCES:
        return SOURCES[str(table)]()
    path = Path(table)
    if not path.is_file():
        raise InputError(_not_there(path))
    if path.stat().st_size == 0:
        raise InputError(f"--data.table {path} is empty; a header line and rows of films are needed")
    kind = _kind(path)
    if kind in DELIMITERS:
        frame = from_arrow(read_delimited(path, _dialect(kind, delimiter, quote, encoding), texts))
        _refuse_other_delimiter([str(name) for name in frame.columns], path)
    elif kind in PARQUET:
        frame = from_arrow(read_parquet(path))
    elif kind in SQLITE:
        frame = read_sqlite(path, query)
    else:
        known = ", ".join([*DELIMITERS, *sorted(PARQUET | SQLITE)])
        raise InputError(f"--data.table must end in one of {known} (the first two also in .gz), got {path}")
    _refuse_unusable(frame, f"--data.table {path}")
    return frame


def line_in(table: str, row: int, layout: Layout = Layout()) -> int | None:
    """Return the line in which a row of a text file begins, both from 1; None for other tables."""
    path = Path(table)
    kind = _kind(path)
    if kind not in DELIMITERS:
        return None
    return line_of(row, path, _dialect(kind, layout.delimiter, layout.quote, layout.encoding or "utf-8"))


def _kind(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def _dialect(kind: str, delimiter: str | None, quote: str | None, encoding: str) -> Dialect:
    return Dialect(delimiter or DELIMITERS[kind], QUOTES[kind] if quote is None else quote, encoding)


def _not_there(path: Path) -> str:
    if path.is_dir():
        return f"--data.table must be a file, got the folder {path}"
    if path.parent.is_dir() and (path.suffix or len(path.parts) > 1):
        near = nearest(path.name, (other.name for other in path.parent.iterdir()))
        return f"--data.table {path} does not exist{near}"
    near = nearest(str(path), SOURCES)
    return f"--data.table {path} does not exist{near or '.'} Give a file, or an embedded source: {', '.join(SOURCES)}"


def _refuse_other_delimiter(names: list[str], path: Path) -> None:
    between = re.search("[;|\t,]", names[0]) if len(names) == 1 else None
    if between:
        shown = "$'\\t'" if between[0] == "\t" else f"'{between[0]}'"
        raise InputError(
            f"{path}: the header is one cell, {names[0][:80]!r}; if {between[0]!r} stands between cells, give "
            f"--data.delimiter {shown}"
        )


def _refuse_unusable(frame: pd.DataFrame, table: str) -> None:
    twice = [name for name, count in Counter(map(str, frame.columns)).items() if count > 1]
    if twice:
        raise InputError(
            f"{table}: every column needs a name of its own, got {listed(map(repr, twice))} more than once; rename them"
        )
    if frame.empty:
        raise InputError(f"{table} has a header and no rows; rows of films are needed")
