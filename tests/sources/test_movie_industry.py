import pandas as pd

from tests.sources.conftest import CUT_OFF, FIXTURES, lost, prepared

FILE = FIXTURES / "movie-industry" / "movies.csv"
HEADER = FILE.read_text(encoding="utf-8").splitlines()[0]


def test_a_row_comes_as_it_stands():
    shining = prepared("movie-industry")[0].set_index("name").loc["The Shining"]
    assert (shining["released"], shining["released_in"]) == (pd.Timestamp("1980-06-13"), "United States")
    assert (shining["year"], shining["score"], shining["votes"], shining["runtime"]) == (1980, 8.4, 927_000, 146)
    assert (shining["budget"], shining["gross"], shining["certificate"]) == (19e6, 46_998_772, "R")


def test_a_year_alone_is_no_date_and_a_budget_of_0_is_missing_unless_it_is_wanted():
    films, preparation = prepared("movie-industry")
    films = films.set_index("name")
    assert pd.isna(films.loc["Léolo", "released"])
    assert pd.isna(films.loc["Planes, Trains & Automobiles", "budget"])
    assert "released is no date: taken as missing" in lost(preparation, "movies.csv", "cell").values()
    assert preparation.notes == ["budgets of 0, taken as missing: 1"]
    films, preparation = prepared("movie-industry", zero_is_missing=False)
    assert films.set_index("name").loc["Planes, Trains & Automobiles", "budget"] == 0
    assert preparation.notes == []


def test_the_second_of_two_equal_rows_and_a_shifted_row_are_rejected_with_their_lines():
    films, preparation = prepared("movie-industry")
    assert len(films) == 3
    assert lost(preparation, "movies.csv") == {5: "film stands in an earlier row", 6: CUT_OFF.format(14, 15)}


def test_a_film_is_named_by_what_is_known_of_it(tmp_path):
    rows = ["None,,,,,,,,,,,,,,", " A ,,,1980,,,,Ann,,,,,,,", "B,,,,,,,Bea,,,,,,,", "  ,,,1980,,,,Ann,,,,,,,"]
    (tmp_path / "movies.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    films, preparation = prepared("movie-industry", tmp_path)
    assert films["film"].tolist() == ["None", "A (1980), Ann", "B, Bea"]
    assert lost(preparation, "movies.csv") == {5: "title is missing"}


def test_a_table_without_rows_has_its_columns(tmp_path):
    (tmp_path / "movies.csv").write_text(HEADER)
    films, _ = prepared("movie-industry", tmp_path)
    assert films.empty
    assert {"film", "name", "budget"} <= set(films)
