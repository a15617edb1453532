"""Read a table, view or SELECT from an SQLite file, which is opened read-only."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.tables.delimited_text import BLOCK
from greenlight_films.datamodules.tables.parquet import refuse_size

NAMES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name"

STEPS = 2**20  # between two looks at how many SQLite has taken


def read_sqlite(path: Path, query: str | None) -> pd.DataFrame:
    """Read the rows of a table by its name or of a SELECT; None will do where the file holds one table.

    A view or computed column of the file that never ends or fills the memory is refused; a SELECT that the user gave
    may take what it takes.
    """
    with refused(path), closing(connected(path)) as connection:
        return pd.read_sql_query(bounded_select(path, query, connection), connection)


def connected(path: Path) -> sqlite3.Connection:
    """Return a connection that can't change the file."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, BLOCK)
    return connection


def bounded_select(path: Path, query: str | None, connection: sqlite3.Connection) -> str:
    """Return the SELECT that a query stands for; what the file itself computes is bounded in steps and size."""
    select = _select(query, [name for (name,) in connection.execute(NAMES)], path)
    if select != query:
        _bound(path, connection)
        refuse_size(path, _size_of(select, connection), "give a SELECT of what is needed as --data.query")
        _bound(path, connection)
    return select


def _bound(path: Path, connection: sqlite3.Connection) -> None:
    """Let SQLite take so many steps from now on; a view of films and people joined takes four a byte of the file."""
    calls = iter(range(max(20_000_000, 50 * path.stat().st_size) // STEPS))
    connection.set_progress_handler(lambda: next(calls, None) is None, STEPS)


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """Make what SQLite raises over a file an InputError."""
    try:
        yield
    except (sqlite3.Error, pd.errors.DatabaseError, UnicodeError, OverflowError) as error:
        if str(error).endswith("interrupted"):
            raise InputError(f"{path}: the view takes too long; give its SELECT itself as --data.query") from None
        raise InputError(f"{path}: SQLite says: {error}; mend the query, or make the file again") from None


def _select(query: str | None, tables: list[str], path: Path) -> str:
    if query and query not in tables and re.match(r"\s*(select|with|values)\b", query, re.IGNORECASE):
        return query
    if query is None and len(tables) == 1:
        query = tables[0]
    if query not in tables:
        problem = (
            f"no table '{query}'{nearest(query, tables)}" if query else "--data.query must name a table or be a SELECT"
        )
        raise InputError(f"{path}: {problem}; it has: {listed(tables) or 'none'}")
    return f"SELECT * FROM {_quoted(query)}"


def _size_of(select: str, connection: sqlite3.Connection) -> float:
    """Return the bytes of an answer, whose cells may be computed; none is kept for it."""
    names = (_quoted(name) for name, *_ in connection.execute(f"{select} LIMIT 0").description)
    sizes = ", ".join(f"total(length({name}))" for name in names)
    *lengths, rows = connection.execute(f"SELECT {sizes}, count(*) FROM ({select})").fetchone()
    return sum(lengths) + 8 * len(lengths) * rows


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
