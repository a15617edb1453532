import csv
import gzip
import io
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.delimited_text import MISSING, Dialect, line_of
from greenlight_films.datamodules.tables.read_table import read_table
from tests.datamodules.tables.test_label_cells import MOVIES, needs_movies

# The time of packing is left out, so that tests have the same names in every process.
packed = partial(gzip.compress, mtime=0)

TWO_FILMS = "year,title\n1999,Čapek\n2001,Ö\n"


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", TWO_FILMS, {}),
        ("a.CSV", TWO_FILMS[:-1], {}),
        ("bom.csv", "\ufeff" + TWO_FILMS, {}),
        ("crlf.csv", TWO_FILMS.replace("\n", "\r\n"), {}),
        ("blank.csv", TWO_FILMS.replace("\n", "\n\n"), {}),
        ("quoted.csv", '"year","title"\n"1999","Čapek"\n"2001","Ö"\n', {}),
        ("utf16.csv", TWO_FILMS.encode("utf-16"), {"encoding": "utf-16"}),
        ("latin2.csv", TWO_FILMS.encode("iso8859-2"), {"encoding": "iso8859-2"}),
        ("a.tsv", TWO_FILMS.replace(",", "\t"), {}),
        ("semi.csv", TWO_FILMS.replace(",", ";"), {"delimiter": ";"}),
        ("A.CSV.GZ", packed(TWO_FILMS.encode()), {}),
        ("a.tsv.gz", packed(TWO_FILMS.replace(",", "\t").encode()), {}),
    ],
)
def test_a_text_file_is_read_in_its_format_and_encoding(file, name, content, options):
    frame = read_table(file(name, content), **options)
    assert frame.to_dict("list") == {"year": [1999, 2001], "title": ["Čapek", "Ö"]}
    assert list(frame.index) == [0, 1]
    assert isinstance(frame["title"].dtype, pd.StringDtype)


def test_each_spelling_of_missing_is_missing(file):
    content = "n,text\n" + "".join(f"{cell},{cell}\n" for cell in MISSING) + "7,Nano\n"
    frame = read_table(file("a.csv", content))
    assert frame["n"].notna().tolist() == frame["text"].notna().tolist() == [False] * len(MISSING) + [True]
    assert frame["n"].dtype == np.float64


def test_a_cell_may_hold_commas_quotes_line_ends_and_megabytes(file):
    rows = [["a", "b"], ['say "x", y', "1"], ["two\nlines", "2"], ["x" * 2_500_000, "3"]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    frame = read_table(file("a.csv", text.getvalue()))
    assert frame.to_dict("list") == {"a": [row[0] for row in rows[1:]], "b": [1, 2, 3]}


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ('a,b\n1,"Weird" Al\n2,12" pipe\n', ["Weird Al", '12" pipe']),
        ('a,b\n1,12" pipe\n2,"two\nlines"', ['12" pipe', "two\nlines"]),
        ('a,b\n1,2" x 4"\n2,"two\nlines"\n\n', ['2" x 4"', "two\nlines"]),
    ],
)
def test_quotes_within_cells_are_text(file, content, cells):
    assert read_table(file("a.csv", content))["b"].tolist() == cells


def test_a_tsv_takes_quotes_for_text_by_default(file):
    path = file("titles.tsv", 'title\tyear\n"Rome\t2\nz\t3\n"Paris\t4\n')
    assert read_table(path)["title"].tolist() == ['"Rome', "z", '"Paris']
    assert len(read_table(path, quote='"')) == 1


def test_text_far_down_makes_the_whole_column_text(file):
    frame = read_table(file("a.csv", "n\n" + "12345\n" * 300_000 + "late\n"))
    assert frame["n"].iloc[[0, -1]].tolist() == ["12345", "late"]


def test_columns_of_text_stay_as_they_are(file):
    path = file("codes.csv", "code,flag\n01,True\n2,False\n")
    assert read_table(path)["code"].tolist() == [1, 2]
    kept = read_table(path, texts=["code", "flag"])
    assert kept.to_dict("list") == {"code": ["01", "2"], "flag": ["True", "False"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", "line 3: every row must have the header's 2 cells, got 1"),
        ("a,b\n1,2\n3,4,5\n", "line 3: every row must have the header's 2 cells, got 3"),
        ("a,b\n1\n3,4,5\n6,7\n", "line 2: every row must have the header's 2 cells, got 1; 2 rows are so"),
        ('a,b\n"1\n\n",2\n3\n', "line 5: every row must have the header's 2 cells, got 1"),
        ("a,b\r\n1,2\r\n\r\n3\r\n", "line 4: every row must have the header's 2 cells, got 1"),
        ("a,b\n" + "123456,1\n" * 200_000 + "2\n", "line 200002: every row must have the header's 2 cells, got 1"),
        ('a,b\n"1,2\n3,4\n', "line 2: a quote is opened there and never closed; close or remove it"),
        ('a,b\nx,1\ny,"2\nz,3\n', "line 3: a quote is opened there and never closed"),
        ('a,b\n1,12" pipe\n2,"open\n3,x\n4,y\n', "line 3: a quote is opened there and never closed"),
        ('a,b\n1,12" pipe\n2,"open,\n3,x\n', "line 3: a quote is opened there and never closed"),
        ('a,b,c\n1,12" pipe,x\n2,"open,3\n4,5\n', "line 3: a quote is opened there and never closed"),
        ("\n" + "," * 100_000 + "\n", "line 2: a header must have at most 100,000 cells"),
        ('"a\nb"' + "," * 100_000 + "\n", "line 2: a header must have at most 100,000 cells"),
        ("\n\n", "has no header; a header line and rows of films are needed"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_line_at_fault(file, refused, content, message):
    refused(file("a.csv", content), message)


TRUNCATED = packed(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n**3) for n in range(5000)))[:9000]


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        ("a.csv", "a,b\n1,x\n2,Ö\n".encode("latin-1"), "utf-8", "line 3: not utf-8 text; try --data.encoding cp1252"),
        ("a.csv", "a,Ö\n1,x\n2,y\n".encode("latin-1"), "utf-8", "line 1: not utf-8 text; try --data.encoding cp1252"),
        ("a.csv", "a,b\n1,x\n2,Ö".encode()[:-1], "utf-8", "line 3: not utf-8 text"),
        ("a.csv", "a,b\n1,Ö\n".encode("utf-16"), "utf-8", "line 1: UTF-16, not utf-8 text; give --data.encoding"),
        ("a.csv", "a,b\n1,Ö\n".encode(), "ascii", "line 2: not ascii text"),
        ("a.csv", "a,b\n1,x\n2\n".encode("utf-16"), "utf-16", "line 3: every row must have the header's 2"),
        # U+0422 holds the byte of a quote.
        ("a.csv", 'a,b\n1,Т\n2,"x\n3,y\n'.encode("utf-16"), "utf-16", "line 3: a quote is opened there and never"),
        ("a.csv.gz", packed("a,b\n1,Ö\n".encode("latin-1")), "utf-8", "line 2: not utf-8 text"),
        ("a.csv.gz", packed(b"a,b\n1,x\n2\n"), "utf-8", "line 3: every row must have the header's 2 cells"),
        ("a.csv.gz", TRUNCATED, "utf-8", "cannot be read: Compressed file"),
        ("a.csv.gz", b"a,b\n1,2\n", "utf-8", "cannot be read: Not a gzipped file (b'a,')"),
    ],
)  # fmt: skip
def test_bytes_that_cannot_be_read_are_refused_with_the_remedy(file, refused, name, content, encoding, message):
    refused(file(name, content), message, encoding=encoding)


@pytest.mark.parametrize(
    ("delimiter", "quote", "encoding", "message"),
    [
        *((",", '"', name, f"as utf-8 or latin-1, got {name!r}") for name in ("klingon", "hex", "punycode", "a\0b")),
        *(
            (mark, '"', "utf-8", f"--data.delimiter must be one ASCII character and no quote or line end, got {mark!r}")
            for mark in (";;", "→", '"', "\n", "\0")
        ),
        (",", "««", "utf-8", "--data.quote must be one ASCII character or empty, got '««'"),
    ],
)
def test_a_dialect_that_cannot_be_is_refused(delimiter, quote, encoding, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Dialect(delimiter, quote, encoding)


def test_the_line_of_a_row_is_where_it_begins(file):
    path, dialect = Path(file("a.csv", 'a,b\n\n"x\ny",1\n\nz,2\n')), Dialect(",", '"', "utf-8")
    assert [line_of(row, path, dialect) for row in (1, 2, 3)] == [3, 6, None]


@needs_movies
@pytest.mark.parametrize("name", ["movies_metadata", "credits"])
def test_the_movies_dataset_has_the_cells_that_pythons_csv_module_reads(name):
    path = MOVIES / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if row]
    frame = read_table(str(path), texts=header)
    assert frame.shape == (len(rows), len(header))
    assert frame.fillna("").to_numpy().tolist() == [["" if cell in MISSING else cell for cell in row] for row in rows]
