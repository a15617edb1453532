import re

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.text_layout import Dialect, find_long_delimiter, find_text_layout

CELLS = [["title", "cast", "rating"], ["A", "X, Y", "4,1"], ["B", "Z", "5,2"], ["C", "X, Z", "6,3"]]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^", "~", "\x01"])
def test_a_delimiter_is_found_beside_commas_within_cells(delimiter):
    text = "\n".join(delimiter.join(row) for row in CELLS) + "\n"
    layout = find_text_layout(text, "a.csv")
    assert (layout.dialect.delimiter, layout.skip, layout.rows.names) == (delimiter, 0, tuple(CELLS[0]))
    assert text[layout.start :].startswith("A")


@pytest.mark.parametrize(
    ("text", "delimiter", "quote"),
    [
        ("a,b\n1,2\n", ",", '"'),
        ("a\n1\n2\n", ",", '"'),
        ('a,b\n"x;y;z",2\n"v;w;u",3\n', ",", '"'),
        ("'a','b'\n'x, y','2'\n'it','3'\n", ",", "'"),
        ("a,b\n'x,2\ny',3\n", ",", '"'),
    ],
)
def test_quotes_are_found(text, delimiter, quote):
    layout = find_text_layout(text, "a.csv")
    assert layout.dialect == Dialect(delimiter, quote)


@pytest.mark.parametrize(("cell", "quote"), [('"Rome', ""), ('"Rome"', '"'), ("Rome", "")])
def test_a_tsv_has_quotes_only_where_all_are_closed(cell, quote):
    assert find_text_layout(f"a\tb\n{cell}\t1\nx\t2\n", "a.tsv", ".tsv").dialect == Dialect("\t", quote)


def test_a_line_of_the_delimiter_is_taken_at_its_word():
    layout = find_text_layout("sep=;\na;b\n1;2\n", "a.csv")
    assert (layout.dialect.delimiter, layout.skip, layout.line) == (";", 1, 3)
    assert find_text_layout("sep=;\na,b\n1,2\n", "a.csv", delimiter=",", skip=1).rows.names == ("a", "b")


def test_the_first_film_is_counted_in_lines_and_characters():
    text = 'Films\r\n\r\na,"b\r\nc",d\r\n\r\n1,2,3\r\n4,5,6\r\n'
    layout = find_text_layout(text, "a.csv")
    assert (layout.skip, layout.line, layout.rows.names) == (2, 5, ("a", "b\r\nc", "d"))
    assert text[layout.start :].startswith("\r\n1,2,3")
    assert find_text_layout("a,b\r1,2\r", "a.csv").line == 2


@pytest.mark.parametrize(
    ("delimiter", "quote", "message"),
    [
        *(
            (mark, '"', f"--data.delimiter must be ASCII characters and no quote or line end, got {mark!r}")
            for mark in (";;", "→", '"', "\n", "\0")
        ),
        (",", "««", "--data.quote must be one ASCII character or empty, got '««'"),
    ],
)
def test_a_dialect_that_cannot_be_is_refused(delimiter, quote, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Dialect(delimiter, quote)


@pytest.mark.parametrize(
    ("text", "given", "delimiter"),
    [
        ("1::35::3\n2::9::5\n", None, "::"),
        ("id::title\n1::Up, up\n2::Heat\n", None, "::"),
        ("1::35::3\n2::9\n", None, ""),
        ("1,a::b\n2,c::d\n", None, ""),
        ("a||b\n", "||", "||"),
        ("a||b\n", "|", ""),
        ("a||b\n", None, ""),
        ("a««b\n", "««", ""),
    ],
)
def test_a_delimiter_may_have_several_characters(text, given, delimiter):
    assert find_long_delimiter(text, given, None) == delimiter


def test_quotes_are_for_delimiters_of_one_character():
    with pytest.raises(InputError, match=r"--data.quote is for cells between delimiters of one character, got '\"'"):
        find_long_delimiter("a::b\n", "::", '"')
