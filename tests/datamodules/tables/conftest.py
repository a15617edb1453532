import re
import sqlite3
from contextlib import closing

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.read_table import read_table


@pytest.fixture
def file(tmp_path):
    """Return what writes a file and returns its path as text."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def database(tmp_path):
    """Return what runs SQL statements in a file and returns its path as text."""
    path = tmp_path / "films.db"

    def run(*statements):
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return str(path)

    return run


@pytest.fixture
def refused():
    """Return what asserts that a file is refused by its path and a message."""

    def read(path, message, **options):
        with pytest.raises(InputError, match=re.escape(path) + ".*" + re.escape(message)):
            read_table(path, **options)

    return read
