import json
from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.omdb import Omdb
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files

RAW = Path(__file__).parent / "omdb"
ARRAY = RAW / "array.json"


def prepared(raw: Path = RAW, **options: object) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation(find_files("omdb", raw), **options)  # type: ignore[arg-type]
    return Omdb().prepare(preparation).set_index("imdb_id"), preparation


def test_an_answer_comes_as_it_stands():
    film = prepared()[0].loc["tt1375666"]
    assert (film["title"], film["year"], film["rated"]) == ("Inception", 2010, "PG-13")
    assert (film["released"], film["runtime"]) == (pd.Timestamp("2010-07-16"), 148)
    assert (film["metascore"], film["imdb_rating"]) == (74, 8.8)
    assert (film["imdb_votes"], film["box_office"]) == (2_294_302, 292_576_195)
    assert film["genres"] == "Action|Adventure|Sci-Fi"
    assert list(film["actors"]) == ["Leonardo DiCaprio", "Joseph Gordon-Levitt", "Elliot Page"]
    assert list(film["languages"]) == ["English", "Japanese", "French"]
    assert list(film["countries"]) == ["United States", "United Kingdom"]


def test_not_available_is_missing():
    films, _ = prepared()
    assert films.loc["tt1375666", "production"] is pd.NA
    gaps = ["released", "runtime", "writers", "metascore", "box_office", "production"]
    assert films.loc["tt0018097", gaps].isna().all()


def test_roles_in_brackets_are_cut_off_and_each_name_comes_once():
    film = prepared()[0].loc["tt0468569"]
    assert list(film["writers"]) == ["Jonathan Nolan", "Christopher Nolan", "Bob Kane"]
    assert list(film["directors"]) == ["Christopher Nolan"]


def test_a_name_keeps_its_comma():
    assert list(prepared()[0].loc["tt0468569", "actors"]) == ["Christian Bale", "Sammy Davis, Jr."]


def test_hours_become_minutes():
    assert prepared()[0].loc["tt0468569", "runtime"] == 152


def test_every_lost_line_is_told():
    films, preparation = prepared()
    lost = preparation.rejected.set_index("line")
    assert lost.query("dropped == 'row'")["reason"].to_dict() == {
        1: "OMDb has no answer: Movie not found!",
        7: "imdbID is missing",
        8: "imdbID stands in an earlier row",
        9: "is no JSON",
        10: "is no JSON object",
        11: "OMDb has no answer: Request limit reached!",
    }
    assert lost.query("dropped == 'cell'")["reason"].to_dict() == {6: "imdbVotes is no number: taken as missing"}
    assert lost.loc[10, "text"] == "[1]"
    assert preparation.notes == ["titles of type series, left out: 1"]
    assert preparation.read == {"omdb.jsonl": 10}
    assert len(films) == 10 - 6 - 1


def test_one_array_works_too_with_the_lines_that_its_objects_begin_at():
    films, preparation = prepared(ARRAY)
    assert list(films.index) == ["tt1375666", "tt0018097"]
    assert films.loc["tt1375666", "imdb_votes"] == 2_294_302
    text = ARRAY.read_text(encoding="utf-8").splitlines()
    begins = [line for line, one in enumerate(text, start=1) if one == "  {"]
    assert preparation.rejected["line"].tolist() == begins[2:]
    assert preparation.read == {"array.json": 3}


def test_what_follows_a_broken_object_of_an_array_is_told_of(tmp_path):
    path = tmp_path / "omdb.json"
    path.write_text(ARRAY.read_text(encoding="utf-8").replace('"Year": "1927",', '"Year": ,'), encoding="utf-8")
    films, preparation = prepared(tmp_path)
    assert list(films.index) == ["tt1375666"]
    reasons = preparation.rejected["reason"].tolist()
    assert reasons == ["is no JSON, and what follows it in the array can't be read"]


def test_a_line_that_is_no_utf8_is_rejected_alone(tmp_path):
    good = (RAW / "omdb.jsonl").read_bytes().splitlines()[1]
    (tmp_path / "omdb.jsonl").write_bytes(b'{"Title": "L\xe9olo"}\n' + good + b"\n")
    films, preparation = prepared(tmp_path)
    assert list(films.index) == ["tt1375666"]
    assert preparation.rejected["reason"].tolist() == ["is no UTF-8 text"]


def test_a_year_that_is_none_is_told_and_one_with_an_end_is_its_start(tmp_path):
    answer = json.loads((RAW / "omdb.jsonl").read_text(encoding="utf-8").splitlines()[1])
    del answer["Type"]
    years = {"tt1": "2008–2013", "tt2": "soon", "tt3": 1999}
    lines = [json.dumps({**answer, "imdbID": film, "Year": year}) for film, year in years.items()]
    (tmp_path / "omdb.jsonl").write_text("\n".join(lines), encoding="utf-8")
    films, preparation = prepared(tmp_path)
    assert films["year"].fillna(0).tolist() == [2008, 0, 1999]
    assert preparation.counts() == {("omdb.jsonl", "cell", "Year is no year: taken as missing"): 1}


def test_films_with_few_votes_are_left_out_where_that_is_asked_for():
    films, preparation = prepared(min_votes=2_500_000)
    assert list(films.index) == ["tt0468569"]
    assert "films with fewer than 2,500,000 votes, left out: 2" in preparation.notes


def test_a_file_of_failures_alone_is_refused_with_the_keys_that_are_needed(tmp_path):
    (tmp_path / "omdb.jsonl").write_text('{"Response": "False", "Error": "No API key provided."}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"looks like JSON; expected omdb's omdb.jsonl with the keys Title, Year"):
        find_files("omdb", tmp_path)


def test_an_error_with_half_a_character_is_told_like_any_other(tmp_path):
    good = (RAW / "omdb.jsonl").read_text(encoding="utf-8").splitlines()[1]
    bad = '{"Response": "False", "Error": "\\\\ud83d bad"}'.replace("\\\\", "\\")
    (tmp_path / "omdb.jsonl").write_text(f"{bad}\n{good}\n", encoding="utf-8")
    _, preparation = prepared(tmp_path)
    assert preparation.rejected["reason"].tolist() == ["OMDb has no answer: \ufffd bad"]
