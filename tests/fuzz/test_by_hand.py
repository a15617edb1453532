import gzip
import os
import re
import sqlite3
from contextlib import closing
from io import StringIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.targets import Target
from greenlight_films.reports.figures.style import script_json
from greenlight_films.reports.terminal import terminal


def table(folder, rows, name="films.csv", encoding="utf-8", end="\n"):
    path = folder / name
    path.write_bytes((end.join(["year,genre,rating", *rows]) + end).encode(encoding))
    return path


GOOD = [f"{1990 + i},Drama,{i % 5}.5" for i in range(20)]


def films(path):
    features, split = [Number("year"), Labels("genre")], RandomSplit(0.2, 0.2, 3)
    data = FilmDataModule(str(path), features=features, target=Target("rating"), split=split)
    data.setup("fit")
    return data


def names(data):
    return data.fitted.encoder.space.groups[1][0].values


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1e308,Drama,1", *GOOD], "2: column 'year' must hold numbers from -1e+100 to 1e+100, row 1 has '1e+308'"),
        ([*GOOD, "2000,Drama,-1e308"], "22: column 'rating' must hold numbers from -1e+100 to 1e+100, row 21 has '-1e"),
        ([*GOOD, "", '2000,"a\nb",1', "inf,Drama,1"], "25: column 'year' must hold finite numbers, row 22 has 'inf'"),
    ],
)
def test_a_number_too_large_is_refused_with_file_line_column_and_row(tmp_path, rows, message):
    path = table(tmp_path, rows)
    with pytest.raises(InputError, match="^" + re.escape(f"{path}, line {message}")):
        films(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("year\n1999\n2000\n", "no column 'rating'\nno column 'genre'\nthe table has: year"),
        ("x" * 10_000 + ",y\n1,2\n", f"the table has: {'x' * 77}..., y"),
    ],
    ids=["a single column", "10000 characters"],
)
def test_columns_that_lack_are_named_beside_those_there_are(tmp_path, text, message):
    path = tmp_path / "films.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        films(path)
    assert str(refused.value).startswith(f"{path}: no column")
    assert str(refused.value).endswith(message)


def test_differences_too_small_for_a_square_are_none(tmp_path):
    data = films(table(tmp_path, [f"{i % 2}e-320,Drama,{i}" for i in range(20)]))
    assert data.films.encoded.dense.max() < 1


@pytest.mark.parametrize(("encoding", "end"), [("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("utf-8", "\r")])
def test_marks_and_line_ends_of_other_systems_change_nothing(tmp_path, encoding, end):
    other = films(table(tmp_path, GOOD, "other.csv", encoding, end))
    assert other.fitted.fingerprint == films(table(tmp_path, GOOD)).fitted.fingerprint


@pytest.mark.parametrize(("cells", "labels"), [(('", "', "War"), ["War"]), (("a\0b", "a\0b"), ["a\0b"])])
def test_a_separator_is_no_label_and_a_nul_byte_is_kept(tmp_path, cells, labels):
    rows = [row.replace("Drama", cells[i % 2]) for i, row in enumerate(GOOD)]
    assert names(films(table(tmp_path, rows))) == labels


def test_a_line_of_two_gigabytes_is_refused_at_once(tmp_path):
    path = table(tmp_path, GOOD)
    os.truncate(path, 2 * 2**30)  # a hole: no disk is taken
    with pytest.raises(InputError, match=f"{path}, line 22: a line must be shorter than 16 MiB; end it where a film"):
        read_table(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            lambda: gzip.compress(b"a,b\n1,2\n" + bytes(range(97, 123)) * 700_000),
            ", line 3: a line must be shorter than 16 MiB; end it where a film",
        ),
        (
            lambda: gzip.compress(b"a,b\n") + 300 * gzip.compress(b"1,2\n" * 2**18),
            " unpacks to more than 200 times its size and 256 MiB.*unpack it and give that file",
        ),
    ],
    ids=["a long line", "a bomb"],
)
def test_a_packed_file_is_refused(tmp_path, content, message):
    path = tmp_path / "films.csv.gz"
    path.write_bytes(content())
    with pytest.raises(InputError, match=f"{path}{message}"):
        read_table(str(path))


def test_a_parquet_file_with_changed_bytes_ends_no_process(tmp_path):
    path = tmp_path / "films.parquet"
    columns = {"a": ["x", "y", None] * 30, "b": [1.0, 2.0, 3.0] * 30, "c": [["a"], None, ["b", "c"]] * 30}
    papq.write_table(pa.table(columns), path)
    content, refused = path.read_bytes(), 0
    for index in range(0, len(content), 7):
        changed = bytearray(content)
        changed[index] ^= 1
        path.write_bytes(changed)
        try:
            read_table(str(path))
        except InputError:
            refused += 1
    assert len(content) / 7 > refused > 20


@pytest.mark.parametrize("nested", ["text", "list", "map", "struct"])
def test_a_parquet_file_of_a_repeated_text_is_refused(tmp_path, nested):
    path = tmp_path / "films.parquet"
    texts = pa.DictionaryArray.from_arrays(np.zeros(2_500, dtype=np.int32), ["x" * 900_000])
    each = list(range(2_501))
    column = {
        "text": lambda: texts,
        "list": lambda: pa.ListArray.from_arrays(each, texts),
        "map": lambda: pa.MapArray.from_arrays(each, pa.array(["k"] * 2_500), texts),
        "struct": lambda: pa.StructArray.from_arrays([texts], ["x"]),
    }[nested]()
    papq.write_table(
        pa.table({"a": column}), path, compression="zstd", dictionary_pagesize_limit=2**21, store_schema=False
    )
    assert path.stat().st_size < 1_000
    with pytest.raises(InputError, match=f"{path} takes 2.1 GiB of memory, more than 1000 times its size"):
        read_table(str(path))


def test_parquet_categories_stay_what_they_are(tmp_path):
    frame = pd.DataFrame({"genre": pd.Categorical(["Drama", None, "War"]), "year": pd.Categorical([1999, 2001, None])})
    frame.to_parquet(tmp_path / "films.parquet")
    read = read_table(str(tmp_path / "films.parquet"))
    assert read["genre"].tolist()[::2] == ["Drama", "War"]
    assert read["year"].tolist()[:2] == [1999, 2001]


def test_lines_may_end_in_a_carriage_return_alone(tmp_path):
    path = tmp_path / "films.csv"
    path.write_bytes(b"a,b,c\r" + b"1,2,3\r" * 40_000)
    assert read_table(str(path)).shape == (40_000, 3)


def test_a_select_of_the_user_may_take_long(tmp_path):
    path = tmp_path / "films.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE n (x)")
    query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2000000) SELECT max(x) AS x FROM c"
    assert read_table(str(path), query=query)["x"].tolist() == [2_000_000]


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
            "the view takes too long",
        ),
        ("SELECT count(*) FROM n a, n b, n c", "the view takes too long"),
        ("SELECT zeroblob(900000000) AS x", "SQLite says: .* too big"),
    ],
    ids=["recursion", "product", "cell"],
)
def test_a_view_in_a_database_ends(tmp_path, view, message):
    path = tmp_path / "films.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE n (x)")
        connection.executemany("INSERT INTO n VALUES (?)", [(i,) for i in range(1000)])
        connection.execute(f"CREATE VIEW films AS {view}")
    with pytest.raises(InputError, match=f"{path}: {message}"):
        read_table(str(path), query="films")


def test_what_is_printed_or_put_on_a_page_steers_no_terminal_and_turns_no_text_round():
    console = terminal()
    console.file = StringIO()
    console.print("a\x1b[2J\x07\u202eb\u2066c\x9b3m שלום", markup=False, highlight=False)
    assert console.file.getvalue() == "a[2Jbc3m שלום\n"
    assert script_json(["a\u202eb", "שלום"]) == '["ab","שלום"]'
