"""Tables that are read a block of rows at a time, so that their text is never in memory whole."""

from dataclasses import replace
from pathlib import Path

from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles
from greenlight_films.datamodules.tables.read_table import kind_of
from greenlight_films.datamodules.tables.sqlite_in_blocks import SqliteInBlocks
from greenlight_films.datamodules.tables.table_file import find_table_file
from greenlight_films.datamodules.tables.text_in_blocks import TextInBlocks

TableInBlocks = ParquetFiles | SqliteInBlocks | TextInBlocks
"""A table on a disk or in a store, each row of which is a film.

`names` are its columns as they are written, `schema` has them each with a name of its own, and `blocks` gives some of
them, the same rows at each call.
"""


def find_in_blocks(table: str, layout: Layout, least: int) -> TableInBlocks | None:
    """Return a table of `least` rows or more; None for others, and for those that must be read whole.

    Args:
        table: a file of text, Parquet or SQLite, or a folder, pattern or URI of Parquet files.
        layout: what is declared of it.
    """
    if files := ParquetFiles.find(table):
        return files if layout == Layout() and files.n_rows >= least else None
    if not Path(table).is_file():
        return None
    file = find_table_file(Path(table), layout.member)
    kind = kind_of(file)
    if kind == "text" and (layout.query, layout.sheet, layout.member) == (None, None, None):
        return TextInBlocks.find(file, layout, least)
    if kind == "sqlite" and not file.compression and layout == replace(Layout(), query=layout.query):
        return SqliteInBlocks.find(file.path, layout, least)
    return None
