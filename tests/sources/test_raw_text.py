import csv
import gzip
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY, NAME_BASICS, RATINGS
from greenlight_films.sources.raw_text import encoding_of, open_raw, read_header
from greenlight_films.sources.tsv_blocks import read_blocks
from greenlight_films.sources.user_ratings import rating_sums


def rows_of(path: Path, content: bytes | str) -> tuple[dict[int, list[str]], Preparation]:
    """Return the cells of name and score by the line, as a preparation reads them."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    preparation = Preparation({MOVIE_INDUSTRY: path})
    rows = preparation.rows(MOVIE_INDUSTRY, ("name", "score"))
    return {line: row.fillna("-").tolist() for line, row in rows.iterrows()}, preparation  # type: ignore[misc]


# --- quotes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_quote_that_never_closes_is_refused_with_its_line(ending, tmp_path):
    path = tmp_path / "movies.csv"
    with pytest.raises(InputError) as refusal:
        rows_of(path, 'name,score\n"A\nB",1\nC,2\n"D,3\nE,4\nF,5' + ending)
    assert str(refusal.value) == f"{path}, line 5: a quote is opened there and never closed; close or remove it"


def test_a_quote_that_only_closes_in_a_later_row_costs_no_other_row(tmp_path):
    # Without a look at what follows the second quote, lines 3 and 4 make one row of the right width.
    rows, preparation = rows_of(tmp_path / "movies.csv", 'name,score\nA,1\n"B,2\n"C",3\nD,4\n')
    assert rows == {2: ["A", "1"], 4: ["C", "3"], 5: ["D", "4"]}
    assert preparation.rejected[["line", "reason", "text"]].to_numpy().tolist() == [
        [3, "a quote is opened there and not closed at its cell's end", '"B,2\n']
    ]
    assert preparation.read == {"movies.csv": 4}


def test_a_quote_within_a_line_costs_nothing_and_cells_may_have_several_lines(tmp_path):
    rows, preparation = rows_of(tmp_path / "movies.csv", 'name,score\n"A"b,1\n"C\n\nD",2\nE "e",3\n')
    assert rows == {2: ["Ab", "1"], 3: ["C\n\nD", "2"], 6: ['E "e"', "3"]}
    assert preparation.rejected.empty


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ['"name", "score"', "name , score", "\ufeffname,score", '\ufeff"name","score"', "\n \r\nname,score"]
)
def test_a_header_is_read_however_it_is_written(header, tmp_path):
    path = tmp_path / "movies.csv"
    rows, preparation = rows_of(path, f"{header}\nA,1\n")
    assert read_header(path).columns == ("name", "score")
    assert list(rows.values()) == [["A", "1"]]
    assert list(rows) == [header.count("\n") + 2]
    assert preparation.notes == []


def test_blanks_before_quotes_are_no_part_of_cells(tmp_path):
    rows, _ = rows_of(tmp_path / "movies.csv", '"name", "score"\n"A, the 1st", "1"\n')
    assert rows == {2: ["A, the 1st", "1"]}


def test_lines_may_end_as_on_an_old_macintosh(tmp_path):
    rows, _ = rows_of(tmp_path / "movies.csv", "name,score\rA,1\rB,2\r")
    assert rows == {2: ["A", "1"], 3: ["B", "2"]}


def test_a_column_of_a_tsv_may_have_blanks_around_it_and_empty_lines_above(tmp_path):
    path = tmp_path / "name.basics.tsv"
    path.write_text("\n\n nconst\tprimaryName \nnm0000001\tAnn\nnm0000002\nnm0000003\tBea\n")
    preparation = Preparation({NAME_BASICS: path})
    batches = [batch for batch, _ in read_blocks(preparation, NAME_BASICS, ("nconst", "primaryName"))]
    assert [line for batch in batches for line in batch["line"].to_pylist()] == [4, 6]
    assert [name for batch in batches for name in batch["primaryName"].to_pylist()] == ["Ann", "Bea"]
    assert preparation.rejected["line"].tolist() == [5]


def test_lines_of_ratings_count_empty_ones_above_the_header(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("\nuserId, movieId,rating,timestamp\n1,10,4,7\n1,10\n1,10,9,7\n")
    preparation = Preparation({RATINGS: path})
    assert rating_sums(preparation).loc["10"].tolist() == [4, 1]
    assert sorted(preparation.rejected["line"]) == [4, 5]


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_header_alone_has_no_rows_in_any_reader(ending, tmp_path):
    path = tmp_path / "name.basics.tsv"
    path.write_text(f"nconst\tprimaryName{ending}")
    assert sum(len(ids) for _, ids in read_blocks(Preparation({NAME_BASICS: path}), NAME_BASICS, ("nconst",))) == 0
    assert rows_of(tmp_path / "movies.csv", f"name,score{ending}")[0] == {}


def test_a_row_of_a_tsv_that_fits_in_no_block_is_noted(tmp_path):
    path = tmp_path / "name.basics.tsv"
    path.write_text("nconst\tprimaryName\nnm0000001\t" + "x" * 6_000_000 + "\n")
    with pytest.raises(InputError, match=r"name\.basics\.tsv has a row of more than a million bytes: is a line end"):
        list(read_blocks(Preparation({NAME_BASICS: path}), NAME_BASICS, ("nconst", "primaryName")))


# --- encodings ---------------------------------------------------------------------------------------------------


def test_one_bad_byte_does_not_spoil_the_other_letters_of_a_utf_8_text(tmp_path):
    content = "name,score\nAmélie,1\nLéolo,2\nÉté,3\nX".encode() + b"\xe9,4\n"
    rows, preparation = rows_of(tmp_path / "movies.csv", content)
    assert [name for name, _ in rows.values()] == ["Amélie", "Léolo", "Été", "X\ufffd"]
    assert preparation.notes == ["unreadable bytes in movies.csv, which is no UTF-8 text throughout, read as \ufffd: 1"]


def test_a_byte_order_mark_settles_the_encoding(tmp_path):
    rows, preparation = rows_of(tmp_path / "movies.csv", b"\xef\xbb\xbfname,score\nL\xe9olo,2\n")
    assert rows == {2: ["L\ufffdolo", "2"]}
    assert preparation.notes[0].endswith("read as \ufffd: 1")


@pytest.mark.parametrize(
    ("raw", "letter", "encoding"), [(b"\xe9\x99", "é™", "cp1252"), (b"\xe9\x81", "é\x81", "latin-1")]
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


# --- reading -----------------------------------------------------------------------------------------------------


def test_whatever_breaks_has_the_same_words(tmp_path):
    whole = gzip.compress(b"name,score\n" + b"A,1\n" * 10_000, mtime=0)
    path = tmp_path / "movies.csv.gz"
    for content in (whole[:-4], whole[:-8] + bytes(8), whole[:12] + b"\xff" * 30, b"name,score\n"):
        path.write_bytes(content)
        with (
            pytest.raises(InputError, match=r"can't be read to its end: .*; download it again$"),
            open_raw(path) as stream,
        ):
            stream.read()


def test_a_file_that_is_not_there_is_not_to_be_downloaded_again(tmp_path):
    with pytest.raises(InputError, match=r"can't be read: No such file or directory$"), open_raw(tmp_path / "none"):
        pass


def test_cells_of_any_length_are_read(tmp_path):
    long = "x" * (csv.field_size_limit() + 1 if csv.field_size_limit() < 10**6 else 200_000)
    assert rows_of(tmp_path / "movies.csv", f"name,score\n{long},1\n")[0] == {2: [long, "1"]}
