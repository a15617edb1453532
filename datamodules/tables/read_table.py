"""Read a table of films from a file or a named source into a pandas frame whose text is Arrow-backed."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as papq

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.tables.delimited_text import BLOCK, Dialect, line_of, read_delimited
from greenlight_films.datamodules.tables.wikidata_films import read_wikidata_films

SOURCES: dict[str, Callable[[], pd.DataFrame]] = {"wikidata-films": read_wikidata_films}
"""Tables that need no file, by the name that `--data.table` takes."""

DELIMITERS = {".csv": ",", ".tsv": "\t"}
QUOTES = {".csv": '"', ".tsv": ""}
PARQUET = {".parquet", ".pq"}
SQLITE = {".db", ".sqlite", ".sqlite3"}

STEPS, STEPS_A_BYTE = 20_000_000, 50
"""Of SQLite's machine, at most: so many, and more where the file is large; films and people joined take four a byte."""

SWOLLEN, SWOLLEN_RATIO = 2**30, 1_000
"""A Parquet file must not take more than so many bytes, and more than so many times its size, in memory."""

WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
"""Bytes of a Parquet value; others take 8 or more."""

TEXTS = (pa.string(), pa.binary(), pa.large_string(), pa.large_binary())


def read_table(
    table: str,
    *,
    query: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    encoding: str = "utf-8",
    texts: Collection[str] = (),
) -> pd.DataFrame:
    """Read `table`: a `.csv`, `.tsv` (also `.gz`), Parquet or SQLite file, or the name of an embedded source.

    Args:
        query: for SQLite, a table's name or a SELECT; may be left out where the file holds one table.
        delimiter: between the cells of a text file; by default the comma, and the tab for `.tsv`.
        quote: around the cells of a text file that hold a delimiter; by default `"`, and none for `.tsv`.
        encoding: of a text file.
        texts: columns of a text file whose cells stay as they are, also where they look like numbers.

    Returns:
        One row a record, counted from 0; text and lists Arrow-backed, numbers as numpy.

    Raises:
        InputError: nothing is there, or what is there is no table; with the line where one is at fault.
    """
    if table in SOURCES:
        return SOURCES[table]()
    path = Path(table)
    if not path.is_file():
        raise InputError(_not_there(path))
    if path.stat().st_size == 0:
        raise InputError(f"--data.table {path} is empty; a header line and rows of films are needed")
    kind = _kind(path)
    if kind in DELIMITERS:
        dialect = _dialect(path, delimiter, quote, encoding)
        frame = _to_frame(read_delimited(path, dialect, texts))
    elif kind in PARQUET:
        frame = _read_parquet(path)
    elif kind in SQLITE:
        frame = _read_sqlite(path, query)
    else:
        known = ", ".join([*DELIMITERS, *sorted(PARQUET | SQLITE)])
        raise InputError(f"--data.table must end in one of {known} (the first two also in .gz), got {path}")
    _refuse_bad_header([str(name) for name in frame.columns], path)
    if kind in DELIMITERS and frame.shape[1] == 1 and (other := re.search("[;|\t,]", str(frame.columns[0]))):
        cell, between = str(frame.columns[0])[:80], other[0]
        raise InputError(
            f"{path}: the header is one cell, {cell!r}; if {between!r} stands between cells, give --data.delimiter "
            + ("$'\\t'" if between == "\t" else f"'{between}'")
        )
    if frame.empty:
        raise InputError(f"--data.table {path} has a header and no rows; rows of films are needed")
    return frame


def line_in(
    table: str, row: int, *, delimiter: str | None = None, quote: str | None = None, encoding: str = "utf-8"
) -> int | None:
    """Return the line in which a row of a text file begins, both from 1; None for other tables."""
    path = Path(table)
    known = table not in SOURCES and _kind(path) in DELIMITERS
    return line_of(row, path, _dialect(path, delimiter, quote, encoding)) if known else None


def _kind(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def _dialect(path: Path, delimiter: str | None, quote: str | None, encoding: str) -> Dialect:
    kind = _kind(path)
    return Dialect(delimiter or DELIMITERS[kind], QUOTES[kind] if quote is None else quote, encoding)


def _not_there(path: Path) -> str:
    if path.is_dir():
        return f"--data.table must be a file, got the folder {path}"
    if path.parent.is_dir() and (path.suffix or len(path.parts) > 1):
        near = nearest(path.name, (other.name for other in path.parent.iterdir()))
        return f"--data.table {path} does not exist{near}"
    near = nearest(str(path), SOURCES)
    return f"--data.table {path} does not exist{near or '.'} Give a file, or an embedded source: {', '.join(SOURCES)}"


def _refuse_bad_header(names: list[str], path: Path) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{path}: every column needs a name of its own, got {listed(map(repr, twice))} more than once; rename them"
        )


def _to_frame(table: pa.Table) -> pd.DataFrame:
    # Lists stay Arrow lists; pandas would make an object array of numpy arrays of them. A pandas index in the
    # file's metadata would hide the column that it was.
    def kind_of(kind: pa.DataType) -> pd.ArrowDtype | None:
        return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None

    # Left in, they would be read all the same, and are not always what pandas writes.
    return table.replace_schema_metadata(None).to_pandas(ignore_metadata=True, types_mapper=kind_of)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        file = papq.ParquetFile(path)
        _refuse_swollen(path, file)
        # A text that is repeated stands in the file once: it stays so until it is known how long all of them are.
        texts = [file.schema.column(place).path for place in range(len(file.schema))]
        packed = papq.read_table(path, read_dictionary=texts)
        packed.validate(full=True)  # cells may say that they are text and be none
        _refuse_size(path, sum(_unpacked_size(chunk) for column in packed.columns for chunk in column.chunks))
        return _to_frame(packed.cast(file.schema_arrow))
    except (InputError, MemoryError):
        raise
    except (pa.ArrowException, OSError, UnicodeError, ValueError, OverflowError) as error:  # as its bytes would have it
        said = (str(error).splitlines() or ["it can't be read"])[0]
        raise InputError(f"{path} is not a Parquet file: {said}; write or fetch it again") from None


def _refuse_swollen(path: Path, file: papq.ParquetFile) -> None:
    """Refuse a small file that says of itself, or of its repeated numbers, that it takes the whole memory."""
    kinds = [file.schema.column(place) for place in range(len(file.schema))]
    width = sum(max(WIDTHS.get(kind.physical_type, 8), kind.length or 0) for kind in kinds)
    # Of a row group alone: pyarrow ends the process over a column's that is broken.
    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    _refuse_size(path, sum(max(width * group.num_rows, group.total_byte_size) for group in groups))


def _refuse_size(path: Path, size: float, remedy: str = "write it without compression and dictionaries") -> None:
    if size > max(SWOLLEN, SWOLLEN_RATIO * path.stat().st_size):
        raise InputError(
            f"{path} takes {size / 2**30:,.1f} GiB of memory, more than {SWOLLEN_RATIO} times its size, which few "
            f"tables do; if it is one, {remedy}"
        )


def _unpacked_size(array: pa.Array) -> int:
    """Return the bytes of an array whose texts stand for themselves."""
    kind = array.type
    if pa.types.is_dictionary(kind) and kind.value_type in TEXTS:
        lengths = pc.binary_length(array.dictionary).cast(pa.int64()).take(array.indices)
        return pc.sum(lengths).as_py() or 0
    if pa.types.is_map(kind):
        return _unpacked_size(array.keys) + _unpacked_size(array.items)
    if pa.types.is_nested(kind):
        inner = array.flatten()
        return sum(map(_unpacked_size, inner if isinstance(inner, list) else [inner]))
    return array.nbytes


def _read_sqlite(path: Path, query: str | None) -> pd.DataFrame:
    """Read the answer to a query. Views and computed columns came with the file: they must end, and find room.

    A SELECT of the user's may take what it takes.
    """
    refused: list[str] = []

    def allow(action: int, *_: str | None) -> int:
        if action == sqlite3.SQLITE_RECURSIVE:
            refused.append("a recursive view may never end")
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    steps = max(STEPS, STEPS_A_BYTE * path.stat().st_size)

    def stop() -> bool:
        refused.append(f"a view must take at most {steps:,} steps of SQLite in a file of this size")
        return True

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, BLOCK)
            found = connection.execute(
                "SELECT name FROM sqlite_master "
                "WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name"
            )
            tables = [name for (name,) in found]
            select = _select(query, tables, path)
            if select != query:
                connection.set_authorizer(allow)
                connection.set_progress_handler(stop, steps)
                _refuse_size(path, _size_of(select, connection), "give a SELECT of what is needed as --data.query")
            return pd.read_sql_query(select, connection)
    except (sqlite3.Error, pd.errors.DatabaseError, UnicodeError, OverflowError) as error:
        if refused:
            raise InputError(f"{path}: {refused[0]}; give the view's SELECT itself as --data.query") from None
        raise InputError(f"{path}: SQLite says: {error}; mend the query, or make the file again") from None


def _size_of(select: str, connection: sqlite3.Connection) -> float:
    """Return the bytes of an answer, whose cells may be computed; none is kept for it."""
    names = ('"' + name.replace('"', '""') + '"' for name, *_ in connection.execute(f"{select} LIMIT 0").description)
    sizes = ", ".join(f"total(length({name}))" for name in names)
    *lengths, rows = connection.execute(f"SELECT {sizes}, count(*) FROM ({select})").fetchone()
    return sum(lengths) + 8 * len(lengths) * rows


def _select(query: str | None, tables: list[str], path: Path) -> str:
    if query and query not in tables and re.match(r"\s*(select|with|values)\b", query, re.IGNORECASE):
        return query
    if query is None and len(tables) == 1:
        query = tables[0]
    if query not in tables:
        wish = (
            f"no table '{query}'{nearest(query, tables)}" if query else "--data.query must name a table or be a SELECT"
        )
        raise InputError(f"{path}: {wish}; it has: {listed(tables) or 'none'}")
    quoted = query.replace('"', '""')
    return f'SELECT * FROM "{quoted}"'
