import datetime as dt
import zipfile
from io import BytesIO

import pandas as pd
import pytest

from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import open_table
from tests.cases import CASES

WORKBOOK = CASES / "layout" / "workbook.xlsx"


@pytest.fixture
def changed(tmp_path):
    """Return what writes the workbook with the XML of its first sheet changed."""

    def write(change):
        path = tmp_path / "films.xlsx"
        with zipfile.ZipFile(WORKBOOK) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                text = old.read(name).decode()
                new.writestr(name, change(text) if "sheet1" in name else text)
        return str(path)

    return write


@pytest.fixture
def with_rows(changed):
    """Return what writes the workbook with other rows in its first sheet, and what stands below them."""

    def write(rows, below=""):
        return changed(lambda text: f"{text.split('<sheetData>')[0]}<sheetData>{rows}</sheetData>{below}</worksheet>")

    return write


def test_a_sheet_has_typed_columns():
    frame = open_table(str(WORKBOOK)).frame
    assert frame["year"].dtype == "int64"
    assert frame["rating"].dtype == "float64"
    assert frame["released"].iloc[0] == pd.Timestamp(1971, 1, 5)


def rows_of(grid):
    """Return rows of XML."""
    return "".join(row_of(number, cells) for number, cells in enumerate(grid, 1))


def row_of(number, cells):
    kinds = [(cell, "inlineStr", f"<is><t>{cell}</t></is>") for cell in cells]
    kinds = [each if isinstance(each[0], str) else (each[0], "n", f"<v>{each[0]}</v>") for each in kinds]
    written = [f'<c r="{"ABCD"[n]}{number}" t="{kind}">{xml}</c>' for n, (cell, kind, xml) in enumerate(kinds) if cell]
    return f'<row r="{number}">{"".join(written)}</row>'


def test_sums_below_and_between_films_are_no_films(with_rows):
    films = [[f"Film {number}", 1990 + number, 1000.5 * number, "Drama"] for number in range(1, 7)]
    rows = [*films[:4], ["Subtotal", None, 10005.0, None], *films[4:], [None, None, 21010.5, None]]
    names = ["title", "year", "gross", "genre"]
    table = open_table(with_rows(rows_of([names, *rows[:2], names, *rows[2:]])))
    assert table.frame["title"].tolist() == [film[0] for film in films]
    assert table.layout.footer == 1
    below, again, between = table.notices
    assert below == "1 row below the last film is left out, as no film: '21010.5'"
    assert again.startswith("the header stands again below row 2, and is left out;")
    assert between == "1 row between films is left out, as sums of the rows above: 'Subtotal' below row 4"


def test_cells_merged_over_rows_have_their_value_in_each(with_rows):
    grid = [["year", "title", "gross"], [1994, "Heat", 5.5], [None, "Speed", 6.5], [1995, "Fargo", 7.5]]
    merged = '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    table = open_table(with_rows(rows_of(grid), merged))
    assert table.frame["year"].tolist() == [1994, 1994, 1995]
    assert table.notices == ("column 'year': 1 cell is merged over 2 rows, each of which has the value",)


def test_a_sheet_is_named_where_several_are_tables(refused):
    path = CASES / "layout" / "two_sheets.xlsx"
    table = open_table(str(path), Layout(sheet="Noughties"))
    assert (table.layout.sheet, table.layout.skip) == ("Noughties", 0)
    refused(str(path), "has no sheet 'Nouhgties', did you mean 'Noughties'?; it has: Nineties", sheet="Nouhgties")


def test_cells_far_from_the_table_are_refused(with_rows, refused):
    far = "".join(f'<row><c r="{name}" t="inlineStr"><is><t>x</t></is></c></row>' for name in ("A1", "XFD1048576"))
    refused(with_rows(far), "a sheet has 2 cells on an area of 17,179,869,184; delete the cells far from the table")


@pytest.mark.slow
def test_a_workbook_that_fills_the_memory_or_is_broken_is_refused(changed, refused, file):
    refused(changed(lambda text: text + " " * 300_000_000), "unpacks to 0.3 GiB")
    refused(changed(lambda text: text.replace("</sheetData>", "")), "is no workbook that can be read: ")
    refused(file("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "is no workbook that can be read: ")


def ods(rows):
    """Return an OpenDocument spreadsheet with rows of XML."""
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body><office:spreadsheet>'
            f'<table:table table:name="Films">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    return content.getvalue()


def row(*cells, repeated=1):
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def test_an_open_document_is_read_and_its_repetitions_are_bounded(file, refused):
    films = row("title", "genre") + row("A", "War") + row("B", "Drama")
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    frame = open_table(file("a.ods", ods(films + empty))).frame
    assert frame.to_dict("list") == {"title": ["A", "B"], "genre": ["War", "Drama"]}
    refused(file("b.ods", ods(films + row(*"abcdefghij", repeated=1_000_000))), "cells on an area of 10,000,006;")


def test_times_of_day_are_durations_and_mixed_cells_text(monkeypatch, file):
    from greenlight_films.datamodules.tables import workbooks

    grid = [
        ["title", "length", "seen", "note", "empty"],
        ["A", dt.time(1, 36), True, 7.0, ""],
        ["B", dt.timedelta(hours=2), False, "x", ""],
        ["C", "", True, dt.datetime(1999, 1, 2), ""],
    ]
    monkeypatch.setattr(workbooks, "_grids", lambda *_: ({"Films": grid}, {"Films": []}))
    frame = open_table(str(WORKBOOK)).frame
    assert frame["length"].dt.total_seconds().tolist()[:2] == [5760, 7200]
    assert frame["seen"].tolist() == [True, False, True]
    assert frame["note"].tolist() == ["7", "x", "1999-01-02"]
    assert frame["empty"].isna().all()
