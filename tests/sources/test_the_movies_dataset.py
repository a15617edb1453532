import shutil
from pathlib import Path

import numpy as np
import pytest

from greenlight_films.sources.the_movies_dataset import COLUMNS
from tests.sources.conftest import FIXTURES, prepared

SLICE = Path(__file__).parents[3] / "shared" / "data" / "the_movies_dataset"
needs_slice = pytest.mark.skipif(not SLICE.is_dir(), reason=f"needs a slice of the real files in {SLICE}")


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(FIXTURES / "the-movies-dataset", tmp_path / "raw"))


@pytest.fixture(scope="module")
def real():
    return prepared("the-movies-dataset", SLICE)


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
    assert films[["movie_name", "runtime"]].head(2).to_numpy().tolist() == [["Toy Story", 81], ["Jumanji", 104]]
    logs = np.log1p(films[["budget", "revenue", "vote_count", "keyword_count"]].head(2).astype(float)).round(6)
    assert logs.to_numpy().tolist() == [
        [17.216708, 19.738573, 8.597113, 2.302585],
        [17.989898, 19.386893, 7.789040, 1.945910],
    ]
    assert films["lead_actor"].iloc[0] == "Tom Hanks"


@needs_slice
def test_every_real_row_is_a_film_or_rejected_and_those_without_credits_keywords_or_ratings_have_none(real):
    films, preparation = real
    rejected = preparation.rejected.query("file == 'movies_metadata.csv' and dropped == 'row'")
    assert preparation.read["movies_metadata.csv"] == 1652 == len(films) + len(rejected)
    assert rejected["reason"].tolist() == ["id stands in an earlier row"]
    assert films["cast"].notna().sum() == films["lead_actor"].notna().sum() == 35
    assert films["keyword_count"].notna().sum() == 57
    assert films["user_rating_count"].sum() == films["user_rating_count"].notna().sum() == 5
    assert "rows of ratings.csv about films that are not in the table, not used: 8" in preparation.notes
    assert not (films[["budget", "revenue", "runtime"]] == 0).any(axis=None)
