import gzip

import pyarrow as pa
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles
from greenlight_films.datamodules.tables.sqlite_in_blocks import SqliteInBlocks
from greenlight_films.datamodules.tables.table_in_blocks import find_in_blocks
from greenlight_films.datamodules.tables.text_in_blocks import TextInBlocks

CSV = "year,title\n" + "".join(f"{row},Film {row}\n" for row in range(100))
TABLE = ("CREATE TABLE films (year, title)", "INSERT INTO films VALUES " + ", ".join(["(1999, 'A film')"] * 100))


@pytest.fixture
def tables(tmp_path, file, database):
    """Return the same films in each kind of file, by its name's ending."""
    papq.write_table(pa.table({"year": range(100), "title": ["A film"] * 100}), tmp_path / "films.parquet")
    return {
        "parquet": str(tmp_path / "films.parquet"),
        "csv": file("films.csv", CSV),
        "gz": file("films.tsv.gz", gzip.compress(CSV.replace(",", "\t").encode(), mtime=0)),
        "db": database(*TABLE),
    }


@pytest.mark.parametrize(
    ("kind", "expected", "layout"),
    [
        ("parquet", ParquetFiles, Layout()),
        ("csv", TextInBlocks, Layout()),
        ("csv", TextInBlocks, Layout(delimiter=",", encoding="utf-8")),
        ("gz", TextInBlocks, Layout()),
        ("db", SqliteInBlocks, Layout()),
        ("db", SqliteInBlocks, Layout(query="SELECT title, year FROM films")),
    ],
)
def test_a_large_table_is_found_with_its_columns_and_rows(tables, kind, expected, layout):
    table = find_in_blocks(tables[kind], layout, 100)
    assert type(table) is expected
    assert sorted(table.schema.names) == sorted(table.names) == ["title", "year"]
    blocks = pa.concat_tables(table.blocks(["title"]))
    assert (len(blocks), blocks.schema) == (table.n_rows, pa.schema([("title", pa.string())]))
    assert find_in_blocks(tables[kind], layout, 101) is None


@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        ("parquet", Layout(delimiter=",")),
        ("csv", Layout(query="films")),
        ("csv", Layout(sheet="films")),
        ("db", Layout(delimiter=",")),
    ],
)
def test_what_options_of_other_kinds_mean_is_left_to_what_reads_whole(tables, kind, layout):
    assert find_in_blocks(tables[kind], layout, 10) is None


@pytest.mark.parametrize("name", ["wikidata-films", "nowhere.csv"])
def test_what_is_no_file_is_not_read_in_blocks(name):
    assert find_in_blocks(name, Layout(), 1) is None


def test_json_is_not_read_in_blocks(file):
    assert find_in_blocks(file("films.jsonl", '{"title": "A"}\n' * 100), Layout(), 10) is None
