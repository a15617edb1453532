import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from bokeh_sampledata.movies_data import movie_path

from greenlight_films.datamodules.tables.wikidata_films import LISTS, SUFFIX


@pytest.fixture(scope="module")
def raw():
    with closing(sqlite3.connect(movie_path)) as connection:
        omdb = pd.read_sql_query("SELECT * FROM omdb", connection)
        tomatoes = pd.read_sql_query("SELECT * FROM tomatoes", connection)
    return omdb.merge(tomatoes, on="ID", how="left", suffixes=("_omdb", "")).sort_values("ID", ignore_index=True)


def test_each_film_is_one_row_ordered_by_its_id(wikidata, raw):
    assert len(wikidata) == 17_472
    assert wikidata["ID"].is_monotonic_increasing
    assert wikidata["ID"].is_unique
    assert wikidata["ID"].tolist() == raw["ID"].tolist()


@pytest.mark.parametrize(("column", "known"), [("Rating", 17_130), ("BoxOffice", 2_760)])
def test_critics_and_box_office_are_those_of_the_database(wikidata, raw, column, known):
    assert wikidata[column].notna().sum() == known
    pd.testing.assert_series_equal(wikidata[column], raw[column].astype("float64"))


def test_ratings_lie_between_0_and_10_and_certificates_are_none(wikidata):
    assert wikidata["Rating"].nunique() > 50
    assert wikidata["Rating"].dropna().between(0, 10).all()
    assert {"PG", "R"} <= set(wikidata["Certificate"].dropna())


def test_empty_text_is_missing_and_stays_nowhere(wikidata, raw):
    assert (raw["Cast"] == "").any()
    assert wikidata["Cast"].isna().sum() == raw["Cast"].isin(["", None]).sum()
    assert not any((wikidata[column] == "").any() for column in wikidata.select_dtypes("str"))


@pytest.mark.parametrize("column", LISTS)
def test_no_suffix_stands_as_a_name_of_its_own(wikidata, raw, column):
    suffixes = {"Jr.", "Jr", "Sr.", "II", "III", "IV", "Esq.", "M.D.", "Ph.D.", "Inc.", "Inc", "Ltd.", "Ltd", "LLC"}
    before = set(raw[column].dropna().str.split(", ").explode())
    after = set(wikidata[column].dropna().str.split(", ").explode())
    if column != "Director":
        assert before & suffixes
    assert not after & suffixes
    assert len(after) > 1000


def test_a_suffix_returns_to_the_name_before_it_and_a_title_is_left_alone(wikidata, raw):
    names = set(wikidata["Cast"].dropna().str.split(", ").explode())
    assert "Robert Downey Jr." in names
    assert "Robert Downey" not in names
    assert raw["Title"].str.contains(", ", regex=False).any()
    assert wikidata["Title"].tolist() == raw["Title"].tolist()


@pytest.mark.parametrize(
    ("cell", "joined"),
    [
        ("Robert Downey, Jr., Tom Hanks", "Robert Downey Jr., Tom Hanks"),
        ("Tom Hanks, Sammy Davis, Jr.", "Tom Hanks, Sammy Davis Jr."),
        ("A, M.D., Ph.D., B", "A M.D. Ph.D., B"),
        ("Pixar, Inc., Toho", "Pixar Inc., Toho"),
        ("Tom Hanks, Jr. Smith", "Tom Hanks, Jr. Smith"),
        ("Henry, IVy", "Henry, IVy"),
        ("Jr., Tom Hanks", "Jr., Tom Hanks"),
    ],
)
def test_only_a_whole_suffix_after_a_name_is_joined(cell, joined):
    assert pd.Series([cell], dtype="str").str.replace(SUFFIX, r" \1", regex=True).tolist() == [joined]
