import os

import pytest

from greenlight_films.datamodules.tables.read_table import read_table

ONE_TABLE = ("CREATE TABLE films (title, year)", "INSERT INTO films VALUES ('x', 1999), (NULL, 2001)")
TWO_TABLES = (*ONE_TABLE, "CREATE TABLE selected (n)", "INSERT INTO selected VALUES (7)")


def test_the_only_table_of_a_database_needs_no_query(database):
    frame = read_table(database(*ONE_TABLE))
    assert frame["year"].tolist() == [1999, 2001]
    assert frame["title"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("films", [1999, 2001]),
        ("selected", [7]),
        ("SELECT year FROM films WHERE title = 'x'", [1999]),
        ("  select year + 1 AS next FROM films", [2000, 2002]),
        ("WITH old AS (SELECT year FROM films LIMIT 1) SELECT * FROM old", [1999]),
        ("VALUES (5)", [5]),
    ],
)
def test_a_query_is_a_tables_name_or_a_select(database, query, expected):
    assert read_table(database(*TWO_TABLES), query=query).iloc[:, -1].tolist() == expected


def test_a_table_may_be_called_anything_and_sqlites_own_do_not_count(database):
    path = database(
        'CREATE TABLE "my ""films""" (id INTEGER PRIMARY KEY AUTOINCREMENT)', 'INSERT INTO "my ""films""" VALUES (3)'
    )
    assert read_table(path).to_dict("list") == {"id": [3]}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (None, "--data.query must name a table or be a SELECT; it has: films, selected"),
        ("flims", "no table 'flims', did you mean 'films'?; it has: films, selected"),
        ("DELETE FROM films", "no table 'DELETE FROM films'"),
        ("SELECT x FROM films", "SQLite says: Execution failed on sql 'SELECT x FROM films': no such column: x"),
        ("SELECT 1; SELECT 2", "SQLite says: "),
    ],
)
def test_a_query_that_gives_no_table_is_refused(database, refused, query, message):
    refused(database(*TWO_TABLES), message, query=query)


def test_a_table_of_a_large_file_is_read_however_many_steps_that_may_take(database):
    path = database(*ONE_TABLE)
    os.truncate(path, 2**27)  # empty pages, which take no room on the disk
    assert read_table(path)["year"].tolist() == [1999, 2001]


def test_a_file_that_is_no_database_and_one_without_tables_are_refused(database, refused, file):
    refused(database(*ONE_TABLE, "DROP TABLE films"), "it has: none")
    refused(file("a.db", b"not a database " * 100), "SQLite says: file is not a database")
