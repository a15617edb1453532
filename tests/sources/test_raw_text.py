import gzip
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY
from greenlight_films.sources.raw_text import encoding_of, open_raw, read_header


def rows_of(path: Path, content: bytes | str) -> tuple[dict[int, list[str]], Preparation]:
    """Return the cells of name and score by the line, as a preparation reads them."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    preparation = Preparation({MOVIE_INDUSTRY: path})
    rows = preparation.rows(MOVIE_INDUSTRY, ("name", "score"))
    return {line: row.fillna("-").tolist() for line, row in rows.iterrows()}, preparation  # type: ignore[misc]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('name,score\n"A"b,1\n"C\n\nD",2\nE "e",3\n', {2: ["Ab", "1"], 3: ["C\n\nD", "2"], 6: ['E "e"', "3"]}),
        ('"name", "score"\n"A, the 1st", "1"\n', {2: ["A, the 1st", "1"]}),
        ("name,score\rA,1\rB,2\r", {2: ["A", "1"], 3: ["B", "2"]}),  # as on an old Macintosh
        ("name , score\nA,1", {2: ["A", "1"]}),
        ("\ufeffname,score\nA,1", {2: ["A", "1"]}),
        ('\ufeff"name","score"\nA,1', {2: ["A", "1"]}),
        ("\n \r\nname,score\n\nA,1", {5: ["A", "1"]}),
        ("name,score", {}),
        ("name,score\n", {}),
        (f"name,score\n{'x' * 200_000},1\n", {2: ["x" * 200_000, "1"]}),  # longer than csv reads by default
    ],
)
def test_rows_are_read_however_they_are_written(content, rows, tmp_path):
    path = tmp_path / "movies.csv"
    given, preparation = rows_of(path, content)
    assert given == rows
    assert read_header(path).columns == ("name", "score")
    assert preparation.rejected.empty
    assert preparation.notes == []


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_quote_that_never_closes_is_refused_with_its_line(ending, tmp_path):
    path = tmp_path / "movies.csv"
    with pytest.raises(InputError) as refusal:
        rows_of(path, 'name,score\n"A\nB",1\nC,2\n"D,3\nE,4\nF,5' + ending)
    assert str(refusal.value) == f"{path}, line 5: a quote is opened there and never closed; close or remove it"


def test_a_quote_that_only_closes_in_a_later_row_costs_no_other_row(tmp_path):
    # Without a look at what follows the second quote, lines 3 and 4 make a single row of the right width.
    rows, preparation = rows_of(tmp_path / "movies.csv", 'name,score\nA,1\n"B,2\n"C",3\nD,4\n')
    assert rows == {2: ["A", "1"], 4: ["C", "3"], 5: ["D", "4"]}
    reason = "a quote is opened there and not closed at its cell's end"
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [[3, reason, '"B,2\n']]
    assert preparation.read == {"movies.csv": 4}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("name,score\nAmélie,1\nLéolo,2\nÉté,3\nX".encode() + b"\xe9,4\n", ["Amélie", "Léolo", "Été", "X\ufffd"]),
        (b"\xef\xbb\xbfname,score\nL\xe9olo,2\n", ["L\ufffdolo"]),
    ],
)
def test_a_bad_byte_does_not_spoil_the_letters_of_a_text_that_is_utf_8_by_its_others_or_its_mark(
    content, names, tmp_path
):
    rows, preparation = rows_of(tmp_path / "movies.csv", content)
    assert [name for name, _ in rows.values()] == names
    assert preparation.notes == ["unreadable bytes in movies.csv, which is no UTF-8 text throughout, read as \ufffd: 1"]


@pytest.mark.parametrize(
    ("raw", "letter", "encoding"), [(b"\xe9\x99", "é™", "cp1252"), ("Łódź".encode("cp1250"), "Łódź", "cp1250")]
)
def test_a_text_without_utf_8_is_read_as_what_fits_and_noted(raw, letter, encoding, tmp_path):
    rows, preparation = rows_of(tmp_path / "movies.csv", b"name,score\nA" + raw + b",2\n")
    assert rows == {2: [f"A{letter}", "2"]}
    assert preparation.notes == [f"movies.csv is no UTF-8 text and was read as {encoding}"]


def test_a_letter_that_two_pieces_of_a_file_share_is_whole(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"x" * (2**20 - 1) + "é".encode())
    assert encoding_of(path) == ("utf-8-sig", 0)
    path.write_bytes("é".encode()[:1])
    assert encoding_of(path) == ("cp1252", 0)


def test_whatever_breaks_has_the_same_words(tmp_path):
    whole = gzip.compress(b"name,score\n" + b"A,1\n" * 10_000, mtime=0)
    path = tmp_path / "movies.csv.gz"
    for content in (whole[:-4], whole[:-8] + bytes(8), whole[:12] + b"\xff" * 30, b"name,score\n"):
        path.write_bytes(content)
        message = r"can't be read to its end: .*; download it again$"
        with pytest.raises(InputError, match=message), open_raw(path) as stream:
            stream.read()
    with (
        pytest.raises(InputError, match=r"none can't be read: No such file or directory$"),
        open_raw(tmp_path / "none"),
    ):
        pass
