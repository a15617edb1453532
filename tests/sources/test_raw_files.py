import shutil
import zipfile

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.raw_files import files_of, find_files
from tests.sources.conftest import FIXTURES

MOVIES = FIXTURES / "movie-industry" / "movies.csv"


@pytest.fixture
def refusal(tmp_path):
    """Return what gives the message of refused files: those in `tmp_path`, or the main one given."""

    def message(source="movie-industry", raw=tmp_path):
        with pytest.raises(InputError) as problem:
            find_files(source, raw)
        return str(problem.value)

    return message


def test_another_collection_is_recognised(refusal):
    expected = f"{MOVIES} looks like movie-industry's movies.csv; expected tmdb-5000's tmdb_5000_movies.csv with the "
    assert refusal("tmdb-5000", MOVIES).startswith(f"{expected}columns budget, ")
    message = refusal(raw=FIXTURES / "omdb" / "omdb.jsonl")
    assert "looks like omdb's omdb.jsonl; expected movie-industry's movies.csv" in message


def test_any_other_table_is_named_by_its_columns(refusal, tmp_path):
    (tmp_path / "movies.csv").write_text("name;score\nThe Shining;8.4\n", encoding="utf-8")
    message = refusal()
    assert "looks like a table with the columns name, score; expected movie-industry's movies.csv" in message
    lacking = [name for name in files_of("movie-industry")[0].columns if name not in ("name", "score")]
    assert message.endswith(f"it lacks {', '.join(lacking)}")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04", "a zip archive: unpack it"),
        (b"\x1f\x8b\x08\x00", "gzip: give its name the ending .gz"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"<!doctype html>\n", "a web page: the download needs a login"),
        (b'{"a": 1}\n', "JSON"),
        ("name,score\n".encode("utf-16"), "UTF-16 text: save it as UTF-8"),
        ("name,score\n".encode("utf-16-le"), "no text, for it has NUL bytes; if it is UTF-16, save it as UTF-8"),
    ],
)
def test_what_is_no_table_of_text_is_recognised_by_its_first_bytes(content, kind, refusal, tmp_path):
    (tmp_path / "movies.csv").write_bytes(content)
    message = refusal()
    assert f"movies.csv looks like {kind}; expected movie-industry's movies.csv" in message
    assert message.endswith("it has none of them")


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n"])
def test_an_empty_file_is_refused(content, refusal, tmp_path):
    (tmp_path / "movies.csv").write_bytes(content)
    assert refusal() == f"{tmp_path / 'movies.csv'} is empty; a header line and rows of films are needed"


def test_an_archive_is_to_be_unpacked(refusal, tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.write(MOVIES, "movies.csv")
    assert refusal().endswith("which `movie-industry` needs; unpack archive.zip")
    assert "archive.zip looks like a zip archive: unpack it; expected" in refusal(raw=tmp_path / "archive.zip")


def test_collections_may_share_a_folder(tmp_path):
    sources = ("the-movies-dataset", "movie-industry", "tmdb-5000")
    for source in sources:
        shutil.copytree(FIXTURES / source, tmp_path, dirs_exist_ok=True)
    for source in sources:
        files = find_files(source, tmp_path)
        alone = find_files(source, FIXTURES / source)
        assert {file.name: path.name for file, path in files.items()} == {
            file.name: path.name for file, path in alone.items()
        }


def test_names_may_be_in_capital_letters_and_the_published_name_comes_first(tmp_path):
    for name in ("MOVIES.csv", "Tmdb_5000_Movies.CSV.gz"):
        (tmp_path / name).write_text("")
    main = files_of("tmdb-5000")[0]
    assert [path.name for path in main.candidates(tmp_path)] == ["Tmdb_5000_Movies.CSV.gz", "MOVIES.csv"]
