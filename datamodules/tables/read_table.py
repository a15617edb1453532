"""Read a table of films, from a file, an embedded source or a data frame, into a pandas frame.

Text and lists are Arrow-backed, numbers are numpy's; rows are counted from 0.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.tables.column_names import named
from greenlight_films.datamodules.tables.delimited_text import line_of, read_delimited
from greenlight_films.datamodules.tables.frames import from_arrow, read_frame
from greenlight_films.datamodules.tables.json_tables import read_json
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.parquet import read_parquet
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles
from greenlight_films.datamodules.tables.plain_numbers import plain_numbers
from greenlight_films.datamodules.tables.sqlite import read_sqlite
from greenlight_films.datamodules.tables.table_file import TableFile, find_table_file
from greenlight_films.datamodules.tables.wikidata_films import LICENCE, read_wikidata_films
from greenlight_films.datamodules.tables.workbooks import read_workbook

SOURCES: dict[str, Callable[[], pd.DataFrame]] = {"wikidata-films": read_wikidata_films}  # tables without a file
LICENCES = {"wikidata-films": LICENCE}  # of the sources' data
KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".psv", ".txt", ".dat"), "text"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), "workbook"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "sqlite"),
}
MAGIC = {b"PAR1": "parquet", b"SQLite format 3\0": "sqlite", b"PK": "workbook", b"\xd0\xcf\x11\xe0": "workbook"}
OBJECTS = re.compile(rb'\s*(\[\s*)?\{\s*"')  # how JSON begins
PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)


class InputNotice(UserWarning):
    """How a table was read, where that rests on a choice, or what is strange about it."""


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes:
        frame: a row a record, counted from 0; the cells of a text file are text, empty ones missing.
        layout: as declared, and what was found out.
        units: of columns, where the table has a line of units.
        notices: sentences on what was left out or assumed.
        is_text: whether it comes from a text file.
    """

    frame: pd.DataFrame
    layout: Layout = Layout()
    units: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    is_text: bool = False


def open_table(table: Any, layout: Layout = Layout()) -> Table:
    """Read a table, with what was found out of its layout.

    Args:
        table: a text file (`.csv`, `.tsv`, ...), workbook, JSON, Parquet or SQLite file, packed or not; a folder or
            pattern of Parquet files, or their URI; the name of an embedded source; a pandas or polars DataFrame, or an
            Arrow table.
        layout: what is known of it.

    Raises:
        InputError: it does not exist, is no table or has no rows.
    """
    if not isinstance(table, str | Path):
        layout.refuse_any("a file", "a data frame")
        frame, notices = read_frame(table)
        frame, more = named(frame, [str(name) for name in frame.columns], "the frame")
        opened = Table(frame, layout, {}, (*notices, *more))
    elif str(table) in SOURCES:
        layout.refuse_any("a file", f"the embedded source {table}")
        return Table(SOURCES[str(table)](), layout)
    elif not Path(table).is_file() and (files := ParquetFiles.find(str(table))):
        layout.refuse_any("a single file", f"the Parquet files {table}")
        frame, notices = named(from_arrow(files.read()), files.schema.names, f"--data.table {table}")
        opened = Table(frame, layout, {}, tuple(notices))
    else:
        opened = _open_file(Path(table), layout)
    if opened.frame.empty:
        name = f"--data.table {table}" if isinstance(table, str | Path) else "the frame"
        raise InputError(f"{name} has a header and no rows; rows of films are needed")
    return opened


def _open_file(path: Path, layout: Layout) -> Table:
    if not path.is_file():
        raise InputError(_not_there(path))
    if path.stat().st_size == 0:
        raise InputError(f"--data.table {path} is empty; a header line and rows of films are needed")
    file = find_table_file(path, layout.member)
    kind = kind_of(file)
    layout.refuse_unfit(str(file), kind, file.compression == "zip")
    layout = file.in_layout(layout)
    if kind in ("text", "workbook"):
        read = read_delimited if kind == "text" else read_workbook
        frame, layout, units, notices = read(file, layout)
        return Table(frame, layout, units, tuple(notices), is_text=kind == "text")
    notices = []
    if kind == "json":
        frame, layout, notices = read_json(file, layout)
    else:
        with _on_disk(file) as unpacked:
            frame = read_sqlite(unpacked, layout.query) if kind == "sqlite" else from_arrow(read_parquet(unpacked))
    frame, more = named(frame, list(frame.columns), f"--data.table {file}")
    return Table(frame, layout, {}, (*notices, *more))


def read_table(
    table: Any,
    *,
    query: str | None = None,
    sheet: str | None = None,
    member: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    encoding: str | None = None,
    skip: int | None = None,
    header: bool | None = None,
) -> pd.DataFrame:
    """Read a table, with one row a record; what is strange about it is an `InputNotice`.

    Columns of a text file whose cells are plain numbers are numbers, all others text.

    Args:
        table: a text file (`.csv`, `.tsv`, ...), workbook, JSON, Parquet or SQLite file, packed or not, the name of an
            embedded source, a pandas or polars DataFrame, or an Arrow table.
        query: for SQLite, a table's name or a SELECT; may be left out where the file holds one table.
        sheet: of a workbook, where several hold tables.
        member: of a zip, where several are tables.
        delimiter: between the cells of a text file; by default found out.
        quote: around the cells of a text file that hold a delimiter; by default found out.
        encoding: of a text file; by default found out.
        skip: lines above the header; by default found out.
        header: whether there is a header; by default found out.

    Raises:
        InputError: it does not exist, is no table or has no rows.
    """
    refuse_other_types(read_table, locals())
    layout = Layout(query, sheet, member, delimiter, quote, encoding, skip, header)
    opened = open_with_warnings(table, layout, stacklevel=3)
    frame = opened.frame
    numbers = {name: plain_numbers(frame[name]) for name in frame.columns} if opened.is_text else {}
    return frame.assign(**{name: column for name, column in numbers.items() if column is not None})


def open_with_warnings(table: Any, layout: Layout = Layout(), stacklevel: int = 4) -> Table:
    """Read a table as `open_table` does, for Python: what is strange about it is an `InputNotice`."""
    opened = open_table(table, layout)
    for notice in opened.notices:
        warnings.warn(notice, InputNotice, stacklevel=stacklevel)
    return opened


def line_in(table: str, row: int, layout: Layout = Layout()) -> int | None:
    """Return the line in which a row of a text file begins, both from 1; None for other tables."""
    if not Path(table).is_file():
        return None
    file = find_table_file(Path(table), layout.member)
    return line_of(row, file, layout) if kind_of(file) == "text" else None


@contextmanager
def in_table(table: str, layout: Layout | None) -> Iterator[None]:
    """Add the table, and the line where it has lines, to the message of an error in it.

    Args:
        layout: of the table; None where the rows that are counted are not its own.
    """
    try:
        yield
    except InputError as problem:
        if str(problem).startswith("data."):  # the fault is in the config
            raise
        line = None if problem.row is None or layout is None else line_in(table, problem.row, layout)
        where = f"{table}, line {line}" if line else table
        raise InputError(f"{where}: {problem}", problem.row) from None


def kind_of(file: TableFile) -> str:
    """Return what a file is, by its first bytes, or else by its name."""
    head = file.read_head(512)
    unnamed = "text" if file.compression and not file.suffix else ""  # as pandas calls the member of a zip
    by_name = KINDS.get(file.suffix, unnamed)
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), by_name)
    if kind in ("text", "") and OBJECTS.match(head):
        return "json"
    if PAGE.match(head):
        raise InputError(f"{file} is a web page or XML, no table; save the table as CSV, or download it again")
    if kind == "workbook" and file.suffix in (".xlsx", ".xls") and not head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return "text"  # as some web sites name it
    if not kind:
        raise InputError(
            f"--data.table must end in one of {', '.join(KINDS)} (also packed: .gz, .bz2, .xz, .zip), got {file}"
        )
    return kind


@contextmanager
def _on_disk(file: TableFile) -> Iterator[Path]:
    """Yield a path to the unpacked file; messages name the file itself."""
    if not file.compression:
        yield file.path
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"table{file.suffix}"
        path.write_bytes(file.read())
        try:
            yield path
        except InputError as problem:
            raise InputError(str(problem).replace(str(path), str(file)), problem.row) from None


def _not_there(path: Path) -> str:
    if str(path) == "frame":  # as configs of studies from Python say
        return "--data.table is a data frame of Python, which no run keeps; write it to a file, and give that"
    if path.is_dir():
        return f"--data.table must be a file, or a folder of Parquet files, got the folder {path}"
    if path.parent.is_dir() and (path.suffix or len(path.parts) > 1):
        near = nearest(path.name, (other.name for other in path.parent.iterdir()))
        return f"--data.table {path} does not exist{near}"
    near = nearest(str(path), SOURCES)
    return f"--data.table {path} does not exist{near or '.'} Give a file, or an embedded source: {', '.join(SOURCES)}"
