import pandas as pd
import pytest

from tests.sources.conftest import FIXTURES, prepared


@pytest.fixture
def bare(tmp_path):
    """Return a folder with the films, without their credits and the columns of JSON, as copies go round."""
    lists = ["genres", "keywords", "production_companies", "production_countries", "spoken_languages"]
    movies = pd.read_csv(FIXTURES / "tmdb-5000" / "tmdb_5000_movies.csv", dtype=str, nrows=2)
    movies.drop(columns=lists).to_csv(tmp_path / "movies.csv", index=False)
    return tmp_path


def test_zeros_are_kept_on_demand_but_for_averages_of_no_votes():
    film = prepared("tmdb-5000", zero_is_missing=False)[0].loc["380097"]
    assert pd.isna(film["vote_average"])
    assert film[["budget", "revenue", "runtime", "vote_count"]].tolist() == [0, 0, 0, 0]


def test_a_copy_without_columns_of_json_and_without_credits_works_and_is_noted(bare):
    films, preparation = prepared("tmdb-5000", bare)
    assert preparation.notes[0] == "Not in movies.csv: genres, production_companies, keywords, production_countries"
    assert films.loc["19995", ["movie_name", "budget"]].tolist() == ["Avatar", 237e6]
    lists = ["genres", "keyword_count", "cast", "directors", "writers", "producers", "companies", "keywords"]
    assert films[lists].isna().all(axis=None)
