from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files
from greenlight_films.sources.tmdb import COLUMNS
from greenlight_films.sources.tmdb_5000 import Tmdb5000

RAW = Path(__file__).parent / "tmdb-5000"
MOVIES, CREDITS = "tmdb_5000_movies.csv", "tmdb_5000_credits.csv"


def prepared(raw: Path = RAW, **options: object) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation(find_files("tmdb-5000", raw), **options)  # type: ignore[arg-type]
    films = Tmdb5000().prepare(preparation)
    assert list(films) == COLUMNS
    return films.set_index("movie_id"), preparation


@pytest.fixture
def alone(tmp_path) -> Path:
    """Return a folder with the films, without their credits and the columns of JSON, as copies go round."""
    lists = ["genres", "keywords", "production_companies", "production_countries", "spoken_languages"]
    pd.read_csv(RAW / MOVIES, dtype=str, nrows=2).drop(columns=lists).to_csv(tmp_path / "movies.csv", index=False)
    return tmp_path


def test_a_row_comes_as_it_stands():
    avatar = prepared()[0].loc["19995"]
    assert (avatar["movie_name"], avatar["original_language"], avatar["status"]) == ("Avatar", "en", "Released")
    assert (avatar["budget"], avatar["revenue"], avatar["runtime"]) == (237e6, 2_787_965_087, 162)
    assert (avatar["vote_average"], avatar["vote_count"], avatar["popularity"]) == (7.2, 11_800, 150.437577)
    assert (avatar["release_date"], avatar["release_year"]) == (pd.Timestamp("2009-12-10"), 2009)
    assert avatar["genres"] == "Action|Adventure|Science Fiction"
    assert list(avatar["keywords"]) == ["culture clash", "future"]
    assert list(avatar["countries"]) == ["United States of America", "United Kingdom"]


def test_people_come_from_the_credits_by_order_and_job():
    films, _ = prepared()
    avatar, amelie = films.loc["19995"], films.loc["194"]
    assert avatar["lead_actor"] == "Sam Worthington"
    assert list(avatar["cast"]) == ["Sam Worthington", "Zoe Saldana", "Sigourney Weaver"]
    assert list(avatar["directors"]) == list(avatar["writers"]) == ["James Cameron"]
    assert list(avatar["producers"]) == ["Laeta Kalogridis", "Jon Landau"]
    assert list(amelie["writers"]) == ["Guillaume Laurant", "Jean-Pierre Jeunet"]
    assert amelie["cast"][2] == "André Dussollier"  # written with a \u escape
    assert amelie["producers"] is pd.NA


def test_a_company_named_twice_counts_once():
    assert list(prepared()[0].loc["194", "companies"]) == ["Le Studio Canal+", "Claudie Ossard Productions"]


def test_an_empty_list_is_missing_and_its_keywords_are_counted_as_none():
    film = prepared()[0].loc["380097"]
    assert film["keyword_count"] == 0
    assert film[["keywords", "companies", "countries", "cast", "directors", "lead_actor"]].isna().all()
    assert film[["release_date", "release_year"]].isna().all()


def test_a_rating_of_0_is_missing_where_nobody_voted():
    films, preparation = prepared(zero_is_missing=False)
    assert pd.isna(films.loc["380097", "vote_average"])
    assert films.loc["380097", ["budget", "revenue", "runtime", "vote_count"]].tolist() == [0, 0, 0, 0]
    assert "ratings of 0 with no votes, taken as missing: 1" in preparation.notes


def test_every_lost_row_and_cell_is_told_with_its_line():
    films, preparation = prepared()
    lost = preparation.rejected.set_index(["file", "line"]).sort_index()
    assert lost.query("dropped == 'row'")["reason"].to_dict() == {
        (CREDITS, 6): "movie_id stands in an earlier row",
        (MOVIES, 4): "id stands in an earlier row",
        (MOVIES, 7): "id is missing",
        (MOVIES, 8): "has 19 cells where the header has 20: shifted or cut off",
    }
    assert set(lost.query("dropped == 'cell'")["reason"].items()) == {
        ((CREDITS, 5), "crew is no list of JSON objects: taken as missing"),
        ((MOVIES, 5), "keywords is no list of JSON objects: taken as missing"),
        ((MOVIES, 9), "budget is no number: taken as missing"),
        ((MOVIES, 9), "release_date is no date: taken as missing"),
    }
    assert pd.isna(films.loc["194", "keyword_count"])
    assert preparation.read == {MOVIES: 7, CREDITS: 5}
    assert len(films) == 7 - 3


def test_credits_of_other_films_and_films_without_credits_are_noted():
    notes = prepared()[1].notes
    assert f"rows of {CREDITS} about films that are not in the table, not used: 1" in notes
    assert f"films without a row in {CREDITS}: 1" in notes


def test_a_copy_without_columns_of_json_and_without_credits_works_and_is_told(alone):
    films, preparation = prepared(alone)
    assert preparation.notes[0] == "Not in movies.csv: genres, production_companies, keywords, production_countries"
    assert films.loc["19995", ["movie_name", "budget"]].tolist() == ["Avatar", 237e6]
    lists = [
        "genres",
        "keyword_count",
        "cast",
        "directors",
        "writers",
        "producers",
        "companies",
        "keywords",
        "countries",
    ]
    assert films[lists].isna().all(axis=None)


def test_a_file_of_which_no_row_is_left_makes_an_empty_table(alone):
    movies = alone / "movies.csv"
    movies.write_text(movies.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    films, preparation = prepared(alone)
    assert films.empty
    assert preparation.read == {"movies.csv": 0}


def test_films_with_few_votes_are_left_out_where_that_is_asked_for():
    films, preparation = prepared(min_votes=4000)
    assert list(films.index) == ["19995"]
    assert "films with fewer than 4,000 votes, left out: 3" in preparation.notes


def test_a_study_of_profit_knows_nothing_from_after_the_release():
    (profit,) = (study for study in Tmdb5000.studies if study.name == "profit")
    later = {"revenue", "vote_average", "vote_count", "popularity", "status", "keywords", "keyword_count"}
    assert not later & {feature.column for feature in profit.features}
    assert {feature.column for study in Tmdb5000.studies for feature in study.features} <= set(COLUMNS)
