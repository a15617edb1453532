import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules.tables.read_table import read_table


@pytest.mark.parametrize("name", ["a.parquet", "a.PQ"])
def test_parquet_keeps_lists_numbers_and_missing_cells(tmp_path, name):
    cast = pa.array([["A", "B"], None, []], pa.list_(pa.string()))
    table = pa.table({"cast": cast, "year": [1999, None, 2001], "title": ["x", None, "z"]})
    papq.write_table(table, tmp_path / name)
    frame = read_table(str(tmp_path / name))
    assert frame["cast"].dtype == pd.ArrowDtype(pa.list_(pa.string()))
    assert pa.array(frame["cast"]).to_pylist() == [["A", "B"], None, []]
    assert frame["year"].tolist()[::2] == [1999.0, 2001.0]
    assert frame[["year", "title"]].isna().to_numpy().tolist() == [[False] * 2, [True] * 2, [False] * 2]


def test_the_index_of_a_parquet_file_is_a_column(tmp_path):
    pd.DataFrame({"title": ["a", "b"], "year": [1, 2]}).set_index("title").to_parquet(tmp_path / "films.parquet")
    assert read_table(str(tmp_path / "films.parquet"))["title"].tolist() == ["a", "b"]


def test_a_file_without_rows_and_a_file_of_another_kind_are_refused(file, refused, tmp_path):
    papq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "a.parquet")
    refused(str(tmp_path / "a.parquet"), "has a header and no rows")
    refused(file("b.parquet", b"not a parquet file"), "is not a Parquet file: ")
