import csv
import gzip
import io
from functools import partial

import pandas as pd
import pytest

from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import line_in, open_table, read_table
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
        ("long.dat", TWO_FILMS.replace(",", "::"), {}),
        ("long.csv", TWO_FILMS.replace(",", "##"), {"delimiter": "##"}),
        ("A.CSV.GZ", packed(TWO_FILMS.encode()), {}),
        ("a.tsv.gz", packed(TWO_FILMS.replace(",", "\t").encode()), {}),
    ],
)
def test_a_text_file_is_read_in_its_format_and_encoding(file, name, content, options):
    frame = open_table(file(name, content), Layout(**options)).frame
    assert frame.to_dict("list") == {"year": ["1999", "2001"], "title": ["Čapek", "Ö"]}
    assert list(frame.index) == [0, 1]
    assert all(isinstance(kind, pd.StringDtype) for kind in frame.dtypes)


def test_cells_of_a_text_file_are_text_and_empty_ones_missing(file):
    cells = ["007", "1e3", "True", "NA", "None", "nan", " x "]
    frame = open_table(file("a.csv", "a,b\n" + "".join(f'{cell},"{cell}"\n' for cell in cells) + ',y\nz,""\n')).frame
    assert frame["a"].tolist()[:-2] == frame["b"].tolist()[:-2] == cells
    assert frame.isna().to_numpy().tolist()[-2:] == [[True, False], [False, True]]


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


def test_blanks_between_delimiter_and_quote_are_no_part_of_a_cell(file):
    frame = open_table(file("a.csv", 'title, "year"\n"A, 1st", "1999"\n\n"B","2000"\n"C", ""\n')).frame
    assert frame.fillna("-").to_dict("list") == {"title": ["A, 1st", "B", "C"], "year": ["1999", "2000", "-"]}


def test_without_a_header_no_row_is_one(file):
    frame = open_table(file("a.csv", "2019,2020\n1,2\n3,4\n")).frame
    assert frame.to_dict("list") == {"1": ["2019", "1", "3"], "2": ["2020", "2", "4"]}


def test_a_header_again_further_down_is_no_film_and_is_told(file):
    table = open_table(file("a.csv", "a,b\n1,2\n\n5,6\n,\na,b\n3,4\n"))
    assert table.frame["a"].tolist() == ["1", "5", "3"]
    (notice,) = table.notices
    assert notice.startswith("the header stands again below row 2, and is left out; where tables were joined so")
    assert open_table(file("b.csv", "a,b\n1,2\n3,4\n")).notices == ()


def test_a_tsv_takes_quotes_for_text_by_default(file):
    path = file("titles.tsv", 'title\tyear\n"Rome\t2\nz\t3\n"Paris\t4\n')
    assert read_table(path)["title"].tolist() == ['"Rome', "z", '"Paris']
    assert len(read_table(path, quote='"')) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,b\n1,2\n3\n",
            "every row must have the header's 2 cells, line 3 (row 2) has 1; complete rows that are cut off, or give",
        ),
        (
            "a,b\n1,2\n3,4,5\n",
            "every row must have the header's 2 cells, line 3 (row 2) has 3; put cells that hold a delimiter in",
        ),
        (
            "a,b\n1,2\n3,4,\n",
            "line 3 (row 2) has 3; remove the delimiter at the end of rows whose last cell is empty, or",
        ),
        ("a,b\n1\n3,4,5\n6,7\n", "2 cells, line 2 (row 1) has 1, line 3 (row 2) has 3 (2 rows);"),
        ('a,b\n"1\n\n",2\n3\n', "line 5 (row 2) has 1;"),
        ("a,b\r\n1,2\r\n\r\n3\r\n", "line 4 (row 2) has 1;"),
        ("a,b\n" + "123456,1\n" * 120_000 + "2\n", "line 120002 (row 120001) has 1;"),
        ("a,b\n" + "1,2\n" * 9 + "1\n" * 30, "line 30 (row 29) has 1, ... (30 rows);"),
        ('a,b\n"1,2\n3,4\n', "line 2 (row 1): a quote is opened there and never closed; close or remove it"),
        ('a,b\nx,1\ny,"2\nz,3\n', "line 3 (row 2): a quote is opened there and never closed"),
        ('a,b\n1,12" pipe\n2,"open\n3,x\n4,y\n', "line 3 (row 2): a quote is opened there and never closed"),
        ('a,b\n1,12" pipe\n2,"open,\n3,x\n', "line 3 (row 2): a quote is opened there and never closed"),
        ('a,b,c\n1,12" pipe,x\n2,"open,3\n4,5\n', "line 3 (row 2): a quote is opened there and never closed"),
        ("\n" + "," * 100_000 + "\n", "line 2: a header must have at most 100,000 cells"),
        ('"a\nb"' + "," * 100_000 + "\n", "line 1: a header must have at most 100,000 cells"),
        (
            "title,year,rating\nA,1971,4,1\nB,1972,5,2\n",
            "the header's 3 cells, line 2 (row 1) has 4, line 3 (row 2) has",
        ),
        ("\n\n", "has no header; a header line and rows of films are needed"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_line_at_fault(file, refused, content, message):
    refused(file("a.csv", content), message)


TRUNCATED = packed(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n**3) for n in range(5000)))[:9000]


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        ("a.csv", "a,b\n1,x\n2,Ö\n".encode("latin-1"), "utf-8", "not utf-8 text, for nearly every letter"),
        ("a.csv", "a,Ö\n1,x\n2,y\n".encode("latin-1"), "utf-8", "it looks like cp1252: give --data.encoding cp1252"),
        ("a.csv", "a,b\n1,Ö\n".encode("utf-16"), "utf-8", "it looks like utf-16: give --data.encoding utf-16"),
        ("a.csv", "a,b\n1,Ö\n".encode(), "ascii", "not ascii text"),
        ("a.csv", "a,b\n1,x\n2\n".encode("utf-16"), "utf-16", "line 3 (row 2) has 1"),
        # U+0422 holds the byte of a quote.
        ("a.csv", 'a,b\n1,Т\n2,"x\n3,y\n'.encode("utf-16"), None, "line 3 (row 2): a quote is opened there and never"),
        ("a.csv.gz", packed("a,b\n1,Ö\n".encode("latin-1")), "utf-8", "not utf-8 text"),
        ("a.csv.gz", packed(b"a,b\n1,x\n2\n"), "utf-8", "line 3 (row 2) has 1"),
        ("a.csv.gz", TRUNCATED, "utf-8", "cannot be read: Compressed file"),
        ("a.csv.gz", b"a,b\n1,2\n", "utf-8", "cannot be read: it is not packed; take .gz from its name"),
    ],
)  # fmt: skip
def test_bytes_that_cannot_be_read_are_refused_with_the_remedy(file, refused, name, content, encoding, message):
    refused(file(name, content), message, encoding=encoding)


def test_the_line_of_a_row_counts_subtotals_that_are_left_out(file):
    films = ["A,1999,5.1", "B,2000,6.2", "Subtotal,,11.3", "C,2001,1", "D,2003,2", "Total,,3", "E,2004,9"]
    path = file("a.csv", "title,year,gross\n" + "\n".join(films) + "\n")
    opened = open_table(path)
    assert opened.frame["title"].tolist() == ["A", "B", "C", "D", "E"]
    assert [line_in(path, row) for row in (1, 2, 3, 4, 5)] == [2, 3, 5, 6, 8]
    (notice,) = opened.notices
    assert notice.endswith("as sums of the rows above: 'Subtotal' below row 2, 'Total' below row 4")


def test_the_line_of_a_row_is_where_it_begins(file):
    path = file("a.csv", 'Films\n\na,b,c\n\n"x\ny",1,2\n,,\n\nz,2,3\na,b,c\nv,3,4\n')
    assert [line_in(path, row) for row in (1, 2, 3, 4)] == [5, 9, 11, None]


@needs_movies
@pytest.mark.parametrize("name", ["movies_metadata", "credits"])
def test_the_movies_dataset_has_the_cells_that_pythons_csv_module_reads(name):
    path = MOVIES / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if row]
    frame = open_table(str(path)).frame
    assert frame.shape == (len(rows), len(header))
    assert frame.fillna("").to_numpy().tolist() == rows


def test_a_long_delimiter_is_that_of_the_layout(file):
    path = file("a.dat", TWO_FILMS.replace(",", "::"))
    layout = open_table(path).layout
    assert (layout.delimiter, layout.quote) == ("::", "")
    assert open_table(path, layout).frame["title"].tolist() == ["Čapek", "Ö"]
