import pandas as pd

from tests.sources.conftest import FIXTURES, prepared


def test_a_copy_without_columns_of_json_and_without_credits_works_and_is_noted(tmp_path):
    lists = ["genres", "keywords", "production_companies", "production_countries", "spoken_languages"]
    movies = pd.read_csv(FIXTURES / "tmdb-5000" / "tmdb_5000_movies.csv", dtype=str, nrows=2)
    movies.drop(columns=lists).to_csv(tmp_path / "movies.csv", index=False)
    films, preparation = prepared("tmdb-5000", tmp_path)
    assert preparation.notes[0] == "Not in movies.csv: genres, production_companies, keywords, production_countries"
    assert films.loc["19995", ["movie_name", "budget"]].tolist() == ["Avatar", 237e6]
    columns = ["genres", "keyword_count", "cast", "directors", "writers", "producers", "companies", "keywords"]
    assert films[columns].isna().all(axis=None)
