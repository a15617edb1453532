"""The command `prepare` as a user meets it, in this process."""

import gzip
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.homes import HOMES
from greenlight_films.sources.raw_files import files_of

FIXTURES = Path(__file__).parent / "sources"
MOVIES = FIXTURES / "movie-industry" / "movies.csv"
HEADER = "name,rating,genre,year,released,score,votes,director,writer,star,country,budget,gross,company,runtime"


@pytest.fixture
def prepare(command, tmp_path) -> Callable[..., Any]:
    """Return what prepares a source into out/films.parquet."""
    return lambda source, raw, *options: command(
        "prepare", source, "--raw", raw, "--out", tmp_path / "out" / "films.parquet", *options
    )


@pytest.fixture
def refused(command, tmp_path) -> Callable[..., str]:
    """Return what gives a command that must be refused: with code 2 and one message, and nothing written."""

    def run(*words: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        said = command("prepare", *words)
        assert (said.code, said.out) == (2, "")
        assert sorted(tmp_path.rglob("*")) == before
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        return said.err.removeprefix("error: ").strip()

    return run


def one_line(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


# --- every source, from its files to a table ---------------------------------------------------------------------


@pytest.mark.parametrize("source", CATALOGUE)
def test_a_source_goes_from_its_files_to_a_table_with_one_film_a_row(source, prepare, tmp_path):
    said = prepare(source, FIXTURES / source)
    assert (said.code, said.err) == (0, "")
    films = pd.read_parquet(tmp_path / "out" / "films.parquet")
    collection = CATALOGUE[source]
    assert len(films) > 0
    assert films[collection.film].is_unique
    assert films[collection.film].notna().all()
    assert {collection.title, *(one.column for study in collection.studies for one in study.features)} <= set(films)
    assert f"{len(films):,} films" in said.out.splitlines()


@pytest.mark.parametrize("source", CATALOGUE)
def test_a_source_tells_what_it_read_and_every_reason_for_a_loss_with_its_count(source, prepare, tmp_path):
    said = prepare(source, FIXTURES / source)
    assert said.out.startswith(f"{source}: read ")
    rejected = pd.read_csv(tmp_path / "out" / "films.rejected.csv")
    assert list(rejected) == ["file", "line", "dropped", "reason", "text"]
    assert set(rejected["dropped"]) <= {"row", "cell"}
    for file in rejected["file"].unique():
        assert f" rows of {file}" in said.out.splitlines()[0]
    counted = [int(line.split("│")[-2].strip() or 0) for line in said.out.splitlines() if line.startswith("│")]
    assert sum(counted) == len(rejected) > 0
    assert sorted(filter(None, counted)) == sorted(rejected.groupby(["file", "dropped", "reason"]).size())


@pytest.mark.parametrize("source", CATALOGUE)
def test_a_source_gives_the_same_bytes_twice(source, prepare, tmp_path):
    table = tmp_path / "out" / "films.parquet"
    written = []
    for _ in range(2):
        assert prepare(source, FIXTURES / source).code == 0
        written.append(table.read_bytes() + table.with_suffix(".rejected.csv").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("source", CATALOGUE)
def test_the_main_file_may_be_given_in_place_of_its_folder(source, prepare, tmp_path):
    prepare(source, FIXTURES / source)
    first = pd.read_parquet(tmp_path / "out" / "films.parquet")
    main = files_of(source)[0].find(FIXTURES / source)
    assert prepare(source, main).code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out" / "films.parquet"), first)


@pytest.mark.parametrize("source", CATALOGUE)
def test_packed_files_give_the_same_table(source, prepare, tmp_path):
    prepare(source, FIXTURES / source)
    first = pd.read_parquet(tmp_path / "out" / "films.parquet")
    packed = tmp_path / "packed"
    packed.mkdir()
    for file in files_of(source):
        if path := file.find(FIXTURES / source):
            name = path.name.removesuffix(".gz")
            content = path.read_bytes() if path.suffix != ".gz" else gzip.decompress(path.read_bytes())
            (packed / f"{name}.gz").write_bytes(gzip.compress(content))
    assert prepare(source, packed).code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out" / "films.parquet"), first)


@pytest.mark.parametrize("source", CATALOGUE)
def test_a_missing_file_is_named_with_where_it_comes_from(source, refused, tmp_path):
    out = tmp_path / "films.parquet"
    needed = [file.name for file in files_of(source) if not file.optional]
    said = refused(source, "--raw", tmp_path, "--out", out)
    assert said.startswith(f"--raw {tmp_path} has no {needed[0]}")
    assert all(name in said for name in needed)
    assert said.endswith(f"which `{source}` needs; it usually comes from {HOMES[source]}")
    said = refused(source, "--raw", tmp_path / "nowhere", "--out", out)
    assert said.startswith(f"--raw {tmp_path / 'nowhere'} does not exist")
    assert HOMES[source] in said


# --- studies -----------------------------------------------------------------------------------------------------


def sixty_films(folder: Path) -> Path:
    """Write 64 rows as movie-industry has them: 60 films, a second copy, a shifted and a nameless row, a rare one."""
    random = np.random.default_rng(19800613)
    years = random.integers(1980, 2020, 60)
    lines = [
        f'"Film, the {n}th",{random.choice(["R", "PG"])},{random.choice(["Drama", "Comedy"])},{year},'
        f'"June {n % 28 + 1}, {year} (United States)",{random.normal(6, 1):.1f},{random.integers(100, 9999)}.0,'
        f"Director {n % 7},Writer {n % 9},Star {n % 11},Canada,{random.integers(1, 90)}00000.0,"
        f"{random.integers(1, 900)}00000.0,Company {n % 5},{random.integers(80, 150)}.0"
        for n, year in enumerate(years)
    ]
    shifted, nameless = lines[3].replace('"Film, the 3th"', "Film, the 3th"), lines[4].replace('"Film, the 4th"', "")
    rare = "Rare,R,Drama,1990,1990 (Canada),5.0,3.0,Ann,Ann,Ann,Canada,,,Acme,90.0"
    folder.mkdir()
    text = "\n".join([HEADER, *lines, lines[0], shifted, nameless, rare])
    (folder / "movies.csv").write_text(text + "\n", encoding="utf-8")
    return folder


def test_rows_read_are_films_rejected_rows_and_those_noted(prepare, tmp_path):
    said = prepare("movie-industry", sixty_films(tmp_path / "raw"), "--min_votes", 50)
    assert said.code == 0, said.err
    rejected = pd.read_csv(tmp_path / "out" / "films.rejected.csv")
    assert said.out.splitlines()[0] == "movie-industry: read 64 rows of movies.csv"
    assert len(pd.read_parquet(tmp_path / "out" / "films.parquet")) == 60
    assert rejected.loc[rejected["dropped"] == "row", "line"].sort_values().tolist() == [62, 63, 64]
    assert "films with fewer than 50 votes, left out: 1" in said.out.splitlines()
    assert 64 == 60 + 3 + 1


@pytest.mark.parametrize(
    ("config", "studied"), [("films.yaml", "score of 61 films"), ("films_profit.yaml", "profit_ratio of 60 films")]
)
def test_a_study_takes_the_configs_as_they_are(config, studied, prepare, command, tmp_path):
    said = prepare("movie-industry", sixty_films(tmp_path / "raw"))
    path = tmp_path / "out" / config
    assert f"python cli.py study --config {path}" in said.out
    quick = ("--trainer.max_epochs", 2, "--compare.models", "[]", "--trainer.accelerator", "cpu")
    said = command("study", "--config", path, "--runs", tmp_path / "runs", *quick)
    assert said.code == 0, said.err
    assert f"{path.stem}: {studied} (" in one_line(said.out)
    assert (tmp_path / "runs" / path.stem / "version_0" / "importance.json").is_file()


def test_a_table_too_small_for_a_study_gets_none_and_loses_that_of_an_earlier_one(prepare, tmp_path):
    prepare("movie-industry", sixty_films(tmp_path / "raw"))
    config = tmp_path / "out" / "films.yaml"
    assert config.is_file()
    said = prepare("movie-industry", MOVIES.parent)
    assert "No films.yaml: a study needs 10 films whose score is known, got 3" in said.out.splitlines()
    assert not config.exists()


# --- options -----------------------------------------------------------------------------------------------------


def test_zeros_are_kept_where_that_is_asked_for(prepare, tmp_path):
    assert prepare("movie-industry", MOVIES.parent, "--zero_is_missing", "false").code == 0
    assert (pd.read_parquet(tmp_path / "out" / "films.parquet")["budget"] == 0).any()
    assert prepare("movie-industry", MOVIES.parent).code == 0
    assert not (pd.read_parquet(tmp_path / "out" / "films.parquet")["budget"] == 0).any()


def test_where_every_film_is_left_out_only_what_was_rejected_is_written(prepare, tmp_path):
    said = prepare("movie-industry", MOVIES.parent, "--min_votes", 10_000_000)
    assert said.code == 2
    assert "films with fewer than 10,000,000 votes, left out: 3" in said.out.splitlines()
    assert said.err.startswith("error: `prepare movie-industry` found no film: every row was rejected or left out")
    assert said.err.strip().endswith(f"what was rejected stands in {tmp_path / 'out' / 'films.rejected.csv'}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["films.rejected.csv"]
    assert len(pd.read_csv(tmp_path / "out" / "films.rejected.csv")) > 0


OUT = ("--out", "films.parquet")
RAW = ("--raw", MOVIES.parent)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "`prepare` needs the name of a source first: "),
        ((*RAW, *OUT), "`prepare` needs the name of a source first: "),
        (("movie-industri", *RAW, *OUT), "no source 'movie-industri', did you mean 'movie-industry'? There are: "),
        (("netflix", *RAW, *OUT), "no source 'netflix'. There are: "),
        (
            ("movie-industry", *OUT),
            "`prepare` needs --raw, the folder of the raw files; they usually come from kaggle.com",
        ),
        (("movie-industry", *RAW), "`prepare` needs --out, the table to write, such as films.parquet"),
        (("movie-industry", *RAW, "--out"), "`prepare`: argument --out: expected one argument"),
        (("movie-industry", *RAW, *OUT, "--min_vote", 5), "no option '--min_vote', did you mean '--min_votes'?"),
        (("movie-industry", *RAW, *OUT, "--zeros_missing=false"), "no option '--zeros_missing', did you mean '--zero"),
        (
            ("movie-industry", *RAW, *OUT, "--min_votes", "x"),
            "argument --min_votes: must be a whole number from 0 to 999,999,999,999,999, got x",
        ),
        (("movie-industry", *RAW, *OUT, "--min_votes", "-1"), "--min_votes"),
        (
            ("movie-industry", *RAW, *OUT, "--zero_is_missing", "maybe"),
            "argument --zero_is_missing: must be true or false, got maybe",
        ),
        (
            ("movie-industry", *RAW, *OUT, "--min_votes", "9" * 5000),
            "argument --min_votes: must be a whole number from 0 to 999,999,999,999,999, got 9999",
        ),
        (("movie-industry", *RAW, *OUT, ""), "no option ''"),
        (("movie-industry", *RAW, "--out", "films.csv"), "--out must end in .parquet, got films.csv"),
    ],
)
def test_what_can_not_be_understood_is_refused_with_what_is_needed(words, message, refused):
    assert message in refused(*words)


def test_a_folder_is_no_table_to_write(refused, tmp_path):
    folder = tmp_path / "films.parquet"
    folder.mkdir()
    said = refused("movie-industry", *RAW, "--out", folder)
    assert said == f"--out must be a file, got the folder {folder}"


def test_a_file_is_no_folder_to_write_into(refused, tmp_path):
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    said = refused("movie-industry", *RAW, "--out", tmp_path / "file" / "films.parquet")
    assert said == f"--out must be in a folder, {tmp_path / 'file'} is a file"


def test_a_config_of_the_users_own_is_neither_written_over_nor_deleted(prepare, tmp_path):
    own = tmp_path / "out" / "films_profit.yaml"
    own.parent.mkdir()
    own.write_text("name: mine\n", encoding="utf-8")
    said = prepare("movie-industry", MOVIES.parent)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"error: {own} is there and was not made by `prepare`: give another --out\n"
    assert own.read_text(encoding="utf-8") == "name: mine\n"
    assert list(own.parent.iterdir()) == [own]


def test_a_list_of_the_users_own_is_not_written_over(prepare, tmp_path):
    own = tmp_path / "out" / "films.rejected.csv"
    own.parent.mkdir()
    own.write_text("film,why\n", encoding="utf-8")
    assert f"{own} is there and was not made by `prepare`" in prepare("movie-industry", MOVIES.parent).err
    assert own.read_text(encoding="utf-8") == "film,why\n"


@pytest.mark.parametrize("raw", ["films.parquet", "films.rejected.csv", "films.yaml"])
def test_a_raw_file_is_not_written_over(raw, refused, tmp_path):
    shutil.copy(MOVIES, tmp_path / raw)
    said = refused("movie-industry", "--raw", tmp_path / raw, "--out", tmp_path / "films.parquet")
    assert said == f"--out would write over the raw file {tmp_path / raw}: give another --out"
    assert (tmp_path / raw).read_bytes() == MOVIES.read_bytes()


@pytest.mark.parametrize("name", ["films.rejected.csv", "films.yaml", "films_profit.yaml"])
def test_no_target_may_be_a_folder(name, refused, tmp_path):
    (tmp_path / name).mkdir()
    said = refused("movie-industry", *RAW, "--out", tmp_path / "films.parquet")
    assert said == f"--out must be a file, got the folder {tmp_path / name}"


def test_a_folder_that_can_not_be_made_or_named_is_told_before_anything_is_read(refused, tmp_path):
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    out = tmp_path / "file" / "deep" / "films.parquet"
    assert refused("movie-industry", *RAW, "--out", out) == f"--out must be in a folder, {tmp_path / 'file'} is a file"
    out = tmp_path / f"{'f' * 300}.parquet"
    assert refused("movie-industry", *RAW, "--out", out) == f"--out {out} can't be written: File name too long"


def test_a_header_alone_is_told_and_so_is_what_an_earlier_preparation_left(prepare, tmp_path):
    raw = sixty_films(tmp_path / "raw")
    prepare("movie-industry", raw)
    (raw / "movies.csv").write_text(HEADER, encoding="utf-8")
    said = prepare("movie-industry", raw)
    assert said.code == 2
    assert said.err.startswith(
        f"error: {raw / 'movies.csv'} has a header and no rows; of an earlier preparation there "
    )
    out = tmp_path / "out"
    still = ["films.parquet", "films.yaml", "films_profit.yaml"]
    assert said.err.strip().endswith(", ".join(str(out / name) for name in still))
    assert sorted(path.name for path in out.iterdir()) == still


def test_a_printed_command_can_be_pasted_whatever_the_path(command, tmp_path):
    out = tmp_path / "it's a\n folder" / "films.parquet"
    said = command("prepare", "movie-industry", "--raw", sixty_films(tmp_path / "raw"), "--out", out)
    assert said.code == 0, said.err
    word = said.out.partition("--config ")[2].splitlines()[0]
    shown = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, text=True, check=True).stdout
    assert shown == str(out.with_suffix(".yaml"))
    config = out.with_suffix(".yaml").read_text(encoding="utf-8")
    assert f"\n#   python cli.py study --config {word}\n" in config
    assert yaml.safe_load(config)["data"]["table"] == str(out.resolve())


def test_numbers_below_0_are_missing_so_that_the_config_stays_usable(prepare, tmp_path):
    raw = sixty_films(tmp_path / "raw")
    rare = "Odd,R,Drama,1990,1990 (Canada),5.0,-3,Ann,Ann,Ann,Canada,-1,-2,Acme,-90\n"
    with (raw / "movies.csv").open("a", encoding="utf-8") as stream:
        stream.write(rare)
    assert prepare("movie-industry", raw).code == 0
    films = pd.read_parquet(tmp_path / "out" / "films.parquet").set_index("name")
    columns = ["votes", "budget", "gross", "runtime"]
    assert films.loc["Odd", columns].isna().all()
    rejected = pd.read_csv(tmp_path / "out" / "films.rejected.csv")
    told = rejected[rejected["reason"].str.contains("is below 0")]
    assert set(told["reason"]) == {f"{column} is below 0: taken as missing" for column in columns}


# --- files that are others ---------------------------------------------------------------------------------------


def test_another_collection_is_recognised(refused, tmp_path):
    out = tmp_path / "films.parquet"
    said = refused("tmdb-5000", "--raw", MOVIES, "--out", out)
    assert said.startswith(
        f"{MOVIES} looks like movie-industry's movies.csv; expected tmdb-5000's tmdb_5000_movies.csv with the col"
    )
    said = refused("movie-industry", "--raw", FIXTURES / "omdb" / "omdb.jsonl", "--out", out)
    assert "looks like omdb's omdb.jsonl; expected movie-industry's movies.csv" in said


def test_any_other_table_is_named_by_its_columns(refused, tmp_path):
    (tmp_path / "movies.csv").write_text("name;score\nThe Shining;8.4\n", encoding="utf-8")
    said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert "looks like a table with the columns name, score; expected movie-industry's movies.csv" in said
    assert said.endswith(f"it lacks {', '.join(HEADER.removeprefix('name,').replace('score,', '').split(','))}")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x1f\x8b\x08\x00", "gzip: give its name the ending .gz"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"<!doctype html>\n", "a web page: the download needs a login"),
        (b'{"a": 1}\n', "JSON"),
        ("name,score\n".encode("utf-16"), "UTF-16 text: save it as UTF-8"),
        ("name,score\n".encode("utf-16-le"), "no text, for it has NUL bytes; if it is UTF-16, save it as UTF-8"),
    ],
)
def test_what_is_no_table_of_text_is_told_by_its_first_bytes(content, kind, refused, tmp_path):
    (tmp_path / "movies.csv").write_bytes(content)
    said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert f"movies.csv looks like {kind}; expected movie-industry's movies.csv" in said


def test_an_archive_is_to_be_unpacked(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.write(MOVIES, "movies.csv")
    for name in ("archive.zip", "movies.csv"):
        if name == "movies.csv":
            shutil.copy(tmp_path / "archive.zip", tmp_path / name)
        said = refused("movie-industry", "--raw", tmp_path / name, "--out", tmp_path / "films.parquet")
        assert f"{name} looks like a zip archive: unpack it; expected" in said


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n"])
def test_an_empty_file_is_told(content, refused, tmp_path):
    (tmp_path / "movies.csv").write_bytes(content)
    said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert said == f"{tmp_path / 'movies.csv'} is empty; a header line and rows of films are needed"


def test_a_packed_file_that_is_cut_off_is_told(refused, tmp_path):
    (tmp_path / "movies.csv.gz").write_bytes(gzip.compress(MOVIES.read_bytes())[:40])
    said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert said.startswith(f"{tmp_path / 'movies.csv.gz'} can't be read to its end: ")
    assert said.endswith("; download it again")


def test_a_folder_with_nothing_but_an_archive_is_to_be_unpacked(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.write(MOVIES, "movies.csv")
    said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert said.endswith("which `movie-industry` needs; unpack archive.zip")


def test_a_missing_file_is_named_by_its_published_name_and_the_others(refused, tmp_path):
    said = refused("tmdb-5000", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
    assert "has no tmdb_5000_movies.csv (or movies.csv), which `tmdb-5000` needs" in said


def test_collections_may_share_a_folder(prepare, tmp_path):
    raw = tmp_path / "raw"
    for source in ("the-movies-dataset", "movie-industry", "tmdb-5000"):
        shutil.copytree(FIXTURES / source, raw, dirs_exist_ok=True)
    counts = {}
    for source in ("the-movies-dataset", "movie-industry", "tmdb-5000"):
        said = prepare(source, raw)
        assert said.code == 0, said.err
        counts[source] = len(pd.read_parquet(tmp_path / "out" / "films.parquet"))
        prepare(source, FIXTURES / source)
        assert counts[source] == len(pd.read_parquet(tmp_path / "out" / "films.parquet")) > 0


def test_an_optional_file_of_another_collection_is_noted_and_not_used(prepare, tmp_path):
    raw = tmp_path / "raw"
    shutil.copytree(FIXTURES / "tmdb-5000", raw)
    shutil.copy(FIXTURES / "the-movies-dataset" / "credits.csv", raw / "tmdb_5000_credits.csv")
    said = prepare("tmdb-5000", raw)
    assert said.code == 0, said.err
    path = raw / "tmdb_5000_credits.csv"
    assert f"Not used: {path} looks like the-movies-dataset's credits.csv; expected tmdb-5000's" in said.out
    assert "Not there: tmdb_5000_credits.csv; what they tell is missing" in said.out


def test_a_broken_packed_file_is_told_wherever_it_breaks(refused, tmp_path):
    body = "".join(f"Film {n},R,Drama,19{n % 90 + 10},,6,{n},D,W,S,UK,{n * 7},{n},C,100\n" for n in range(60_000))
    packed = bytearray(gzip.compress(f"{HEADER}\n{body}".encode()))
    path = tmp_path / "movies.csv.gz"
    broken = {"cut off": packed[:-4], "checksum": packed[:-6] + b"123456", "deflate": bytearray(packed)}
    middle = len(packed) * 3 // 4
    broken["deflate"][middle : middle + 400] = b"\xff" * 400
    for content in broken.values():
        path.write_bytes(content)
        said = refused("movie-industry", "--raw", tmp_path, "--out", tmp_path / "films.parquet")
        assert said.startswith(f"{path} can't be read to its end: ")
        assert said.endswith("; download it again")
