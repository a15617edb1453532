"""Tables of a gigabyte: those that pack well are read, those that are small on the disk only are refused."""

import gzip
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.read_table import read_table


def test_a_parquet_file_of_a_repeated_cell_is_refused(tmp_path):
    path = tmp_path / "films.parquet"
    with papq.ParquetWriter(path, pa.schema({"a": pa.int64()})) as writer:
        for _ in range(14):
            writer.write_table(pa.table({"a": pa.repeat(7, 10_000_000)}), row_group_size=10_000_000)
    with pytest.raises(InputError, match=f"{path} takes 1.0 GiB of memory, more than 1000 times its size"):
        read_table(str(path))


def test_dummies_that_pack_well_are_a_table(tmp_path):
    wide = np.zeros((45_000, 1_000), dtype=np.int8)
    wide[np.random.default_rng(0).integers(0, 45_000, 45_000), np.arange(45_000) % 1_000] = 1
    frame = pd.DataFrame(wide, columns=[f"c{index}" for index in range(1_000)])
    frame.to_parquet(tmp_path / "films.parquet")
    assert read_table(str(tmp_path / "films.parquet")).shape == wide.shape
    line = ",".join("0" * 1_000) + "\n"
    packed = gzip.compress((",".join(frame.columns) + "\n" + 45_000 * line).encode())
    assert 45_000 * len(line) > 300 * len(packed)
    (tmp_path / "films.csv.gz").write_bytes(packed)
    assert read_table(str(tmp_path / "films.csv.gz")).shape == wide.shape


@pytest.mark.parametrize(
    "made",
    [
        "CREATE VIEW films AS SELECT x, printf('%.*c', 15000000, 'x') AS y FROM n",
        "CREATE TABLE films (x, y AS (printf('%.*c', 15000000, 'x')))",
    ],
    ids=["view", "column"],
)
def test_what_a_database_computes_finds_room(tmp_path, made):
    path = tmp_path / "films.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE n (x)")
        connection.execute(made)
        connection.executemany(
            f"INSERT INTO {'films' if 'TABLE' in made else 'n'} (x) VALUES (?)", [(i,) for i in range(80)]
        )
    message = (
        "takes 1.1 GiB of memory, more than 1000 times its size, .* give a SELECT of what is needed as --data.query"
    )
    with pytest.raises(InputError, match=f"{path} {message}"):
        read_table(str(path), query="films")
