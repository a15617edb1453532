import pandas as pd
import pytest

from greenlight_films.sources.tmdb import COLUMNS
from tests.sources.conftest import CUT_OFF, FIXTURES, lost, prepared

RAW = FIXTURES / "tmdb-5000"
MOVIES, CREDITS = "tmdb_5000_movies.csv", "tmdb_5000_credits.csv"


@pytest.fixture
def bare(tmp_path):
    """Return a folder with the films, without their credits and the columns of JSON, as copies go round."""
    lists = ["genres", "keywords", "production_companies", "production_countries", "spoken_languages"]
    pd.read_csv(RAW / MOVIES, dtype=str, nrows=2).drop(columns=lists).to_csv(tmp_path / "movies.csv", index=False)
    return tmp_path


def test_a_row_comes_as_it_stands():
    films, _ = prepared("tmdb-5000")
    avatar = films.loc["19995"]
    assert list(films) == COLUMNS
    assert (avatar["movie_name"], avatar["original_language"], avatar["status"]) == ("Avatar", "en", "Released")
    assert (avatar["budget"], avatar["revenue"], avatar["runtime"]) == (237e6, 2_787_965_087, 162)
    assert (avatar["vote_average"], avatar["vote_count"], avatar["popularity"]) == (7.2, 11_800, 150.437577)
    assert (avatar["release_date"], avatar["release_year"]) == (pd.Timestamp("2009-12-10"), 2009)
    assert avatar["genres"] == "Action|Adventure|Science Fiction"
    assert list(avatar["keywords"]) == ["culture clash", "future"]
    assert list(avatar["countries"]) == ["United States of America", "United Kingdom"]


def test_people_come_from_the_credits_by_order_and_job_and_every_name_once():
    films, _ = prepared("tmdb-5000")
    avatar, amelie = films.loc["19995"], films.loc["194"]
    assert avatar["lead_actor"] == "Sam Worthington"
    assert list(avatar["cast"]) == ["Sam Worthington", "Zoe Saldana", "Sigourney Weaver"]
    assert list(avatar["directors"]) == list(avatar["writers"]) == ["James Cameron"]
    assert list(avatar["producers"]) == ["Laeta Kalogridis", "Jon Landau"]
    assert list(amelie["writers"]) == ["Guillaume Laurant", "Jean-Pierre Jeunet"]
    assert amelie["cast"][2] == "André Dussollier"  # written with a \u escape
    assert amelie["producers"] is pd.NA
    assert list(amelie["companies"]) == ["Le Studio Canal+", "Claudie Ossard Productions"]


def test_an_empty_list_is_missing_and_its_keywords_are_counted_as_none():
    film = prepared("tmdb-5000")[0].loc["380097"]
    assert film["keyword_count"] == 0
    assert film[["keywords", "companies", "countries", "cast", "directors", "lead_actor"]].isna().all()
    assert film[["release_date", "release_year"]].isna().all()


def test_zeros_are_kept_on_demand_but_for_averages_of_no_votes():
    film = prepared("tmdb-5000", zero_is_missing=False)[0].loc["380097"]
    assert pd.isna(film["vote_average"])
    assert film[["budget", "revenue", "runtime", "vote_count"]].tolist() == [0, 0, 0, 0]


def test_every_lost_row_and_cell_is_recorded_with_its_line():
    films, preparation = prepared("tmdb-5000")
    assert lost(preparation, CREDITS) == {6: "movie_id stands in an earlier row"}
    assert lost(preparation, MOVIES) == {
        4: "id stands in an earlier row",
        7: "id is missing",
        8: CUT_OFF.format(19, 20),
    }
    cells = preparation.rejected.query("dropped == 'cell'")
    assert set(zip(cells["file"], cells["line"], cells["reason"], strict=True)) == {
        (CREDITS, 5, "crew is no list of JSON objects: taken as missing"),
        (MOVIES, 5, "keywords is no list of JSON objects: taken as missing"),
        (MOVIES, 9, "budget is no number: taken as missing"),
        (MOVIES, 9, "release_date is no date: taken as missing"),
    }
    assert pd.isna(films.loc["194", "keyword_count"])
    assert preparation.read == {MOVIES: 7, CREDITS: 5}
    assert len(films) == 7 - 3
    assert f"rows of {CREDITS} about films that are not in the table, not used: 1" in preparation.notes
    assert f"films without a row in {CREDITS}: 1" in preparation.notes


def test_a_copy_without_columns_of_json_and_without_credits_works_and_is_noted(bare):
    films, preparation = prepared("tmdb-5000", bare)
    assert preparation.notes[0] == "Not in movies.csv: genres, production_companies, keywords, production_countries"
    assert films.loc["19995", ["movie_name", "budget"]].tolist() == ["Avatar", 237e6]
    lists = ["genres", "keyword_count", "cast", "directors", "writers", "producers", "companies", "keywords"]
    assert films[lists].isna().all(axis=None)


def test_a_file_without_rows_makes_an_empty_table(bare):
    movies = bare / "movies.csv"
    movies.write_text(movies.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    films, preparation = prepared("tmdb-5000", bare)
    assert films.empty
    assert preparation.read == {"movies.csv": 0}
