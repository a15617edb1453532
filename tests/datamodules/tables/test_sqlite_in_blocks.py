from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables import sqlite_in_blocks
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import open_table
from greenlight_films.datamodules.tables.sqlite_in_blocks import SqliteInBlocks

FILMS = (
    "CREATE TABLE films (id INTEGER PRIMARY KEY, title TEXT, length REAL, code, votes INT, note)",
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) INSERT INTO films SELECT "
    "1000 - i, iif(i % 9, 'Film ' || i, NULL), i / 4.0, iif(i < 50, i, i / 3.0), nullif(i, 60) * 90071992547409, NULL "
    "FROM n",
    "CREATE INDEX titles ON films (title, id)",
    "CREATE TABLE others (n)",
)


@pytest.fixture
def find(database, monkeypatch):
    """Return what makes a database with 100 films and finds a table or SELECT of it as one in blocks."""
    monkeypatch.setattr(sqlite_in_blocks, "BLOCK_ROWS", 30)

    def of(query, *statements, least=100):
        return SqliteInBlocks.find(Path(database(*FILMS, *statements)), Layout(query=query), least)

    return of


@pytest.mark.parametrize(
    "query",
    [
        "films",
        "SELECT title, 2 * length AS minutes, votes FROM films ORDER BY code DESC;",
        "SELECT f.title, o.id AS id FROM films f JOIN films o ON o.id = f.id -- both",
        "WITH a AS (SELECT * FROM films) SELECT title, count(*) FROM a GROUP BY id",
    ],
)
def test_blocks_together_are_the_table_read_whole(find, tmp_path, query):
    rows = find(query)
    blocks = list(rows.blocks(rows.schema.names))
    assert [len(block) for block in blocks] == [30, 30, 30, 10]
    whole = open_table(tmp_path / "films.db", Layout(query=query))
    pd.testing.assert_frame_equal(from_arrow(pa.concat_tables(blocks)), whole.frame)
    assert rows.n_rows == 100
    assert rows.layout == whole.layout


def test_columns_go_together_in_any_order_also_where_rows_are_drawn_at_random(find):
    rows = find("SELECT id, 'Film ' || id AS title FROM films ORDER BY random()")
    ids, titles = (pa.concat_tables(rows.blocks([name]))[name].to_pylist() for name in ("id", "title"))
    assert ids != sorted(ids)
    assert titles == [f"Film {number}" for number in ids]
    assert next(rows.blocks(["title", "id"])).slice(0, 1).to_pylist() == [{"title": titles[0], "id": ids[0]}]


@pytest.mark.parametrize(
    ("query", "statement"),
    [
        ("films", "UPDATE films SET code = 'x' WHERE id = 950"),
        ("films", "UPDATE films SET note = x'00ff'"),
        ("SELECT id, title, title FROM films", "SELECT 1"),
        ("SELECT id, title AS ' id' FROM films", "SELECT 1"),
        ("SELECT nothing FROM films", "SELECT 1"),
        ("flims", "SELECT 1"),
        (None, "SELECT 1"),
        ("films", "DELETE FROM films WHERE id = 950"),
    ],
    ids=["texts and numbers", "bytes", "names", "blanks", "no column", "no table", "two tables", "few rows"],
)
def test_what_must_be_seen_whole_or_is_wrong_is_not_read_in_blocks(find, query, statement):
    assert find(query, statement) is None


def test_small_files_are_not_looked_into(find):
    assert find("films", least=10**5) is None


def test_a_text_that_is_none_is_told_as_when_read_whole(find):
    rows = find("films", "UPDATE films SET title = CAST(x'ff' AS TEXT) WHERE id = 950")
    with pytest.raises(InputError, match=r"films\.db: SQLite says: Could not decode to UTF-8"):
        list(rows.blocks(["title"]))


def test_the_file_stays_as_it_was_and_the_copy_ends_with_the_rows(find, tmp_path):
    rows = find("films")
    assert [path.name for path in tmp_path.iterdir()] == ["films.db"]
    connection = rows.connection
    assert connection.total_changes == 100
    del rows
    with pytest.raises(Exception, match="closed database"):
        connection.execute("SELECT 1")
