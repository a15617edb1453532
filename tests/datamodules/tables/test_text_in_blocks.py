import bz2
import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables import text_in_blocks
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import open_table
from greenlight_films.datamodules.tables.table_file import find_table_file
from greenlight_films.datamodules.tables.text_in_blocks import TextInBlocks

HEADER = "year,title,plot\n"
ROWS = [f'{1900 + row},Film Ö{row},"A ""dog"",\n\nand {row} cats"\n' for row in range(100)]
FILMS = HEADER + "".join(ROWS)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(text_in_blocks, "PART", 256)
    monkeypatch.setattr(text_in_blocks, "PARTS", 3)


@pytest.fixture
def find(file):
    """Return what writes a text and finds it as one in blocks."""

    def of(content, name="films.csv", layout=Layout(), least=100):
        return TextInBlocks.find(find_table_file(Path(file(name, content))), layout, least)

    return of


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("films.csv", FILMS, {}),
        ("films.csv", FILMS.removesuffix("\n"), {}),
        ("films.csv", FILMS.replace("\n", "\r\n"), {}),
        ("films.csv", "\ufeff" + FILMS, {}),
        ("films.csv", "All our films\n\n" + FILMS, {}),
        (
            "films.csv",
            "year,title,minutes\n,,min\n" + "".join(f"{row},A long film,{row}\n" for row in range(100)),
            {},
        ),
        ("films.csv", "".join(ROWS), {"header": False}),
        ("films.csv", FILMS.replace("\n1950", "\n\n\n1950"), {}),
        ("films.csv", FILMS.replace("Film Ö7", ""), {}),
        ("films.csv", FILMS.replace('""dog""', r"\"dog\""), {}),
        ("films.csv", FILMS.encode("utf-16"), {}),
        ("films.csv", FILMS.encode("cp1252"), {}),
        ("films.tsv", "year\ttitle\n" + "".join(f'{row}\tThe "film" of {row}\n' for row in range(100)), {}),
        ("films.txt", FILMS.replace(",", "|").replace('"', "'"), {"delimiter": "|", "quote": "'"}),
        ("films.csv.gz", gzip.compress(FILMS.encode(), mtime=0), {}),
    ],
    ids=[
        *("plain", "no last line end", "CRLF", "mark", "a line above", "units", "no header", "empty lines", "a gap"),
        *("backslashes", "UTF-16", "cp1252", "tabs", "declared", "gzip"),
    ],
)
def test_blocks_together_are_the_table_read_whole(find, tmp_path, name, content, options):
    text = find(content, name, Layout(**options))
    whole = open_table(tmp_path / name, Layout(**options))
    blocks = list(text.blocks(text.schema.names))
    assert len(blocks) > 2
    pd.testing.assert_frame_equal(from_arrow(pa.concat_tables(blocks)), whole.frame)
    assert text.n_rows == len(whole.frame) == 100
    assert text.layout == whole.layout
    assert tuple(text.notices) == whole.notices


def test_some_columns_come_in_any_order_and_those_without_a_name_by_their_position(find):
    text = find(",title,year\n" + "".join(f"{row},Film {row},1999\n" for row in range(100)))
    assert list(text.names) == ["", "title", "year"]
    assert text.schema.names == ["1", "title", "year"]
    block = next(text.blocks(["title", "1"]))
    assert block.slice(7, 1).to_pylist() == [{"title": "Film 7", "1": "7"}]


@pytest.mark.parametrize(
    "content",
    [
        FILMS + "Total,,7\n",
        FILMS + "4999,,\n",
        FILMS.replace("\n1950", "\nSubtotal,,7\n1950"),
        FILMS + "Source: an archive\n",
        FILMS + HEADER,
        FILMS.replace("\n1950", "\n,,\n1950"),
        FILMS + "2001,cut\n",
        FILMS + '2001,Open,"and never closed\n',
        FILMS.replace("title", "year"),
        FILMS.replace("Ö55", "AmÃ©lie"),
        FILMS.replace("Film Ö9", "A film" + 300 * "!"),
        FILMS.replace(",", ', "').replace("\n", '"\n'),
        "",
    ],
    ids=[
        *(
            "total",
            "maybe a total",
            "subtotal",
            "remark",
            "header again",
            "empty row",
            "too few cells",
            "open quote",
            "names",
        ),
        *("spoilt letters", "long row", "blanks before quotes", "nothing"),
    ],
)
def test_what_must_be_seen_whole_is_not_read_in_blocks(find, content):
    assert find(content) is None


def test_small_tables_and_those_in_slow_packing_are_not_read_in_blocks(find):
    assert find(FILMS, least=101) is None
    assert find(bz2.compress(FILMS.encode()), "films.csv.bz2") is None
    assert find(FILMS).n_rows == 100
