import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlight_films.sources.the_movies_dataset import COLUMNS
from tests.sources.conftest import CUT_OFF, FIXTURES, lost, prepared

SLICE = Path(__file__).parents[3] / "shared" / "data" / "the_movies_dataset"
needs_slice = pytest.mark.skipif(not SLICE.is_dir(), reason=f"needs a slice of the real files in {SLICE}")


@pytest.fixture(scope="module")
def films():
    return prepared("the-movies-dataset")[0]


@pytest.fixture(scope="module")
def account():
    return prepared("the-movies-dataset")[1]


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(FIXTURES / "the-movies-dataset", tmp_path / "raw"))


@pytest.fixture(scope="module")
def real():
    return prepared("the-movies-dataset", SLICE)


def test_a_film_comes_with_the_columns_of_the_rating_study_in_its_order(films):
    assert tuple(films.columns) == COLUMNS
    story = films.loc["862"]
    assert story[["movie_name", "genres", "status"]].tolist() == ["Toy Story", "Animation|Comedy|Family", "Released"]
    assert (story["budget"], story["revenue"], story["runtime"]) == (30e6, 373_554_033, 81)
    assert (story["release_date"], story["release_year"]) == (pd.Timestamp("1995-10-30"), 1995)
    assert (story["vote_average"], story["vote_count"], story["imdb_id"]) == (7.7, 5415, "tt0114709")
    assert films["release_date"].dtype == "datetime64[s]"


def test_ids_with_a_decimal_point_dates_with_the_month_first_and_capital_booleans_are_understood(films):
    film = films.loc["4711"]
    assert film["release_date"] == pd.Timestamp("1995-12-15")
    assert not film["adult"]
    assert (film["keyword_count"], list(film["directors"])) == (0, ["Agnès V."])


def test_what_is_not_known_is_missing(films, account):
    nil = films.loc["99"]
    known = {"movie_id", "movie_name", "original_title", "adult", "revenue", "imdb_id"}
    assert set(films.columns[nil.notna().to_numpy()]) == known
    assert films.loc["4711", ["budget", "revenue", "runtime", "vote_average", "cast", "lead_actor"]].isna().all()
    assert films.loc["4711", "vote_count"] == 0
    assert "ratings of 0 with no votes, taken as missing: 2" in account.notes
    bad = account.rejected.query("file == 'movies_metadata.csv' and dropped == 'cell'")
    assert bad["line"].tolist() == [5, 5]
    assert sorted(bad["reason"]) == [
        "production_companies is no list of Python objects: taken as missing",
        "release_date is no date: taken as missing",
    ]


def test_zeros_stay_on_demand_but_for_averages_of_no_votes():
    film = prepared("the-movies-dataset", zero_is_missing=False)[0].loc["4711"]
    assert (film["budget"], film["revenue"], film["runtime"]) == (0, 0, 0)
    assert pd.isna(film["vote_average"])


def test_actors_come_by_their_order_and_every_name_comes_once(films):
    story = films.loc["862"]
    assert list(story["cast"]) == ["Tom Hanks", "Tim Allen", "Conan O'Brien", 'José "Pepe" O\'Hara']
    assert story["lead_actor"] == "Tom Hanks"
    assert list(films.loc["4711", "companies"]) == ["Rosemary's Films", "Gaumont"]


def test_directors_writers_and_producers_are_chosen_by_department_and_job(films):
    story = films.loc["862"]
    assert list(story["directors"]) == ["John Lasseter"]
    assert list(story["writers"]) == ["Joss Whedon", "John Lasseter", "A Novelist"]
    assert list(story["producers"]) == ["Bonnie Arnold", "Ed Catmull"]


def test_ratings_are_summed_over_all_movie_ids_of_a_film(films, account):
    assert films.loc["862", "user_rating_count"] == 3
    assert films.loc["862", "user_avg_rating"] == (4 + 0.5 + 5) / 3
    assert films.loc["4711", ["user_avg_rating", "user_rating_count"]].tolist() == [3.5, 1]
    # A movieId without a film, and a film that is not there.
    assert "rows of ratings.csv about films that are not in the table, not used: 2" in account.notes


def test_shifted_cut_off_and_repeated_films_are_rejected_with_their_lines(films, account):
    assert lost(account, "movies_metadata.csv") == {
        6: "id stands in an earlier row",
        7: CUT_OFF.format(10, 24),
        8: CUT_OFF.format(15, 24),
        9: "title is missing",
        10: "id is no whole number: shifted or cut off",
        11: "adult is neither True nor False: shifted or cut off",
    }
    assert account.read["movies_metadata.csv"] == 9 == len(films) + 6


def test_bad_rows_of_the_other_files_are_rejected_with_their_lines(account):
    assert lost(account, "credits.csv") == {
        4: "id stands in an earlier row",
        7: "id is no whole number: shifted or cut off",
    }
    assert lost(account, "credits.csv", "cell") == {5: "cast is no list of Python objects: taken as missing"}
    assert lost(account, "keywords.csv") == {4: "id stands in an earlier row", 6: "id is missing"}
    assert lost(account, "links.csv") == {7: "movieId stands in an earlier row"}
    assert lost(account, "ratings.csv") == {
        5: "rating is not between 0.5 and 5",
        6: "rating is not between 0.5 and 5",
        8: "rating is no number",
        9: CUT_OFF.format(2, 4),
        10: "rating is missing",
        11: "movieId is no whole number",
        14: "movieId is missing",
    }
    assert account.read["ratings.csv"] == 13


def test_the_films_alone_are_enough(copy):
    for name in ("credits.csv", "keywords.csv", "links.csv", "ratings.csv"):
        (copy / name).unlink()
    films, _ = prepared("the-movies-dataset", copy)
    from_elsewhere = ["cast", "lead_actor", "directors", "keyword_count", "user_avg_rating", "user_rating_count"]
    assert films[from_elsewhere].isna().all(axis=None)
    assert tuple(films.columns) == COLUMNS


def test_ratings_without_links_are_not_used_and_that_is_noted(copy):
    (copy / "links.csv").unlink()
    films, preparation = prepared("the-movies-dataset", copy)
    assert films["user_rating_count"].isna().all()
    assert "ratings.csv is not used: links.csv, which tells its films, is not there" in preparation.notes


@needs_slice
def test_the_first_real_films_are_those_of_the_rating_study(real):
    films, _ = real
    logs = ["budget", "revenue", "vote_count", "keyword_count"]
    for row, name, expected, runtime in (
        (0, "Toy Story", [17.216708, 19.738573, 8.597113, 2.302585], 81),
        (1, "Jumanji", [17.989898, 19.386893, 7.789040, 1.945910], 104),
    ):
        film = films.iloc[row]
        assert film["movie_name"] == name
        assert np.log1p(film[logs].astype(float)).round(6).tolist() == expected
        assert film["runtime"] == runtime
    assert films["lead_actor"].iloc[0] == "Tom Hanks"


@needs_slice
def test_every_real_row_is_a_film_or_rejected(real):
    films, preparation = real
    rejected = preparation.rejected.query("file == 'movies_metadata.csv' and dropped == 'row'")
    assert preparation.read["movies_metadata.csv"] == 1652 == len(films) + len(rejected)
    assert rejected["reason"].tolist() == ["id stands in an earlier row"]


@needs_slice
def test_real_films_without_credits_keywords_or_ratings_have_none(real):
    films, preparation = real
    assert films["cast"].notna().sum() == films["lead_actor"].notna().sum() == 35
    assert films["keyword_count"].notna().sum() == 57
    assert films["user_rating_count"].sum() == films["user_rating_count"].notna().sum() == 5
    assert "rows of ratings.csv about films that are not in the table, not used: 8" in preparation.notes
    assert not (films[["budget", "revenue", "runtime"]] == 0).any(axis=None)
