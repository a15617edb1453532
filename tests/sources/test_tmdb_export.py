from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files
from greenlight_films.sources.tmdb import COLUMNS
from greenlight_films.sources.tmdb_export import TmdbExport

RAW = Path(__file__).parent / "tmdb-export"
V11, PIPED = RAW / "TMDB_movie_dataset_v11.csv", RAW / "piped.csv"


def prepared(raw: Path = RAW, **options: object) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation(find_files("tmdb-export", raw), **options)  # type: ignore[arg-type]
    films = TmdbExport().prepare(preparation)
    assert list(films) == [*COLUMNS, "imdb_id", "budget_adj", "revenue_adj"]
    return films.set_index("movie_id"), preparation


def test_a_row_with_lists_at_bars_comes_as_it_stands():
    film = prepared()[0].loc["135397"]
    assert (film["movie_name"], film["imdb_id"], film["lead_actor"]) == ("Jurassic World", "tt0369610", "Chris Pratt")
    assert (film["budget"], film["revenue"], film["budget_adj"]) == (150e6, 1_513_528_810, 137_999_939.3)
    assert film["genres"] == "Action|Adventure|Science Fiction"
    assert list(film["cast"]) == ["Chris Pratt", "Bryce Dallas Howard", "Irrfan Khan"]
    assert (list(film["directors"]), film["keyword_count"]) == (["Colin Trevorrow"], 3)


def test_a_release_year_tells_the_century_of_a_date():
    films, _ = prepared()
    assert films["release_date"].to_dict() == {
        "135397": pd.Timestamp("2015-06-09"),
        "14": pd.Timestamp("1999-09-15"),
        "21": pd.Timestamp("1966-06-15"),
        "42194": pd.Timestamp("2010-03-20"),
        "936": pd.Timestamp("1966-01-01"),
    }
    assert films["release_year"].tolist() == [2015, 1999, 1966, 2010, 1966]


def test_a_century_that_nothing_tells_is_told_of():
    films, preparation = prepared(PIPED)
    assert films.loc["11", "release_date"] == pd.Timestamp("1977-05-25")
    assert "dates with a year of two digits and no release_year, taken as 1969 to 2068: 1" in preparation.notes


def test_a_name_with_a_comma_is_not_torn_at_bars_also_where_it_stands_alone():
    companies = prepared()[0]["companies"]
    assert list(companies["42194"]) == ["Namco", "Metro-Goldwyn-Mayer, Inc."]
    assert list(companies["936"]) == ["Metro-Goldwyn-Mayer, Inc."]


def test_columns_that_a_form_lacks_are_missing_and_named():
    films, preparation = prepared()
    assert films[["original_language", "status", "writers", "producers", "countries"]].isna().all(axis=None)
    lacking = "title, original_language, status, writers, producers, production_countries"
    assert preparation.notes[0] == f"Not in tmdb-movies.csv: {lacking}"


def test_the_second_of_two_rows_and_a_shifted_one_are_rejected_with_their_lines():
    films, preparation = prepared()
    assert preparation.rejected.set_index("line")["reason"].to_dict() == {
        6: "id stands in an earlier row",
        8: "id is no whole number: shifted or cut off",
    }
    assert preparation.read["tmdb-movies.csv"] == 7 == len(films) + 2


def test_money_of_0_is_missing_unless_it_is_wanted():
    money = ["budget", "revenue", "budget_adj", "revenue_adj"]
    assert prepared()[0].loc["21", money].isna().all()
    assert prepared(zero_is_missing=False)[0].loc["21", money].tolist() == [0, 0, 0, 0]


def test_lists_at_commas_are_told_by_their_cells_in_a_file_without_cast():
    films, _ = prepared(V11)
    inception, away, untitled = (films.loc[film] for film in ("27205", "129", "1234567"))
    assert inception["genres"] == "Action|Science Fiction|Adventure"
    assert list(inception["companies"]) == ["Legendary Pictures", "Syncopy", "Warner Bros. Pictures"]
    assert list(inception["countries"]) == ["United Kingdom", "United States of America"]
    assert (away["movie_name"], away["original_title"]) == ("Spirited Away", "千と千尋の神隠し")
    assert list(away["companies"]) == ["Studio Ghibli", "Orion, Inc.", "Nibariki"]
    assert (away["release_date"], away["release_year"]) == (pd.Timestamp("2001-07-20"), 2001)
    assert untitled[["vote_average", "genres", "companies", "keyword_count", "imdb_id"]].isna().all()
    assert films[["cast", "directors", "lead_actor"]].isna().all(axis=None)


@pytest.mark.parametrize("delimiter", ["|", "\t", ";"])
def test_columns_may_be_delimited_by_bars_tabs_and_semicolons(delimiter, tmp_path):
    table = pd.read_csv(PIPED, sep="|", dtype=str)
    table.to_csv(tmp_path / "movies.csv", sep=delimiter, index=False)
    films, _ = prepared(tmp_path)
    assert list(films.loc["11", "cast"]) == ["Mark Hamill", "Harrison Ford", "Carrie Fisher"]
    assert list(films.loc["11", "producers"]) == ["Gary Kurtz", "Rick McCallum"]
    assert list(films.loc["12", "cast"]) == ["Albert Brooks", "Sammy Davis, Jr.", "Ellen DeGeneres"]
    assert list(films.loc["12", "companies"]) == ["Metro-Goldwyn-Mayer, Inc.", "Pixar"]
    assert list(films.loc["12", "directors"]) == [*films.loc["12", "writers"], "Lee Unkrich"]


def test_a_stray_bar_among_thousands_of_commas_does_not_separate(tmp_path):
    table = pd.read_csv(PIPED, sep="|", dtype=str).iloc[[0] * 1500].assign(id=range(1500))
    table.iloc[7, list(table).index("cast")] = "A|B Players"
    table.to_csv(tmp_path / "movies.csv", sep=";", index=False)
    films, _ = prepared(tmp_path)
    assert list(films.loc["7", "cast"]) == ["A|B Players"]
    assert list(films.loc["8", "cast"]) == ["Mark Hamill", "Harrison Ford", "Carrie Fisher"]
