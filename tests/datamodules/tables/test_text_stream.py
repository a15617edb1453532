import re
from dataclasses import replace
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.table_file import TableFile
from greenlight_films.datamodules.tables.text_stream import open_text


def content_of(path, encoding=None):
    with open_text(TableFile(Path(path)), encoding).open() as stream:
        return stream.read().decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_utf8_without_a_mark(file, encoding):
    text = "a,Ö\n" + "x,1\n" * 400_000
    assert content_of(file("a.csv", text.encode(encoding))) == text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (r'"The \"L\" Tax",1', '"The ""L"" Tax",1'),
        (r'"a \\ \"b\" \N",1', '"a \\ ""b"" \\N",1'),
        (r'"C:\dir\",1', r'"C:\dir\",1'),
        (r'"{""a"": ""\""x\""""}",1', r'"{""a"": ""\""x\""""}",1'),
    ],
)
def test_a_quote_behind_a_backslash_is_doubled_where_it_ends_no_cell(file, content, expected):
    assert content_of(file("a.csv", content)) == expected


def test_a_backslash_at_the_end_of_a_block_is_kept_for_the_next(file):
    text = r'"\"x",' + "y" * (2**20 - 7) + r"\"z" + "\n"
    assert content_of(file("a.csv", text)).endswith('y""z\n')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n\x1a", "\x1a" * 99])
def test_the_end_of_file_mark_of_dos_is_no_text(file, encoding, end):
    text = "a\x1ab," + "y" * (2**20 - 8)
    assert content_of(file("a.csv", (text + end).encode(encoding))) == text + end.replace("\x1a", "")


@pytest.mark.parametrize("name", ["klingon", "hex", "punycode", "a\0b"])
def test_an_encoding_that_does_not_exist_is_refused(file, name):
    with pytest.raises(InputError, match=re.escape(f"as utf-8 or latin-1, got {name!r}")):
        content_of(file("a.csv", "a\n"), name)


def test_bytes_of_a_program_are_no_text(file):
    with pytest.raises(InputError, match="is no text, for its bytes are those of a program's own format"):
        content_of(file("a.csv", bytes(range(256))))


def test_delimiters_of_several_characters_are_replaced_wherever_a_part_ends(file):
    text = "a" + "::" * 2**20 + ":b:\n"
    stream = replace(open_text(TableFile(Path(file("a.dat", text)))), long_delimiter="::")
    with stream.open() as opened:
        assert opened.read().decode() == text.replace("::", "\x1f")
