import gzip
import shutil
from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from tests.sources.conftest import CUT_OFF, FIXTURES, lost, prepared

BASICS = "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"


@pytest.fixture(scope="module")
def films():
    return prepared("imdb")[0]


@pytest.fixture(scope="module")
def account():
    return prepared("imdb")[1]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "imdb", tmp_path / "raw"))


def test_a_title_comes_as_it_stands_also_with_a_quote_that_never_closes(films):
    amelie = films.loc["tt0211915"]
    assert (amelie["primaryTitle"], amelie["originalTitle"]) == ('"Amélie', "Le fabuleux destin d'Amélie Poulain")
    assert (amelie["isAdult"], amelie["startYear"], amelie["runtimeMinutes"]) == (0, 2001, 122)
    assert (amelie["genres"], amelie["averageRating"], amelie["numVotes"]) == ("Comedy|Romance", 8.3, 808_000)
    assert list(films.index) == ["tt0000009", "tt0211915", "tt0045152", "tt10872600"]


def test_what_is_not_known_is_missing_but_a_title_may_be_any_word(films):
    rain = films.loc["tt0045152"]
    assert (rain["primaryTitle"], rain["originalTitle"]) == ("Null", '"Singing" in "Rain"')
    assert pd.isna(rain["startYear"])
    assert pd.isna(rain["genres"])


def test_a_runtime_of_0_is_missing_unless_it_is_wanted(films, account):
    assert pd.isna(films.loc["tt0045152", "runtimeMinutes"])
    assert "runtimes of 0, taken as missing: 1" in account.notes
    assert prepared("imdb", zero_is_missing=False)[0].loc["tt0045152", "runtimeMinutes"] == 0


def test_titles_of_other_kinds_and_movies_without_a_rating_are_counted(films, account):
    assert "tt0777777" not in films.index
    for note in (
        "titles of the kind tvEpisode, left out: 1",
        "titles of the kind tvMovie, left out: 1",
        "movies without a rating, left out: 1",
        "ratings of titles that are no movie, not used: 1",
    ):
        assert note in account.notes


def test_broken_titles_and_ratings_are_rejected_with_their_lines(account):
    assert lost(account, "title.basics.tsv") == {
        6: "tconst stands in an earlier row",
        7: "tconst is no id such as tt0000009",
        8: CUT_OFF.format(5, 9),
    }
    assert lost(account, "title.ratings.tsv") == {
        7: "tconst stands in an earlier row",
        8: "tconst is no id such as tt0000009",
        9: CUT_OFF.format(2, 3),
        10: "tconst stands in an earlier row",
    }
    texts = account.rejected.query("file == 'title.basics.tsv' and dropped == 'row'").set_index("line")["text"]
    assert texts[6] == "tt0211915"
    assert texts[7].startswith("nm0000123\tmovie\tNo title id\t")
    assert texts[8] == "tt0099999\tmovie\tCut off\tCut off\t0"


def test_a_year_or_runtime_that_is_no_number_is_a_bad_cell(films, account):
    assert films.loc["tt10872600", ["isAdult", "startYear", "runtimeMinutes"]].isna().all()
    cells = account.rejected.query("file == 'title.basics.tsv' and dropped == 'cell'")
    assert sorted(zip(cells["line"], cells["reason"], cells["text"], strict=True)) == [
        (9, "isAdult is neither 0 nor 1: taken as missing", "2019"),
        (9, "runtimeMinutes is no number: taken as missing", "Reality-TV"),
        (9, "startYear is no number: taken as missing", "soon"),
    ]


def test_every_row_is_accounted_for(films, account):
    assert account.read == {
        "title.basics.tsv": 10,
        "title.ratings.tsv": 9,
        "title.crew.tsv": 5,
        "title.principals.tsv": 16,
        "name.basics.tsv": 11,
    }
    assert len(films) + 3 + 2 + 1 == 10  # rejected, of other kinds, without a rating
    for note in (
        "rows of title.crew.tsv about films that are not in the table, not used: 1",
        "rows of title.principals.tsv about films that are not in the table, not used: 1",
        "persons in name.basics.tsv who are in no film of the table, not used: 1",
    ):
        assert note in account.notes


def test_a_packed_file_that_was_cut_off_is_refused(copied: Path):
    whole = gzip.compress((copied / "title.principals.tsv").read_bytes())
    (copied / "title.principals.tsv").unlink()
    (copied / "title.principals.tsv.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"title\.principals\.tsv\.gz can't be read to its end: "):
        prepared("imdb", copied)


def test_lines_are_counted_over_empty_lines_and_bytes_that_are_no_utf8(copied: Path):
    rows = [
        b"tt0000001\tmovie\tCaf\xe9\tCaf\xe9\t0\t1999\t\\N\t90\tDrama",
        b"",
        b"short\xff",
        b"tt0000002\tmovie",
        b"x" * 9,
    ]
    rows += [b"bad\tmovie\tT\tT\t0\t1999\t\\N\t90\tDrama", b"tt0000001\tmovie\tT\tT\t0\tx\t\\N\t90\tDrama"]
    (copied / "title.basics.tsv").write_bytes(BASICS.encode() + b"\n".join(rows) + b"\n")
    (copied / "title.ratings.tsv").write_text("tconst\taverageRating\tnumVotes\ntt0000001\t7.0\t5\n")
    films, preparation = prepared("imdb", copied)
    assert films["primaryTitle"].tolist() == ["Caf\ufffd"]
    assert preparation.read["title.basics.tsv"] == 6
    assert lost(preparation, "title.basics.tsv") == {
        4: CUT_OFF.format(1, 9),
        5: CUT_OFF.format(2, 9),
        6: CUT_OFF.format(1, 9),
        7: "tconst is no id such as tt0000009",
        8: "tconst stands in an earlier row",
    }
    note = "unreadable bytes in title.basics.tsv, which is no UTF-8 text throughout, read as \ufffd: 3"
    assert note in preparation.notes


def test_a_file_with_a_header_alone_leaves_no_film(copied: Path):
    (copied / "title.basics.tsv").write_text(BASICS)
    films, preparation = prepared("imdb", copied)
    assert films.empty
    assert preparation.read["title.basics.tsv"] == 0
