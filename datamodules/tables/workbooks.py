"""Read a table from a workbook of a spreadsheet program: `.xlsx`, `.xls` or `.ods`."""

import datetime as dt
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import compress
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.datamodules.tables.column_names import named
from greenlight_films.datamodules.tables.film_rows import find_films
from greenlight_films.datamodules.tables.footers import footer_notice
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.header_rows import HeaderRows, find_header
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.merged_cells import Range, fill_down, join_header
from greenlight_films.datamodules.tables.table_file import BROKEN, SWOLLEN, SWOLLEN_RATIO, TableFile

AREA, AREA_RATIO = 5_000_000, 20
"""The cells of a sheet, from its first to its last, of which most may be empty: more are refused."""

HEAD = 300  # rows that are looked at to find the header
GAPS = 2  # rows, beyond a tenth of all, without a cell in a column that nearly every film fills
REFERENCE = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')
ODS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"

Grid = list[list[Any]]


def read_workbook(file: TableFile, layout: Layout) -> tuple[pd.DataFrame, Layout, dict[str, str], list[str]]:
    """Read the sheet that is a table, with its layout as it was found, units by column, and what must be told.

    A column of numbers, dates or truth values has that type; any other is text.

    Raises:
        InputError: no sheet is a table, or several are and none is named; or the file is broken or too large.
    """
    content = file.read()
    try:
        _refuse_large(content, file)
        grids, merged = _grids(content, file, layout.sheet)
    except InputError:
        raise
    except (*BROKEN, ValueError, KeyError, ElementTree.ParseError) as error:
        raise InputError(f"{file} is no workbook that can be read: {error}; save it again, or as CSV") from None
    sheet, grid, rows = _table_in(grids, file, layout)
    header = None if rows.header is None else [_text(cell) for cell in grid[rows.header]]
    texts = _as_texts(grid[rows.first :])
    films = find_films(texts, header, GAPS)
    spanned = fill_down(grid, merged[sheet], rows.first)  # after totals were found, whose rows may be spanned, too
    texts = _as_texts(grid[rows.first :]) if spanned else texts
    frame = from_arrow(films.of(texts))
    for index, cells in enumerate(zip(*compress(grid[rows.first :], films.mask), strict=True)):
        typed = _typed(cells)
        if typed is not None:
            frame.isetitem(index, typed)
    frame, notices = named(frame, rows.names, f"--data.table {file}")
    units = {} if rows.units is None else dict(zip(rows.names, map(_text, grid[rows.units]), strict=False))
    top = rows.first if rows.header is None else rows.header
    layout_read = replace(
        layout,
        sheet=sheet,
        skip=top,
        header=rows.header is not None,
        units_row=rows.units is not None,
        footer=len(films.left_out),
    )
    if rows.header is None and layout.header is None:
        notices.insert(0, f"there is no header: columns are called by their position, 1 to {rows.width}")
    if films.left_out:
        notices.append(footer_notice(films.left_out))
    notices += [_merged_notice(rows.names[column] or str(column + 1), *counts) for column, counts in spanned.items()]
    units = {name: unit.strip() for name, unit in units.items() if unit.strip()}
    return frame, layout_read, units, notices + films.notices


def _merged_notice(name: str, n_merged: int, n_rows: int) -> str:
    return (
        f"column '{name}': {counted(n_merged, 'cell')} {are(n_merged)} merged over {counted(n_rows, 'row')}, each of "
        "which has the value"
    )


def _as_texts(rows: Grid) -> pa.Table:
    """Return cells as a table of texts, empty ones missing."""
    columns = (
        [(cell or None) if isinstance(cell, str) else _text(cell) for cell in column]  # texts are most, and quick
        for column in zip(*rows, strict=True)
    )
    return pa.table({str(index): pa.array(cells, pa.string()) for index, cells in enumerate(columns)})


def _grids(content: bytes, file: TableFile, wanted: str | None) -> tuple[dict[str, Grid], dict[str, list[Range]]]:
    """Return the cells of the sheet that is wanted, or of all that are shown, and which of them are merged."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        kinds = {sheet.name: sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet}
        if wanted is not None and wanted not in kinds:
            raise InputError(
                f"--data.sheet: {file} has no sheet '{wanted}'{nearest(wanted, kinds)}; it has: {listed(kinds)}"
            )
        shown = [name for name, sheet in kinds.items() if sheet.visible == SheetVisibleEnum.Visible] or list(kinds)
        names = shown if wanted is None else [wanted]
        sheets = {name: workbook.get_sheet_by_name(name) for name in names}
        grids = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
        merged = {name: sheet.merged_cell_ranges or [] for name, sheet in sheets.items()}
    except CalamineError as error:
        raise ValueError(str(error)) from None
    for name, grid in grids.items():
        join_header(grid, merged[name])
    return grids, merged


def _table_in(grids: dict[str, Grid], file: TableFile, layout: Layout) -> tuple[str, Grid, HeaderRows]:
    """Return the name, the cells and the parts of the sheet that is a table."""
    tables = {}
    for name, grid in grids.items():
        texts = [[_text(cell) for cell in row] for row in grid[:HEAD]]
        rows = find_header(texts, layout.header, layout.skip)
        if rows.names and (layout.sheet or len([name for name in rows.names if name]) > 1) and rows.first < len(grid):
            tables[name] = grid, rows
    if len(tables) != 1:
        problem = "has several sheets that are tables" if tables else "has no sheet that is a table of films"
        raise InputError(f"{file} {problem}: {listed(tables or grids)}; give one as --data.sheet")
    ((name, (grid, rows)),) = tables.items()
    return name, grid, rows


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else str(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _typed(cells: Sequence[Any]) -> pd.Series | None:
    """Return a column of numbers, truth values, dates or durations; None for texts and mixtures."""
    kinds = {type(cell) for cell in cells if cell != ""}
    if not kinds or str in kinds:
        return None
    given = [None if cell == "" else cell for cell in cells]
    if kinds <= {int, float}:
        numbers = np.array(given, dtype=np.float64)
        whole = np.isfinite(numbers).all() and (numbers == numbers.round()).all() and (np.abs(numbers) < 2**53).all()
        return pd.Series(numbers.astype(np.int64) if whole else numbers)
    if kinds == {bool}:
        return pd.Series(given, dtype="boolean" if None in given else bool)
    if kinds <= {dt.datetime, dt.date}:
        return pd.to_datetime(pd.Series(given, dtype=object))
    if kinds <= {dt.timedelta, dt.time}:
        return pd.Series(pd.to_timedelta([_duration(cell) for cell in given]))
    return None


def _duration(cell: Any) -> dt.timedelta | None:
    if isinstance(cell, dt.time):  # a cell such as 1:36 is a time of day to some programs
        return dt.timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    return cell


def _refuse_large(content: bytes, file: TableFile) -> None:
    """Refuse a workbook that unpacks to far more than its size, or has cells far out, between which all are empty."""
    if not zipfile.is_zipfile(BytesIO(content)):
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        size = sum(info.file_size for info in archive.infolist())
        if size > max(SWOLLEN, SWOLLEN_RATIO * len(content)):
            raise InputError(f"{file} unpacks to {size / 2**30:,.1f} GiB, which few tables do; save the table as CSV")
        for name in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name):
                n_cells, area = _area_of_xlsx(archive.read(name))
            elif name == "content.xml":
                n_cells, area = _area_of_ods(archive.read(name))
            else:
                continue
            if area > max(AREA, AREA_RATIO * n_cells):
                raise InputError(
                    f"{file}: a sheet has {n_cells:,} cells on an area of {area:,}; delete the cells far from the "
                    "table, or save the table as CSV"
                )


def _area_of_xlsx(sheet: bytes) -> tuple[int, int]:
    rows, columns = 1, 1
    references = REFERENCE.findall(sheet)
    for letters in {letters for letters, _ in references}:
        column = 0
        for letter in letters:
            column = 26 * column + letter - 64
        columns = max(columns, column)
    rows = max([rows, *{int(row) for _, row in references}])
    return len(references), rows * columns


def _area_of_ods(content: bytes) -> tuple[int, int]:
    n_cells = area = 0
    for _, row in ElementTree.iterparse(BytesIO(content)):
        if row.tag != f"{ODS}table-row":
            continue
        width = filled = 0
        for cell in row:
            width += int(cell.get(f"{ODS}number-columns-repeated", 1))
            filled = width if len(cell) or cell.attrib.keys() - {f"{ODS}number-columns-repeated"} else filled
        n_cells += len(row)
        area += filled * int(row.get(f"{ODS}number-rows-repeated", 1))
        row.clear()
    return n_cells, area
