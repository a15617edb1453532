"""Files that are whole or not there, JSON, and tables that no spreadsheet runs."""

import json
from io import StringIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.folder import DANGEROUS, Folder, as_json


@pytest.fixture
def folder(tmp_path) -> Folder:
    (tmp_path / "folder").mkdir()
    return Folder(tmp_path / "folder")


def names_in(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.rglob("*"))


@pytest.mark.parametrize("before", [["notes.txt"], []])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(folder, before):
    for name in before:
        folder.write_text(name, "longer than what comes after")
        folder.write_text(name, "Amélie\nКино\r\n")
    with pytest.raises(UnicodeEncodeError):
        folder.write_text("notes.txt", "new " * 100_000 + "\ud800")
    assert names_in(folder) == before
    assert [(folder.path / name).read_bytes() for name in before] == ["Amélie\nКино\r\n".encode()] * len(before)


def test_a_folder_in_the_way_stays_and_nothing_is_left_beside_it(folder):
    (folder.path / "notes.txt").mkdir()
    with pytest.raises(InputError, match=r"notes\.txt can't be written: Is a directory$"):
        folder.write_text("notes.txt", "new")
    (folder.path / "file").touch()
    with pytest.raises(InputError, match=r"file/notes\.txt can't be written"):
        folder.write_text("file/notes.txt", "new")
    assert names_in(folder) == ["file", "notes.txt"]


def test_a_folder_that_is_gone_is_refused(folder):
    folder.path.rmdir()
    with pytest.raises(
        InputError, match=rf"the folder {folder.path} is gone: leave it in place while a command writes"
    ):
        folder.write_text("notes.txt", "new")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_without_a_word_for_a_value_is_not_written(folder, value):
    folder.write_json("metrics.json", {"study": "Кино"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        folder.write_json("metrics.json", {"r2": value})
    text = (folder.path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"study": "Кино"}
    assert "Кино" in text


RISKY = [
    *("\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "=1+1", "+44", "-", "@SUM(A1)", "\ttab", "\rreturn"),
    *('=HYPERLINK("x")', "-Minus, with a comma"),
]


@pytest.mark.parametrize("kind", ["str", object])
def test_texts_and_headings_that_are_formulas_get_an_apostrophe_and_come_back_without(folder, kind):
    assert {text[0] for text in RISKY} == set(DANGEROUS)
    titles = [*RISKY, "Amélie", None, "1 = 1"]
    table = pd.DataFrame({"title": pd.Series(titles, dtype=kind), "@film": range(len(titles))})
    before = table.copy()
    folder.write_csv("films.csv", table)
    pd.testing.assert_frame_equal(table, before)
    written = pd.read_csv(folder.path / "films.csv", keep_default_na=False, lineterminator="\n")
    assert list(written) == ["title", "'@film"]
    assert written["title"].tolist() == [*("'" + text for text in RISKY), "Amélie", "", "1 = 1"]
    assert folder.read_csv("films.csv")["title"].dropna().tolist() == [title for title in titles if title]


def test_negative_numbers_in_a_column_of_texts_are_no_formulas(folder):
    cells = ["-0.5", "7.8e-4", "-8.31e-4", "-12", "-1+1", "-.5.", None]
    folder.write_csv("films.csv", pd.DataFrame({"date": pd.Series(cells, dtype="str")}))
    written = (folder.path / "films.csv").read_text().splitlines()
    assert written == ["date", "-0.5", "7.8e-4", "-8.31e-4", "-12", "'-1+1", "'-.5.", '""']


def test_a_table_that_a_spreadsheet_saved_again_is_read(folder):
    (folder.path / "films.csv").write_bytes(b"row,title\r\n1,Am\xc3\xa9lie\r\n2,Kino\r\n")
    assert folder.read_csv("films.csv").to_dict("list") == {"row": [1, 2], "title": ["Amélie", "Kino"]}


def test_numbers_stay_numbers_in_full_and_gaps_are_empty(folder):
    values = np.random.default_rng(0).normal(size=3)
    values[1] = np.nan
    table = pd.DataFrame({"row": [1, 2, 3], "actual": values, "seen": [True, False, True], "title": [None] * 3})
    folder.write_csv("films.csv", table)
    text = (folder.path / "films.csv").read_text()
    assert text.splitlines()[0] == "row,actual,seen,title"
    assert text.splitlines()[2] == "2,,False,"
    read = pd.read_csv(StringIO(text))
    assert read["actual"].tolist()[::2] == values.tolist()[::2]
    pd.testing.assert_frame_equal(folder.read_csv("films.csv", ["row", "seen"]), table[["row", "seen"]])


def test_a_table_with_cells_beyond_its_header_is_refused(folder):
    (folder.path / "films.csv").write_text("row\n1,2\n")
    with pytest.raises(ValueError, match="rows must have as many cells as the header"):
        folder.read_csv("films.csv")


@pytest.mark.parametrize("kind", [object, pd.ArrowDtype(pa.list_(pa.string()))])
def test_cells_with_lists_are_json_however_long(kind):
    names = [f'"{number}", Zoë\n' for number in range(1500)]
    table = pd.DataFrame({"cast": pd.Series([names, None, []], dtype=kind), "year": [1, 2, 3]})
    cells = pd.read_csv(StringIO(Folder.csv(table)))["cast"]
    assert [json.loads(cells[0]), pd.isna(cells[1]), cells[2]] == [names, True, "[]"]


def test_cells_with_objects_and_arrays_are_json():
    cells = pd.Series([{"name": "Ann", "ids": np.arange(2)}, np.array(["Bo", "Cy"]), (np.int64(1), "x")], dtype=object)
    parts = [json.loads(text) for text in as_json(cells)]
    assert parts == [{"name": "Ann", "ids": [0, 1]}, ["Bo", "Cy"], [1, "x"]]
