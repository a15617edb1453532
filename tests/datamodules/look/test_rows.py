import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.look.rows import look_at_rows
from greenlight_films.datamodules.mean_of_rows import MeanOfRows
from greenlight_films.datamodules.shapes import OneRowPerFilm
from tests.messy import N, messy_films

FILMS = messy_films()[["film_id", "title", "rating"]]


def test_rows_that_are_films_stay_as_they_are():
    rows = look_at_rows(FILMS)
    assert (rows.n_rows, rows.n_films, rows.film, rows.title) == (N, N, ("film_id",), "title")
    assert (rows.shape, rows.where, rows.is_grouped, rows.notices) == (None, "", False, ())
    assert rows.identity == {"film_id": "identifies the film"}
    assert rows.kept == list(range(1, N + 1))


def test_people_and_reviews_become_films_by_a_shape():
    people = FILMS.loc[FILMS.index.repeat(2)].assign(name=np.arange(2 * N) % 31, job=["actor", "director"] * N)
    rows = look_at_rows(people.astype({"name": "str"}).reset_index(drop=True))
    assert rows.to_shape() == OneRowPerFilm("film_id", "name", "job")
    assert (rows.n_rows, rows.n_films, rows.is_grouped) == (2 * N, N, False)
    credits = people.rename(columns={"film_id": "tconst", "name": "primaryName", "job": "category"})
    rows = look_at_rows(credits.drop(columns="title").reset_index(drop=True))  # by IMDb's own names
    assert rows.to_shape() == OneRowPerFilm("tconst", "primaryName", "category")
    reviews = FILMS.loc[FILMS.index.repeat(3)].reset_index(drop=True)
    reviews = reviews.assign(reviewer=["a", "b", "c"] * N, rating=np.arange(3 * N) % 10)
    assert look_at_rows(reviews).to_shape() == MeanOfRows("film_id")
    asked = look_at_rows(reviews, ["reviewer", "title"]).to_shape()
    assert asked == MeanOfRows("film_id", leave_out=["reviewer"])  # the title is the film's


def test_what_tells_of_a_person_is_left_out_and_what_is_wrong_in_a_few_rows_is_not():
    people = FILMS.loc[FILMS.index.repeat(3)].reset_index(drop=True)
    people = people.assign(
        nconst=[f"nm{row % 31}" for row in range(3 * N)], category=["actor", "actor", "director"] * N
    )
    people = people.assign(ordering=[1, 2, 3] * N, characters=["Ann", None, None] * N, runtime=people.index // 3 + 80)
    people.loc[4, "runtime"] = 7
    shape = OneRowPerFilm("film_id", "nconst", "category", leave_out=["ordering", "characters"])
    rows = look_at_rows(people)
    assert rows.to_shape() == shape
    assert any("leave_out: [ordering, characters], which tell of the person" in text for text in rows.notices)
    asked = look_at_rows(people, ["runtime", "rating", "characters", "category"], "ordering").to_shape()
    assert asked == OneRowPerFilm("film_id", "nconst", "category", leave_out=["characters", "runtime"])
    films = look(people, "rating", leave_out=["runtime"])
    assert films.left_out["characters"] == "tells of a row, not of its film"
    assert films.left_out["runtime"] == "as asked"
    with pytest.raises(InputError, match="column 'runtime' must say the same of a film in all its rows"):
        look(people, "rating")


def test_series_among_films_are_left_out_by_a_condition():
    kinds = np.where(np.arange(N) < 5, "tvSeries", "movie")
    rows = look_at_rows(FILMS.assign(titleType=kinds))
    assert rows.kept == list(range(6, N + 1))
    assert rows.n_films == N - 5
    assert "titleType" in rows.where


def test_a_film_that_stands_there_twice_is_told():
    rows = look_at_rows(pd.concat([FILMS, FILMS.iloc[[3]]], ignore_index=True))
    assert rows.n_films == N
    assert any("121" in notice for notice in rows.notices)


def test_films_are_counted_as_their_key_tells_them_apart_and_other_spellings_are_told():
    films = [("A Lopez Nights", "2001"), ("Lopez Nights", "2001"), ("Ueda Game", "1999"), ("Ueda Game", "1999")]
    films += [(f"Rossi Story {number}", "2010") for number in range(20)]
    frame = pd.DataFrame(films, columns=["Titel", "Jahr"], dtype="str").assign(rating=np.arange(24) % 7)
    rows = look_at_rows(frame)
    assert rows.film == ("Titel", "Jahr")
    assert rows.n_counted == len(frame[["Titel", "Jahr"]].drop_duplicates()) == 23
    assert rows.n_films == 22
    assert rows.is_grouped
    assert any("each spelling counts as a film of its own" in notice for notice in rows.notices)
    assert not look_at_rows(frame.drop(index=3)).is_grouped
    unknown = look_at_rows(frame.assign(Jahr=frame["Jahr"].where(np.arange(24) < 22)))  # two films without a year
    assert (unknown.n_counted, unknown.n_films) == (23, 22)
    twice = look_at_rows(frame.assign(Jahr=frame["Jahr"].where(np.arange(24) < 2)))
    assert (twice.n_counted, twice.n_films) == (23, 22)
    untitled = look_at_rows(frame.assign(Titel=frame["Titel"].where(np.arange(24) < 22)))  # of one year, yet two films
    assert (untitled.n_counted, untitled.n_films) == (23, 22)
    cast = frame.loc[frame.index.repeat(3)].reset_index(drop=True)
    cast = cast.assign(name=[f"Ann {row % 31}" for row in range(72)], job=["actor", "actor", "director"] * 24)
    people = look_at_rows(cast.drop(columns="rating"))
    assert people.n_counted == 23
    assert any("23 films in" in notice for notice in people.notices)


def test_titles_of_several_films_are_told_where_titles_tell_films_apart():
    films = messy_films().assign(title=["Sabrina", "Salt", *messy_films()["title"][2:-1], "Sabrina"])
    films = films.assign(year=[1954, *range(1900, 1900 + len(films) - 2), 1995])
    assert not any("several films" in notice for notice in look_at_rows(films).notices)
    (notice,) = (text for text in look_at_rows(films.drop(columns="film_id")).notices if "several films" in text)
    assert notice.startswith("1 title of several films, made in other years, in 'title': 'Sabrina'")
