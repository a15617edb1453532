"""The made-up files of `tests/data/cases`, each of another layout or encoding, as they are opened."""

import shutil
import sqlite3
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.layout import OPTIONS, Layout, UnfitLayout, in_its_layout
from greenlight_films.datamodules.tables.read_table import open_table
from tests.cases import CASES, cases, check_message, name_of, path_of

FILES = cases("encodings", "layout")


@pytest.mark.parametrize("case", [case for case in FILES if case["outcome"] != "refusal"], ids=name_of)
def test_a_file_is_opened_with_its_rows_and_units_and_nothing_is_said_but_what_must_be_told(case):
    expect, table = case["expect"], open_table(str(path_of(case)), Layout(**case.get("given", {})))
    assert len(table.frame) == expect.get("n_rows", len(table.frame))
    assert table.units == expect.get("units", {})
    notices = "\n".join(table.notices)
    wanted = expect.get("told", expect.get("message"))
    assert (wanted is None) == (notices == "")
    check_message(notices, wanted or {})
    for repaired in expect.get("repaired", {}).values():
        assert repaired[0] in notices


FRAME = pd.DataFrame({"title": ["A", "B"], "rating": [6.5, 7.0]})
GIVEN = {
    **{"query": "films", "sheet": "Films", "member": "films.csv", "delimiter": ";", "quote": "'"},
    **{"encoding": "latin-1", "skip": 0, "header": True},
}
FITTING = {
    "films.csv": {"delimiter", "quote", "encoding", "skip", "header"},
    "films.zip": {"delimiter", "quote", "encoding", "skip", "header", "member"},
    "films.csv.gz": {"delimiter", "quote", "encoding", "skip", "header"},
    "films.json": {"encoding"},
    "films.jsonl": {"encoding"},
    "films.parquet": set(),
    "films.db": {"query"},
    "films.xlsx": {"sheet", "skip", "header"},
    "films": set(),  # a folder of Parquet files
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("layouts")
    for name in ("films.csv", "films.csv.gz"):
        FRAME.to_csv(folder / name, index=False, sep=";")
    with zipfile.ZipFile(folder / "films.zip", "w") as archive:
        archive.write(folder / "films.csv", "films.csv")
    FRAME.to_json(folder / "films.json", orient="records")
    FRAME.to_json(folder / "films.jsonl", orient="records", lines=True)
    shutil.copy(CASES / "layout" / "workbook.xlsx", folder / "films.xlsx")
    (folder / "films").mkdir()
    for path in (folder / "films.parquet", folder / "films" / "part.parquet"):
        FRAME.to_parquet(path)
    with closing(sqlite3.connect(folder / "films.db")) as database:
        FRAME.to_sql("films", database, index=False)
    return folder


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", FITTING)
def test_options_that_a_kind_of_file_cannot_have_are_refused(folder, name, option):
    layout = Layout(**{option: 2 if name.endswith("xlsx") and option == "skip" else GIVEN[option]})
    if option in FITTING[name]:
        assert len(open_table(str(folder / name), layout).frame) > 1
    else:
        with pytest.raises(UnfitLayout, match=rf"--data\.{option} is for a .*, got .*films.*; leave it out"):
            open_table(str(folder / name), layout)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("table", [FRAME, "wikidata-films"], ids=["frame", "source"])
def test_a_table_that_is_no_file_has_no_layout(table, option):
    with pytest.raises(UnfitLayout, match=rf"--data\.{option} is for a file, got (a data frame|the embedded source)"):
        open_table(table, Layout(**{option: GIVEN[option]}))


def test_a_table_of_another_kind_than_the_runs_has_nothing_of_its_layout(folder):
    of_run = Layout(delimiter=";", skip=0)
    for name in ("films.csv", "films.parquet", "films.json", "films"):
        frame = in_its_layout(of_run, partial(open_table, str(folder / name))).frame
        assert frame["title"].tolist() == ["A", "B"]
    with pytest.raises(InputError) as refused:
        in_its_layout(of_run, partial(open_table, str(folder / "nowhere.parquet")))
    assert str(refused.value).count("does not exist") == 1
    (folder / "broken.parquet").write_bytes(b"PAR1" * 9)
    with pytest.raises(InputError, match="broken") as refused:
        in_its_layout(of_run, partial(open_table, str(folder / "broken.parquet")))
    assert "delimiter" not in str(refused.value)


def test_a_number_of_lines_below_0_is_refused():
    with pytest.raises(InputError, match=r"--data\.skip must be a number of lines, 0 or more, got -1"):
        Layout(skip=-1)
    assert Layout(skip=0).skip == 0
