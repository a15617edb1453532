"""The command `prepare` as a user meets it, in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from greenlight_films.sources.catalogue import CATALOGUE
from tests.conftest import refused

FIXTURES = Path(__file__).parents[1] / "sources"
MOVIES = FIXTURES / "movie-industry" / "movies.csv"
HEADER = MOVIES.read_text(encoding="utf-8").splitlines()[0]


@pytest.fixture
def prepare(command, tmp_path) -> Callable[..., Any]:
    """Return what prepares a source into out/films.parquet."""
    return lambda source, raw, *options: command(
        "prepare", source, "--raw", raw, "--out", tmp_path / "out" / "films.parquet", *options
    )


@pytest.fixture
def refusal(command, tmp_path) -> Callable[..., str]:
    """Return what gives a command that must be refused in one message, with nothing written, and returns that."""

    def run(*words: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        answer = command("prepare", *words)
        refused(answer)
        assert sorted(tmp_path.rglob("*")) == before
        return answer.err.removeprefix("error: ").strip()

    return run


@pytest.mark.slow
@pytest.mark.parametrize("source", CATALOGUE)
def test_a_source_goes_from_its_files_to_a_table_and_every_loss_is_counted(source, prepare, tmp_path):
    table = tmp_path / "out" / "films.parquet"
    answer = prepare(source, FIXTURES / source)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert f"{len(pd.read_parquet(table)):,} films" in lines
    rejected = pd.read_csv(table.with_suffix(".rejected.csv"))
    assert list(rejected) == ["file", "line", "dropped", "reason", "text"]
    assert all(f" rows of {file}" in lines[0] for file in rejected["file"].unique())
    counted = [int(line.split("│")[-2].strip() or 0) for line in lines if line.startswith("│")]
    assert sum(counted) == len(rejected) > 0
    assert sorted(filter(None, counted)) == sorted(rejected.groupby(["file", "dropped", "reason"]).size())
    first = table.read_bytes() + table.with_suffix(".rejected.csv").read_bytes()
    assert prepare(source, FIXTURES / source).code == 0
    assert table.read_bytes() + table.with_suffix(".rejected.csv").read_bytes() == first


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
    answer = prepare("movie-industry", sixty_films(tmp_path / "raw"), "--min_votes", 50)
    rejected = pd.read_csv(tmp_path / "out" / "films.rejected.csv")
    lines = answer.out.splitlines()
    assert lines[0] == "movie-industry: read 64 rows of movies.csv"
    assert "60 films" in lines
    assert rejected.loc[rejected["dropped"] == "row", "line"].sort_values().tolist() == [62, 63, 64]
    assert "films with fewer than 50 votes, left out: 1" in lines


@pytest.mark.slow
def test_a_study_takes_a_config_as_it_is(prepare, command, tmp_path):
    answer = prepare("movie-industry", sixty_films(tmp_path / "raw"))
    paths = [tmp_path / "out" / name for name in ("films.yaml", "films_profit.yaml")]
    assert all(f"python cli.py study --config {path}" in answer.out for path in paths)
    quick = ("--trainer.max_epochs", 1, "--compare.models", "[]", "--trainer.accelerator", "cpu", "--report", "false")
    answer = command("study", "--config", paths[1], "--runs", tmp_path / "runs", *quick)
    assert answer.code == 0, answer.err
    assert "films_profit: profit_ratio of 60 films (" in " ".join(answer.out.replace("│", " ").split())
    assert (tmp_path / "runs" / "films_profit" / "version_0" / "importance.json").is_file()


def test_a_table_too_small_for_a_study_gets_no_config(prepare, tmp_path):
    prepare("movie-industry", sixty_films(tmp_path / "raw"))
    config = tmp_path / "out" / "films.yaml"
    assert config.is_file()
    answer = prepare("movie-industry", MOVIES.parent)
    assert "No films.yaml: a study needs 10 films whose score is known, got 3" in answer.out.splitlines()
    assert not config.exists()


def test_where_every_film_is_left_out_only_what_was_rejected_is_written(prepare, tmp_path):
    answer = prepare("movie-industry", MOVIES.parent, "--min_votes", 10_000_000)
    assert answer.code == 2
    assert "films with fewer than 10,000,000 votes, left out: 3" in answer.out.splitlines()
    assert answer.err.startswith("error: `prepare movie-industry` found no film: every row was rejected or left out")
    assert answer.err.strip().endswith(f"what was rejected stands in {tmp_path / 'out' / 'films.rejected.csv'}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["films.rejected.csv"]
    assert len(pd.read_csv(tmp_path / "out" / "films.rejected.csv")) > 0


OUT = ("--out", "films.parquet")
RAW = ("--raw", MOVIES.parent)
COMPLETE = ("movie-industry", *RAW, *OUT)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "`prepare` needs the name of a source first: "),
        (("movie-industri", *RAW, *OUT), "no source 'movie-industri', did you mean 'movie-industry'? There are: "),
        (("omdb", *OUT), "`prepare` needs --raw, the folder of the raw files; they usually come from www.omdbapi.com"),
        (("omdb", *RAW), "`prepare` needs --out, the table to write, such as films.parquet"),
        (("omdb", *RAW, "--out"), "`prepare`: argument --out: expected one argument"),
        (("omdb", *RAW, "--out", "films.csv"), "--out must end in .parquet, got films.csv"),
        ((*COMPLETE, "--min_vote", 5), "no option '--min_vote', did you mean '--min_votes'?"),
        ((*COMPLETE, "--min_votes", "x"), "--min_votes: must be a whole number from 0 to 999,999,999,999,999, got x"),
        ((*COMPLETE, "--zero_is_missing", "maybe"), "argument --zero_is_missing: invalid choice: 'maybe' (choose from"),
    ],
)
def test_what_can_not_be_understood_is_refused_with_what_is_needed(words, message, refusal):
    assert message in refusal(*words)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("folder.parquet", "--out must be a file, got the folder {}/folder.parquet"),
        ("file/films.parquet", "--out must be in a folder, {}/file is a file"),
        (f"{'f' * 300}.parquet", f"--out {{}}/{'f' * 300}.parquet can't be written: File name too long"),
    ],
)
def test_an_output_that_can_not_be_written_is_refused_before_anything_is_read(out, message, refusal, tmp_path):
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "folder.parquet").mkdir()
    assert refusal("movie-industry", *RAW, "--out", tmp_path / out) == message.format(tmp_path)


@pytest.mark.parametrize("name", ["films.parquet", "films.rejected.csv", "films.yaml"])
def test_neither_a_raw_file_nor_any_other_of_the_users_own_is_written_over(name, refusal, tmp_path):
    own, out = tmp_path / name, ("--out", tmp_path / "films.parquet")
    shutil.copy(MOVIES, own)
    message = refusal("movie-industry", "--raw", own, *out)
    assert message == f"--out would write over the raw file {own}: give another --out"
    if name != "films.parquet":
        message = refusal("movie-industry", *RAW, *out)
        assert message == f"{own} is there and was not made by `prepare`: give another --out"
    assert own.read_bytes() == MOVIES.read_bytes()


def test_a_header_alone_is_refused_and_so_is_what_an_earlier_preparation_left(prepare, tmp_path):
    raw = sixty_films(tmp_path / "raw")
    prepare("movie-industry", raw)
    (raw / "movies.csv").write_text(HEADER, encoding="utf-8")
    answer = prepare("movie-industry", raw)
    assert answer.code == 2
    still = [tmp_path / "out" / name for name in ("films.parquet", "films.yaml", "films_profit.yaml")]
    expected = f"{raw / 'movies.csv'} has a header and no rows; of an earlier preparation there are still "
    assert answer.err == f"error: {expected}{', '.join(map(str, still))}\n"
    assert sorted((tmp_path / "out").iterdir()) == still


def test_optional_files_that_are_missing_or_others_are_named(prepare, tmp_path):
    raw = shutil.copytree(FIXTURES / "tmdb-5000", tmp_path / "raw")
    path = shutil.copy(FIXTURES / "the-movies-dataset" / "credits.csv", raw / "tmdb_5000_credits.csv")
    answer = prepare("tmdb-5000", raw)
    assert answer.code == 0, answer.err
    assert f"Not used: {path} looks like the-movies-dataset's credits.csv; expected tmdb-5000's" in answer.out
    assert "Not there: tmdb_5000_credits.csv; what they tell is missing" in answer.out
