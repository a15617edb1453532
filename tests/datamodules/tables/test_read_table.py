import csv
import gzip
import io
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.delimited_text import MISSING
from greenlight_films.datamodules.tables.read_table import SOURCES, read_table

MOVIES = Path(__file__).parents[3] / "../shared/data/the_movies_dataset"

needs_movies = pytest.mark.skipif(not MOVIES.is_dir(), reason="the slice of The Movies Dataset is not beside this copy")


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "films.db"

    def run(*statements):
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return str(path)

    return run


TRUNCATED = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n**3) for n in range(5000)))[:9000]


def refusal(path, said):
    return pytest.raises(InputError, match=re.escape(path) + ".*" + re.escape(said))


@pytest.mark.parametrize("name", SOURCES)
def test_an_embedded_source_needs_no_file(name):
    assert len(read_table(name)) > 1000


TWO_FILMS = {"year": [1999, 2001], "title": ["Čapek", "Ö"]}


@pytest.mark.parametrize(
    ("name", "content", "options"),
    ids=lambda value: value if isinstance(value, str) else "",
    argvalues=[
        ("a.csv", "year,title\n1999,Čapek\n2001,Ö\n".encode(), {}),
        ("a.CSV", "year,title\n1999,Čapek\n2001,Ö\n".encode(), {}),
        ("a.csv", "year,title\n1999,Čapek\n2001,Ö".encode(), {}),
        ("bom.csv", "\ufeffyear,title\n1999,Čapek\n2001,Ö\n".encode(), {}),
        ("crlf.csv", "year,title\r\n1999,Čapek\r\n2001,Ö\r\n".encode(), {}),
        ("blank.csv", "year,title\n\n1999,Čapek\n\n2001,Ö\n\n".encode(), {}),
        ("quoted.csv", '"year","title"\n"1999","Čapek"\n"2001","Ö"\n'.encode(), {}),
        ("utf16.csv", "year,title\n1999,Čapek\n2001,Ö\n".encode("utf-16"), {"encoding": "utf-16"}),
        ("latin2.csv", "year,title\n1999,Čapek\n2001,Ö\n".encode("iso8859-2"), {"encoding": "iso8859-2"}),
        ("a.tsv", "year\ttitle\n1999\tČapek\n2001\tÖ\n".encode(), {}),
        ("semi.csv", "year;title\n1999;Čapek\n2001;Ö\n".encode(), {"delimiter": ";"}),
        ("a.csv.gz", gzip.compress("year,title\n1999,Čapek\n2001,Ö\n".encode()), {}),
        ("a.tsv.gz", gzip.compress("year\ttitle\n1999\tČapek\n2001\tÖ\n".encode()), {}),
        ("A.CSV.GZ", gzip.compress("year,title\n1999,Čapek\n2001,Ö\n".encode()), {}),
    ],
)
def test_a_text_file_is_read_in_its_format_and_encoding(file, name, content, options):
    frame = read_table(file(name, content), **options)
    assert frame.to_dict("list") == TWO_FILMS
    assert list(frame.index) == [0, 1]
    assert isinstance(frame["title"].dtype, pd.StringDtype)


def test_the_encoding_matters(file):
    path = file("a.csv", "title\nÖ\n".encode("latin-1"))
    assert read_table(path, encoding="latin-1")["title"].tolist() == ["Ö"]
    assert read_table(path, encoding="cp1251")["title"].tolist() == ["Ц"]


def test_each_spelling_of_missing_is_missing(file):
    content = "n,text\n" + "".join(f"{cell},{cell}\n" for cell in MISSING) + "7,Nano\n"
    frame = read_table(file("a.csv", content))
    assert len(frame) == len(MISSING) + 1
    assert frame["n"].notna().tolist() == frame["text"].notna().tolist() == [False] * len(MISSING) + [True]
    assert frame["n"].dtype == np.float64


def test_a_cell_may_hold_commas_quotes_and_line_ends(file):
    rows = [["a", "b"], ['say "x", y', "1"], ["two\nlines", "2"]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    frame = read_table(file("a.csv", text.getvalue()))
    assert frame.to_dict("list") == {"a": ['say "x", y', "two\nlines"], "b": [1, 2]}


def test_a_cell_may_be_longer_than_a_megabyte(file):
    frame = read_table(file("a.csv", "a,b\n" + "x" * 2_500_000 + ",1\ny,2\n"))
    assert frame["a"].str.len().tolist() == [2_500_000, 1]


def test_text_far_down_makes_the_whole_column_text(file):
    frame = read_table(file("a.csv", "n,m\n" + "12345,\n" * 300_000 + "late,late\n"))
    assert len(frame) == 300_001
    assert (frame["n"].iloc[0], frame["n"].iloc[-1], frame["m"].iloc[-1]) == ("12345", "late", "late")


@pytest.mark.parametrize(
    ("content", "said"),
    ids=lambda value: repr(value[:20]),
    argvalues=[
        ("a,b\n1,2\n3\n", "line 3: every row must have the header's 2 cells, got 1"),
        ("a,b\n1,2\n3,4,5\n", "line 3: every row must have the header's 2 cells, got 3"),
        ("a,b\n1\n3,4,5\n6,7\n", "line 2: every row must have the header's 2 cells, got 1; 2 rows are so"),
        ('a,b\n"1\n\n",2\n3\n', "line 5: every row must have the header's 2 cells, got 1"),
        ("a,b\r\n1,2\r\n\r\n3\r\n", "line 4: every row must have the header's 2 cells, got 1"),
        ("\ufeffa,b\n1,2\n3\n", "line 3: every row must have the header's 2 cells, got 1"),
        ('a,b\n"1,2\n3,4\n', "line 2: a quote is opened there and never closed; close or remove it"),
        (
            'a,b\n1,12" pipe\n2,"open\n3,x\n4,y\n',
            "line 3: a quote is opened there and never closed; close or remove it",
        ),
        ('a,b\n1,12" pipe\n2,"open,\n3,x\n', "line 3: a quote is opened there and never closed; close or remove it"),
        ('a,b,c\n1,12" pipe,x\n2,"open,3\n4,5\n', "line 3: a quote is opened there and never closed"),
        ("a;b\n1;2\n", "the header is one cell, 'a;b'; if ';' stands between cells, give --data.delimiter ';'"),
        ("\n" + "," * 100_000 + "\n", "line 2: a header must have at most 100,000 cells"),
        ('"a\nb"' + "," * 100_000 + "\n", "line 2: a header must have at most 100,000 cells"),
        ("a,b\n" + "x" * 200_000 + ",1\n2\n", "line 3: every row must have the header's 2 cells, got 1"),
        ("a,b\n" + "123456,1\n" * 200_000 + "2\n", "line 200002: every row must have the header's 2 cells, got 1"),
        ("a,b,a,b,c\n1,2,3,4,5\n", "every column needs a name of its own, got 'a', 'b' more than once"),
        ("", "is empty; a header line and rows of films are needed"),
        ("a,b\n", "has a header and no rows; rows of films are needed"),
        ("\n\n", "has no header; a header line and rows of films are needed"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_line_at_fault(file, content, said):
    path = file("a.csv", content)
    with refusal(path, said):
        read_table(path)


def test_a_header_without_a_line_end_is_refused(file):
    path = file("a.csv", "a,b")
    with refusal(path, ""):
        read_table(path)


def test_a_quote_that_is_never_closed_swallows_no_rows(file):
    path = file("a.csv", 'a,b\nx,1\ny,"2\nz,3\n')
    with refusal(path, "line 3"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ('a,b\n1,"Weird" Al\n2,12" pipe\n', ["Weird Al", '12" pipe']),
        ('a,b\n1,12" pipe\n2,"two\nlines"', ['12" pipe', "two\nlines"]),
        ('a,b\n1,2" x 4"\n2,"two\nlines"\n\n', ['2" x 4"', "two\nlines"]),
    ],
)
def test_quotes_within_cells_are_text(file, content, cells):
    assert read_table(file("a.csv", content))["b"].tolist() == cells


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    ids=lambda value: value if isinstance(value, str) else "",
    argvalues=[
        ("a.csv", "a,b\n1,x\n2,Ö\n".encode("latin-1"), {}, "line 3: not utf-8 text; try --data.encoding cp1252 or"),
        ("a.csv", "a,Ö\n1,x\n2,y\n".encode("latin-1"), {}, "line 1: not utf-8 text; try --data.encoding cp1252 or"),
        ("a.csv", "a,b\n1,x\n2,Ö".encode()[:-1], {}, "line 3: not utf-8 text"),
        ("a.csv", "a,b\n1,Ö\n".encode("utf-16"), {}, "line 1: UTF-16, not utf-8 text; give --data.encoding utf-16"),
        ("a.csv", "a,b\n1,Ö\n".encode(), {"encoding": "ascii"}, "line 2: not ascii text"),
        (
            "a.csv",
            "a,b\n1,x\n2\n".encode("utf-16"),
            {"encoding": "utf-16"},
            "line 3: every row must have the header's 2",
        ),
        (
            "a.csv",
            'a,b\n1,Т\n2,"x\n3,y\n'.encode("utf-16"),  # U+0422 holds the byte of a quote
            {"encoding": "utf-16"},
            "line 3: a quote is opened there and never closed",
        ),
        ("a.csv.gz", gzip.compress("a,b\n1,Ö\n".encode("latin-1")), {}, "line 2: not utf-8 text"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,x\n2\n"), {}, "line 3: every row must have the header's 2 cells, got 1"),
        ("a.csv.gz", TRUNCATED, {}, "cannot be read: Compressed file"),
        ("a.csv.gz", b"a,b\n1,2\n", {}, "cannot be read: Not a gzipped file (b'a,')"),
        ("a.parquet", b"not a parquet file", {}, "is not a Parquet file: "),
        ("a.db", b"not a database " * 100, {}, "SQLite says: file is not a database"),
    ],
)
def test_bytes_that_cannot_be_read_are_refused_with_the_remedy(file, name, content, options, said):
    path = file(name, content)
    with refusal(path, said):
        read_table(path, **options)


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "undefined", "punycode", "a\0b", "\ud800"])
def test_an_encoding_that_is_none_of_text_is_refused(file, encoding):
    with pytest.raises(InputError, match=re.escape(f"as utf-8 or latin-1, got {encoding!r}")):
        read_table(file("a.csv", "a,b\n1,2\n"), encoding=encoding)


@pytest.mark.parametrize("delimiter", [";;", "→", '"', "\n", "\0"])
def test_a_delimiter_that_cannot_be_one_is_refused(file, delimiter):
    with pytest.raises(InputError, match=f"delimiter.*({re.escape(repr(delimiter))}|cannot be)"):
        read_table(file("a.csv", "a;b\n1;2\n"), delimiter=delimiter)


@pytest.mark.parametrize("name", ["films.xlsx", "films", "films.gz", "films.json"])
def test_a_suffix_that_is_not_known_is_refused(file, name):
    path = file(name, "a,b\n1,2\n")
    with pytest.raises(
        InputError, match=r"must end in one of \.csv, .*the first two also in \.gz\), got " + re.escape(path)
    ):
        read_table(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="must be a file, got the folder " + re.escape(str(tmp_path))):
        read_table(str(tmp_path))


def test_a_misspelt_file_is_refused_with_the_nearest_one_there(file, tmp_path):
    file("films.csv", "a\n1\n")
    with refusal(str(tmp_path / "flims.csv"), "does not exist, did you mean 'films.csv'?"):
        read_table(str(tmp_path / "flims.csv"))


@pytest.mark.parametrize("name", ["wikidata-flims", "Wikidata-Films"])
def test_a_misspelt_source_is_refused_with_the_nearest_one(name):
    with pytest.raises(InputError, match=rf"{name} does not exist, did you mean 'wikidata-films'\? Give a file, or an"):
        read_table(name)


@pytest.mark.parametrize("name", ["zzz", "no/such/folder/films.csv"])
def test_what_is_nowhere_is_refused_with_the_sources_there_are(name):
    with pytest.raises(InputError, match=rf"{name} does not exist\. Give a file, .* source: wikidata-films"):
        read_table(name)


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.PARQUET"])
def test_parquet_keeps_lists_numbers_and_missing_cells(tmp_path, name):
    cast = pa.array([["A", "B"], None, []], pa.list_(pa.string()))
    table = pa.table({"cast": cast, "year": [1999, None, 2001], "title": ["x", None, "z"]})
    papq.write_table(table, tmp_path / name)
    frame = read_table(str(tmp_path / name))
    assert frame["cast"].dtype == pd.ArrowDtype(pa.list_(pa.string()))
    assert pa.array(frame["cast"]).to_pylist() == [["A", "B"], None, []]
    assert frame["year"].tolist()[::2] == [1999.0, 2001.0]
    assert frame[["year", "title"]].isna().to_numpy().tolist() == [[False] * 2, [True] * 2, [False] * 2]


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    papq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with refusal(str(path), "has a header and no rows"):
        read_table(str(path))


ONE_TABLE = ("CREATE TABLE films (title, year)", "INSERT INTO films VALUES ('x', 1999), (NULL, 2001)")
TWO_TABLES = (*ONE_TABLE, "CREATE TABLE selected (n)", "INSERT INTO selected VALUES (7)")


def test_the_only_table_of_a_database_needs_no_query(database):
    frame = read_table(database(*ONE_TABLE))
    assert frame["year"].tolist() == [1999, 2001]
    assert frame["title"].isna().tolist() == [False, True]


def test_the_tables_that_sqlite_keeps_for_itself_do_not_count(database):
    path = database("CREATE TABLE films (id INTEGER PRIMARY KEY AUTOINCREMENT)", "INSERT INTO films VALUES (3)")
    assert read_table(path).to_dict("list") == {"id": [3]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("films", [1999, 2001]),
        ("selected", [7]),
        ("SELECT year FROM films WHERE title = 'x'", [1999]),
        ("  select year + 1 AS next FROM films", [2000, 2002]),
        ("WITH cte AS (SELECT year FROM films) SELECT * FROM cte", [1999, 2001]),
        ("WITH old AS (SELECT year FROM films LIMIT 1) SELECT * FROM old", [1999]),
        ("VALUES (5)", [5]),
    ],
)
def test_a_query_is_a_tables_name_or_a_select(database, query, expected):
    assert read_table(database(*TWO_TABLES), query=query).iloc[:, -1].tolist() == expected


def test_a_table_may_be_called_anything(database):
    path = database('CREATE TABLE "my ""films""" (n)', 'INSERT INTO "my ""films""" VALUES (1)')
    assert read_table(path)["n"].tolist() == [1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (None, "--data.query must name a table or be a SELECT; it has: films, selected"),
        ("flims", "no table 'flims', did you mean 'films'?; it has: films, selected"),
        ("DELETE FROM films", "no table 'DELETE FROM films'"),
        (
            "SELECT nope FROM films",
            "SQLite says: Execution failed on sql 'SELECT nope FROM films': no such column: nope",
        ),
        ("SELECT 1; SELECT 2", "SQLite says: "),
        ("SELECT year, year FROM films", "every column needs a name of its own, got 'year' more than once"),
        ("SELECT * FROM films WHERE year = 1", "has a header and no rows"),
    ],
)
def test_a_query_that_gives_no_table_is_refused(database, query, said):
    path = database(*TWO_TABLES)
    with refusal(path, said):
        read_table(path, query=query)


def test_a_database_without_tables_is_refused(database):
    path = database(*ONE_TABLE, "DROP TABLE films")
    with refusal(path, "it has: none"):
        read_table(path)


def test_reading_leaves_the_database_as_it_was(database):
    path = database(*ONE_TABLE)
    before = Path(path).read_bytes()
    read_table(path)
    assert Path(path).read_bytes() == before


@needs_movies
@pytest.mark.parametrize("name", ["movies_metadata", "credits", "keywords", "links", "ratings"])
def test_the_movies_dataset_has_the_cells_that_pythons_csv_module_reads(name):
    path = MOVIES / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if row]
    frame = read_table(str(path))
    assert list(frame.columns) == header
    assert len(frame) == len(rows) > 10
    for position, column in enumerate(header):
        cells = pd.Series([row[position] for row in rows], dtype="str")
        assert frame[column].isna().tolist() == cells.isin(MISSING).tolist()
        if isinstance(frame[column].dtype, pd.StringDtype):
            assert frame[column].dropna().tolist() == cells[~cells.isin(MISSING)].tolist()
        elif frame[column].dtype != bool:
            np.testing.assert_array_equal(frame[column].dropna(), cells[~cells.isin(MISSING)].astype(float))


def test_a_tsv_takes_quotes_for_text_unless_told(tmp_path):
    path = tmp_path / "titles.tsv"
    path.write_text('title\tyear\n"Rome\t2\nz\t3\n"Paris\t4\n', encoding="utf-8")
    assert read_table(str(path))["title"].tolist() == ['"Rome', "z", '"Paris']
    assert len(read_table(str(path), quote='"')) == 1


def test_columns_of_text_stay_as_they_are(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("code,flag\n01,True\n2,False\n", encoding="utf-8")
    assert read_table(str(path))["code"].tolist() == [1, 2]
    kept = read_table(str(path), texts=["code", "flag"])
    assert kept["code"].tolist() == ["01", "2"]
    assert kept["flag"].tolist() == ["True", "False"]


def test_the_index_of_a_parquet_file_is_a_column(tmp_path):
    path = tmp_path / "films.parquet"
    pd.DataFrame({"title": ["a", "b"], "year": [1, 2]}).set_index("title").to_parquet(path)
    assert read_table(str(path))["title"].tolist() == ["a", "b"]
