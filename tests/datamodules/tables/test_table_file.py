import bz2
import gzip
import lzma
import re
import zipfile
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.read_table import open_table
from greenlight_films.datamodules.tables.table_file import find_table_file

CSV = b"a,b\n1,2\n"


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


@pytest.mark.parametrize(
    ("name", "content", "compression"),
    [
        ("a.csv", CSV, ""),
        ("a.csv.gz", gzip.compress(CSV), "gzip"),
        ("misnamed.csv", gzip.compress(CSV), "gzip"),
        ("a.csv.bz2", bz2.compress(CSV), "bzip2"),
        ("a.csv.xz", lzma.compress(CSV), "xz"),
    ],
    ids=["plain", "gzip", "misnamed", "bzip2", "xz"],  # packed bytes hold the time
)
def test_bytes_are_unpacked_whatever_the_name_says(file, name, content, compression):
    packed = find_table_file(Path(file(name, content)))
    assert (packed.compression, packed.read(), packed.suffix) == (compression, CSV, ".csv")


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"films.csv": CSV}, "films.csv"),
        (
            {"README.txt": b"x", "__MACOSX/._films.csv": b"x", "data/films.csv": CSV, ".DS_Store": b"x"},
            "data/films.csv",
        ),
        ({"license.txt": b"x", "films.txt": CSV}, "films.txt"),
    ],
)
def test_the_one_table_of_a_zip_is_taken(tmp_path, members, member):
    table = open_table(zipped(tmp_path / "films.zip", **members))
    assert (table.layout.member, table.layout.compression, len(table.frame)) == (member, "zip", 1)


@pytest.mark.parametrize(
    ("members", "given", "message"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, None, "holds several tables: a.csv, b.csv; give one of them as --data.member"),
        ({"readme.md": b"x"}, None, "holds no table: readme.md; give one"),
        ({}, None, "holds no table: nothing"),
        ({"a.csv": CSV, "b.csv": CSV}, "c.csv", "has no 'c.csv', did you mean"),
    ],
)
def test_a_zip_without_one_table_is_refused(tmp_path, members, given, message):
    path = zipped(tmp_path / "films.zip", **members)
    with pytest.raises(InputError, match=re.escape(path) + ".*" + re.escape(message)):
        find_table_file(Path(path), given)


def test_a_member_is_named_where_several_are_tables(tmp_path):
    path = zipped(tmp_path / "films.zip", **{"a.csv": CSV, "b.json": b'[{"a": 7}]'})
    assert find_table_file(Path(path), "a.csv").read() == CSV
    assert str(find_table_file(Path(path), "b.json")) == f"{path}, b.json"


@pytest.mark.slow
def test_a_zip_that_fills_the_memory_is_refused(tmp_path):
    path = zipped(tmp_path / "films.zip", **{"films.csv": b"1,2\n" * 80_000_000})
    with pytest.raises(InputError, match=r"films\.zip, films\.csv unpacks to more than 200 times its size and 256 MiB"):
        open_table(path)


def test_a_zip_with_a_password_and_a_broken_file_are_refused(tmp_path, file):
    path = Path(zipped(tmp_path / "films.zip", **{"films.csv": CSV}))
    content = bytearray(path.read_bytes())
    for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[start] |= 1  # the mark of a password
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read: .*password required"):
        find_table_file(path).read()
    with pytest.raises(InputError, match="cannot be read: "):
        find_table_file(Path(file("a.csv.xz", lzma.compress(CSV)[:-9]))).read()
