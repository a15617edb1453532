"""Large tables and SELECTs of an SQLite file, read a block of rows at a time."""

import re
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.column_names import or_position
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.parquet_files import BLOCK_ROWS
from greenlight_films.datamodules.tables.sqlite import bounded_select, connected, refused

ROW_BYTES = 10  # of a file; smaller ones are not looked into
ROWS = 'temp."rows read in blocks"'
TYPES = {
    ("integer", "integer"): pa.int64(),
    ("integer", "real"): pa.float64(),
    ("real", "real"): pa.float64(),
    ("text", "text"): pa.string(),
    (None, None): pa.null(),
}
"""Of a column, by the first and the last of its cells' types in the alphabet, NULL left out."""


@dataclass(frozen=True)
class SqliteInBlocks:
    """Rows of an SQLite file, which SQLite copied to the disk when they were selected, for as long as they are used.

    A SELECT so runs once, and its columns go together, also where it draws rows at random.

    Attributes:
        layout: with the query.
        names: of the columns, as they are written.
        schema: the columns; a number's type holds all of its cells.
    """

    path: Path
    layout: Layout
    connection: sqlite3.Connection
    names: list[str]
    schema: pa.Schema
    n_rows: int
    notices = ()

    def __post_init__(self) -> None:
        weakref.finalize(self, self.connection.close)

    @classmethod
    def find(cls, path: Path, layout: Layout, least: int) -> "SqliteInBlocks | None":
        """Return the rows of a table or SELECT with `least` of them or more; None for what is to be read whole.

        That are also columns of the same name, and those with cells of several types, such as numbers and texts.
        """
        if path.stat().st_size < ROW_BYTES * least:
            return None
        connection = connected(path)
        with suppress(InputError), refused(path):  # that all is read whole tells what is wrong
            select = bounded_select(path, layout.query, connection).rstrip("; \r\n\t")
            names = [name for name, *_ in connection.execute(f"SELECT * FROM ({select}\n) LIMIT 0").description]
            is_usual = not any(re.search(r":\d+$", name) for name in names)  # SQLite numbers what has the same name
            is_usual = is_usual and len(set(or_position(names))) == len(names)
            enough = f"SELECT 1 FROM ({select}\n) LIMIT 1 OFFSET {least - 1}"
            if is_usual and connection.execute(enough).fetchone():
                connection.execute(f"CREATE TABLE {ROWS} ({_cells(range(len(names)))})")
                n_rows = connection.execute(f"INSERT INTO {ROWS} {select}").rowcount
                connection.set_progress_handler(None, 0)  # no view is read any more
                types = _types(len(names), connection)
                if None not in types:
                    schema = pa.schema(list(zip(or_position(names), types, strict=True)))
                    return cls(path, layout, connection, names, schema, n_rows)
        connection.close()
        return None

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns a block of rows at a time."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        indices = [self.schema.get_field_index(name) for name in columns]
        with refused(self.path):
            cursor = self.connection.execute(f"SELECT {_cells(indices)} FROM {ROWS} ORDER BY rowid")
            while rows := cursor.fetchmany(BLOCK_ROWS):
                cells = zip(*rows, strict=True)
                yield pa.table([_array(each, type) for each, type in zip(cells, schema.types, strict=True)], schema)


def _cells(indices: Sequence[int]) -> str:
    return ", ".join(f"c{index}" for index in indices)


def _types(width: int, connection: sqlite3.Connection) -> list[pa.DataType | None]:
    """Return the columns' types; None for those with cells of several."""
    of_cells = (f"nullif(typeof({_cells([index])}), 'null')" for index in range(width))
    extremes = connection.execute(
        f"SELECT {', '.join(f'min({of}), max({of})' for of in of_cells)} FROM {ROWS}"
    ).fetchone()
    return [TYPES.get(pair) for pair in zip(extremes[::2], extremes[1::2], strict=True)]


def _array(cells: Sequence[float | str | None], type: pa.DataType) -> pa.Array:
    if pa.types.is_floating(type):  # integers among them too
        return pa.array(np.array(cells, dtype=np.float64), from_pandas=True)
    return pa.array(cells, type)
