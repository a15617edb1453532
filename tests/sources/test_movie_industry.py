from pathlib import Path

import pandas as pd

from greenlight_films.sources.movie_industry import MovieIndustry
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files

RAW = Path(__file__).parent / "movie-industry"


def prepared(**options: object) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation(find_files("movie-industry", RAW), **options)  # type: ignore[arg-type]
    return MovieIndustry().prepare(preparation).set_index("name"), preparation


def test_a_row_comes_as_it_stands():
    films, _ = prepared()
    shining = films.loc["The Shining"]
    assert shining["released"] == pd.Timestamp("1980-06-13")
    assert shining["released_in"] == "United States"
    assert (shining["year"], shining["score"], shining["votes"], shining["runtime"]) == (1980, 8.4, 927_000, 146)
    assert (shining["budget"], shining["gross"], shining["certificate"]) == (19e6, 46_998_772, "R")


def test_a_year_alone_is_no_date_and_is_told():
    films, preparation = prepared()
    assert pd.isna(films.loc["Léolo", "released"])
    assert preparation.counts()["movies.csv", "cell", "released is no date: taken as missing"] == 1


def test_a_budget_of_0_is_missing_unless_it_is_wanted():
    films, preparation = prepared()
    assert pd.isna(films.loc["Planes, Trains & Automobiles", "budget"])
    assert preparation.notes == ["budgets of 0, taken as missing: 1"]
    films, preparation = prepared(zero_is_missing=False)
    assert films.loc["Planes, Trains & Automobiles", "budget"] == 0
    assert preparation.notes == []


def test_the_second_of_two_equal_rows_and_a_shifted_one_are_rejected_with_their_lines():
    films, preparation = prepared()
    assert len(films) == 3
    lost = preparation.rejected.query("dropped == 'row'").set_index("line")["reason"].to_dict()
    assert lost == {
        5: "film stands in an earlier row",
        6: "has 14 cells where the header has 15: shifted or cut off",
    }


def test_films_with_few_votes_are_left_out_where_that_is_asked_for():
    films, preparation = prepared(min_votes=500_000)
    assert list(films.index) == ["The Shining"]
    assert "films with fewer than 500,000 votes, left out: 2" in preparation.notes


def test_a_film_is_named_by_what_is_known_of_it(tmp_path):
    header = (RAW / "movies.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = ["None,,,,,,,,,,,,,,", " A ,,,1980,,,,Ann,,,,,,,", "B,,,,,,,Bea,,,,,,,", "  ,,,1980,,,,Ann,,,,,,,"]
    (tmp_path / "movies.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    preparation = Preparation(find_files("movie-industry", tmp_path))
    films = MovieIndustry().prepare(preparation)
    assert films["film"].tolist() == ["None", "A (1980), Ann", "B, Bea"]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [[5, "title is missing"]]


def test_a_table_without_rows_has_its_columns(tmp_path):
    (tmp_path / "movies.csv").write_text((RAW / "movies.csv").read_text(encoding="utf-8").splitlines()[0])
    films = MovieIndustry().prepare(Preparation(find_files("movie-industry", tmp_path)))
    assert films.empty
    assert {"film", "name", "budget"} <= set(films)
