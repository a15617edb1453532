import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest
from pyarrow.dataset import dataset

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables import parquet_files
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles
from greenlight_films.datamodules.tables.read_table import read_table

TABLE = pa.table(
    {
        "year": list(range(1990, 2020)),
        "cast": [[f"P{row % 7}", f"P{row % 5}"] if row % 4 else None for row in range(30)],
        "genre": [f"G{row % 3}" if row % 6 else None for row in range(30)],
    }
)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a table in three files, one in a folder of its own, and files that are no part of it."""
    folder = tmp_path / "films"
    (folder / "late").mkdir(parents=True)
    (folder / "_old").mkdir()
    for name, start, stop in (("a.parquet", 0, 11), ("b.PQ", 11, 12), ("late/c.parquet", 12, 30)):
        papq.write_table(TABLE.slice(start, stop - start), folder / name)
    papq.write_table(TABLE, folder / "_old" / "d.parquet")
    papq.write_table(TABLE, folder / ".e.parquet")
    (folder / "notes.txt").write_text("none")
    return folder


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}"])
def test_a_folder_and_its_uri_are_the_rows_of_all_files_in_the_order_of_their_names(folder, form):
    files = ParquetFiles.find(form.format(folder))
    assert files.read().equals(TABLE)
    assert files.n_rows == 30


@pytest.mark.parametrize(
    ("pattern", "start", "stop"),
    [("*.parquet", 0, 11), ("[bc].*", 11, 12), ("*/c*", 12, 30), ("b.PQ", 11, 12)],
)
def test_a_pattern_names_the_files_that_match_it(folder, pattern, start, stop):
    for table in (f"{folder}/{pattern}", f"file://{folder}/{pattern}"):
        if not ("[" in table and "://" in table):  # a URI has no brackets
            assert ParquetFiles.find(table).read().equals(TABLE.slice(start, stop - start))


def test_blocks_are_never_larger_than_they_may_be_and_together_all_rows(folder, monkeypatch):
    monkeypatch.setattr(parquet_files, "BLOCK_ROWS", 5)
    blocks = list(ParquetFiles.find(str(folder)).blocks(["genre", "cast"]))
    assert [len(block) for block in blocks] == [5, 5, 1, 1, 5, 5, 5, 3]
    assert pa.concat_tables(blocks).equals(TABLE.select(["genre", "cast"]))


def test_files_may_lack_columns_and_have_numbers_of_other_kinds(tmp_path):
    papq.write_table(pa.table({"year": [1990, 1991], "title": ["A", "B"]}), tmp_path / "1.parquet")
    papq.write_table(pa.table({"year": [1.5]}), tmp_path / "2.parquet")
    papq.write_table(pa.table({"title": pa.nulls(1)}), tmp_path / "3.parquet")
    files = ParquetFiles.find(str(tmp_path))
    expected = {"year": [1990.0, 1991.0, 1.5, None], "title": ["A", "B", None, None]}
    assert files.read().to_pydict() == expected
    assert pa.concat_tables(files.blocks(["title"])).to_pydict() == {"title": expected["title"]}
    assert read_table(str(tmp_path))["title"].isna().tolist() == [False, False, True, True]


@pytest.fixture
def parted(tmp_path):
    """Return a folder that is parted by two columns, whose own folder is called as one, too."""
    folder = tmp_path / "no=1" / "films"
    for path, start, stop in (
        ("decade=1990/genre=Sci%2DFi%2F x/a.parquet", 0, 10),
        ("decade=2000/genre=2/b.parquet", 10, 20),
        ("decade=2010/genre=__HIVE_DEFAULT_PARTITION__/c.parquet", 20, 30),
    ):
        (folder / path).parent.mkdir(parents=True)
        papq.write_table(TABLE.slice(start, stop - start).drop_columns("genre"), folder / path)
    return folder


def test_columns_that_a_folder_is_parted_by_are_as_arrow_has_them(parted):
    frame = read_table(str(parted))
    expected = read_table(dataset(parted, partitioning="hive").to_table())  # of categoricals it reads no empty ones
    assert frame.columns.tolist() == expected.columns.tolist() == ["year", "cast", "decade", "genre"]
    assert frame["decade"].tolist() == expected["decade"].tolist() == [1990] * 10 + [2000] * 10 + [2010] * 10
    assert frame["genre"].fillna("").tolist() == expected["genre"].fillna("").tolist()
    assert frame["genre"][0] == "Sci-Fi/ x"
    assert pd.api.types.is_integer_dtype(frame["decade"].dtype)
    decades = read_table(pd.read_parquet(parted, columns=["decade"]))["decade"]
    assert decades.tolist() == frame["decade"].tolist()


def test_columns_of_folders_come_in_blocks_too(parted, monkeypatch):
    monkeypatch.setattr(parquet_files, "BLOCK_ROWS", 4)
    files = ParquetFiles.find(f"file://{parted}")
    assert "decade" in files.schema.names
    assert pa.concat_tables(files.blocks(["decade", "year"])).equals(files.read().select(["decade", "year"]))
    assert pa.concat_tables(files.blocks(["genre"])).equals(files.read().select(["genre"]))


def test_only_folders_below_the_one_that_is_named_are_columns(parted):
    assert "no" not in ParquetFiles.find(str(parted)).names
    assert (
        ParquetFiles.find(f"{parted}/decade=2*/*/*.parquet").read()["decade"].to_pylist() == [2000] * 10 + [2010] * 10
    )
    assert ParquetFiles.find(f"{parted}/decade=1990").names == ["year", "cast", "genre"]


def test_a_column_of_the_files_own_stays(tmp_path):
    (tmp_path / "genre=1").mkdir()
    papq.write_table(TABLE, tmp_path / "genre=1" / "a.parquet")
    assert ParquetFiles.find(str(tmp_path)).read().equals(TABLE)


def test_files_that_do_not_go_together_are_refused(tmp_path):
    papq.write_table(pa.table({"year": [1990]}), tmp_path / "1.parquet")
    papq.write_table(pa.table({"year": [["x"]]}), tmp_path / "2.parquet")
    with pytest.raises(InputError, match=r"must have columns of the same kind in all 2 files: .*year"):
        read_table(str(tmp_path))


def test_a_file_that_is_broken_is_named(folder):
    (folder / "b.PQ").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"b\.PQ can't be read as Parquet: .*; write or fetch it again"):
        read_table(str(folder))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file:///nowhere/films", "must name Parquet files (.parquet, .pq), got none there"),
        ("gopher://films", "can't be read as Parquet: Unrecognized filesystem type in URI: gopher://films"),
    ],
)
def test_a_uri_of_nothing_is_refused(table, message):
    with pytest.raises(InputError, match=re.escape(f"--data.table {table} {message}")):
        read_table(table)


def test_options_of_a_single_file_are_refused_for_several(folder):
    with pytest.raises(InputError, match=r"--data\.query is for a single file, got the Parquet files"):
        read_table(str(folder), query="films")


@pytest.mark.slow
@pytest.mark.parametrize("table", ["films.csv", "wikidata-films", "nowhere", "no*where"])
def test_other_tables_are_none_of_parquet_files(table):
    assert ParquetFiles.find(table) is None


def test_the_identity_changes_with_a_file(folder):
    before = ParquetFiles.find(str(folder)).identity
    assert ParquetFiles.find(str(folder)).identity == before
    papq.write_table(TABLE.slice(0, 10), folder / "a.parquet")
    after = ParquetFiles.find(str(folder)).identity
    assert after[0] == before[0]
    assert after[2] != before[2]
