"""Tables of any length as files; `LINES` is made small."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.studies import long_tables
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.long_tables import in_blocks, table_files, whole_file
from greenlight_films.studies.results import Results

TABLE = pd.DataFrame(
    {
        "row": range(1, 8),
        "title": ["=1+1", None, "Amélie", "a\rb", "-", "x,y", "z"],
        "mixed": [1, "a", None, 2.5, True, "b", None],
        "rank": pd.array([1, 2, 3, 4, 5, None, None], dtype="Int64"),
        "importance": [0.123456, -1.5e-9, 3e12, np.nan, 0.0, 1.0, 2.0],
        "p": [1e-200, 0.5, 0.25, 1.0, np.nan, 0.1, 0.2],
    }
)


@pytest.fixture(autouse=True)
def three_lines(monkeypatch):
    monkeypatch.setattr(long_tables, "LINES", 3)


def test_a_short_table_is_a_whole_csv_alone(folder):
    files = table_files("films", in_blocks(TABLE.iloc[:3]))
    assert files == {"films.csv": folder.csv(TABLE.iloc[:3]).encode()}
    assert list(table_files("films", in_blocks(TABLE[:0]))) == ["films.csv"]


def test_of_a_long_table_the_csv_has_the_first_lines_and_the_parquet_all(folder):
    more = TABLE[TABLE["row"] == 6]
    folder.write_all(table_files("films", in_blocks(TABLE), more, packed=["importance"]))
    assert folder.read_csv("films.csv")["row"].tolist() == [1, 2, 3, 6]
    table = Results(folder).table("films.csv")
    expected = TABLE.assign(mixed=["1", "a", None, "2.5", "True", "b", None])
    assert table["title"].iloc[0] == "=1+1"
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, rtol=1e-6)
    assert table["p"].iloc[0] == 1e-200  # float32 has none so near to 0
    assert (table["importance"].dtype, table["rank"].dtype) == ("float64", "Int64")
    assert Results(folder).table("films.csv", ["row", "p"]).columns.tolist() == ["row", "p"]


def test_blocks_are_written_one_after_the_other(folder):
    alive = []

    def blocks():
        for block in in_blocks(TABLE):
            alive.append(len(block))
            yield block

    files = table_files("films", blocks())
    assert alive == [3, 3]  # as many as tell that the table is long
    folder.write_all(files)
    assert alive == [3, 3, 1]
    assert len(pd.read_parquet(folder.path / "films.parquet")) == 7


def test_the_whole_file_of_a_table_is_the_parquet_beside_it(tmp_path):
    path = tmp_path / "films.csv"
    assert whole_file(path) == path
    path.with_suffix(".parquet").touch()
    assert whole_file(path) == tmp_path / "films.parquet"
    assert whole_file(tmp_path / "films.txt") == tmp_path / "films.txt"


def test_a_broken_parquet_is_named_with_the_command_that_writes_it(folder):
    folder.write_all({"Permu_importance_df.csv": b"feature\n", "Permu_importance_df.parquet": b"PAR1"})
    with pytest.raises(InputError, match=r"Permu_importance_df\.parquet can't be read: .*importance --run"):
        Results(folder).table("Permu_importance_df.csv")
    pd.DataFrame({"feature": ["a"]}).to_parquet(folder.path / "Permu_importance_df.parquet")
    with pytest.raises(InputError, match=r"Permu_importance_df\.parquet can't be read: no column 'importance'"):
        Results(folder).table("Permu_importance_df.csv")


def test_cells_with_lists_of_a_long_table_are_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(long_tables, "LINES", 2)
    names = [["Ann", "Bo"], None, [], ["Cy"], ["Bo"]]
    table = pd.DataFrame({"cast": pd.Series(names, dtype=pd.ArrowDtype(pa.list_(pa.string()))), "year": range(5)})
    folder = Folder(tmp_path)
    folder.write_all(table_files("films", in_blocks(table)))
    read = pd.read_parquet(tmp_path / "films.parquet")
    assert [None if cell is None else list(cell) for cell in read["cast"]] == names
