"""The collection `the-movies-dataset`: 45,000 TMDB films up to 2017, their credits, keywords and users' ratings."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.features import Category, Labels, Number, Popularity
from greenlight_films.sources.literal_lists import literal_lists
from greenlight_films.sources.preparation import Preparation, repeated
from greenlight_films.sources.raw_cells import as_lists, identified, joined, object_lists, stripped
from greenlight_films.sources.raw_files import CREDITS, KEYWORDS, LINKS, MOVIES_METADATA, RATINGS
from greenlight_films.sources.source import Features, Source, profit_question, rating_question
from greenlight_films.sources.tmdb import PEOPLE, credit_columns, credit_names, names, plain_columns, unique_rows
from greenlight_films.sources.user_ratings import rating_sums

BLOCK = 500  # records of cast and crew that are read at a time: some 2 MB

BEFORE = (Number("budget", log1p=True), Number("runtime"), Number("release_year"))
# Known when a film has been seen; keywords, too, are given by users.
AFTER = tuple(Number(column, log1p=True) for column in ("revenue", "vote_count", "user_rating_count", "keyword_count"))
LABELS: Features = (
    Labels("genres", separator="|", role="genre"),
    Category("original_language", role="language", other=None),
    Popularity("lead_actor", [0, 1, 5, float("inf")], ["one film", "2 to 5 films", "more than 5 films"]),
    *PEOPLE,
)

COLUMNS = (
    "movie_id", "movie_name", "budget", "genres", "original_language", "original_title", "release_date",
    "release_year", "revenue", "runtime", "status", "adult", "vote_average", "vote_count", "lead_actor",
    "keyword_count", "user_avg_rating", "user_rating_count", "cast", "directors", "writers", "producers", "companies",
    "imdb_id",
)  # fmt: skip
"""The columns of the prepared table; those of the rating study come first, in its order."""


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film, with the columns of the rating study's `final_movie_table` and lists of who made it."""
    raw = _whole_films(preparation)
    films = plain_columns(preparation, MOVIES_METADATA, raw)
    films["genres"] = joined(_names(preparation, raw["genres"]))
    films["adult"] = stripped(raw["adult"]).str.lower().map({"true": True, "false": False}).astype("boolean")
    films = films.assign(**_people(preparation, films["movie_id"]))
    films["lead_actor"] = films["cast"].list[0].astype("str")
    films["keyword_count"] = _keyword_counts(preparation, films["movie_id"])
    films["user_avg_rating"], films["user_rating_count"] = _user_ratings(preparation, films["movie_id"])
    films["companies"] = _names(preparation, raw["production_companies"])
    films["imdb_id"] = stripped(raw["imdb_id"])
    return preparation.enough_votes(films[list(COLUMNS)], "vote_count")


def _whole_films(preparation: Preparation) -> pd.DataFrame:
    """Return the raw rows of films; shifted, cut off and repeated ones are rejected."""
    file = MOVIES_METADATA
    rows = identified(preparation, file, preparation.rows(file, (*file.columns, "imdb_id", "popularity")))
    adult = stripped(rows["adult"]).str.lower()
    odd = adult.notna() & ~adult.isin(["true", "false"])
    rows = preparation.without(file, rows, odd, "adult is neither True nor False: shifted or cut off")
    # The rows that were cut off have an original title and no other.
    return preparation.unique(file, preparation.titled(file, rows, "title"), "id")


def _names(preparation: Preparation, cells: pd.Series) -> pd.Series:
    """Return the names of each cell's objects as Arrow lists."""
    lists = object_lists(preparation, MOVIES_METADATA, cells, literal_lists("name"))
    return as_lists([names(objects or []) for objects in lists], cells.index)


def _people(preparation: Preparation, films: pd.Series) -> dict[str, pd.Series]:
    """Return the columns of cast and crew of these films, by name."""
    credits: dict[str, dict[str, list[str]]] = {}
    in_table, seen, n_others = set(films), set[str](), 0
    for block in preparation.blocks(CREDITS, CREDITS.columns, BLOCK) if CREDITS in preparation.files else ():
        rows = identified(preparation, CREDITS, block)
        again = rows["id"].duplicated() | rows["id"].map(seen.__contains__).astype(bool)
        rows = preparation.without(CREDITS, rows, again, repeated("id"))
        seen.update(rows["id"])
        known = rows[rows["id"].map(in_table.__contains__).astype(bool)]
        n_others += len(rows) - len(known)
        cast = object_lists(preparation, CREDITS, known["cast"], literal_lists("name", "order"))
        crew = object_lists(preparation, CREDITS, known["crew"], literal_lists("name", "job", "department"))
        credits |= zip(known["id"], map(credit_names, cast, crew), strict=True)
    preparation.note(preparation.other_films(CREDITS), n_others)
    return credit_columns(credits, films)


def _keyword_counts(preparation: Preparation, films: pd.Series) -> pd.Series:
    """Return how many keywords each film has: 0 for an empty list, missing for a film without a row."""
    if KEYWORDS not in preparation.files:
        return pd.Series(np.nan, index=films.index)
    rows = preparation.in_table(KEYWORDS, unique_rows(preparation, KEYWORDS, KEYWORDS.columns), "id", films)
    lists = object_lists(preparation, KEYWORDS, rows["keywords"], literal_lists("name"))
    return films.map(pd.Series(lists, rows["id"], object).str.len().astype("float64"))


def _user_ratings(preparation: Preparation, films: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the mean and the number of users' ratings of each film, over all movieIds that are linked to it."""
    nothing = pd.Series(np.nan, index=films.index)
    if RATINGS not in preparation.files:
        return nothing, nothing
    if LINKS not in preparation.files:
        preparation.notes.append(f"{RATINGS.name} is not used: {LINKS.name}, which tells its films, is not there")
        return nothing, nothing
    rated = rating_sums(preparation)
    links = unique_rows(preparation, LINKS, LINKS.columns, "movieId")
    unlinked = stripped(links["tmdbId"]).isna()
    preparation.note(f"rows of {LINKS.name} without a tmdbId, not used", int(unlinked.sum()))
    links = identified(preparation, LINKS, links[~unlinked], "tmdbId")
    film_of = preparation.in_table(LINKS, links, "tmdbId", films).set_index("movieId")["tmdbId"]
    linked = rated[rated.index.isin(film_of.index)]
    preparation.note(preparation.other_films(RATINGS), int(rated["count"].sum() - linked["count"].sum()))
    totals = linked.groupby(film_of[linked.index].to_numpy()).sum()
    return films.map(totals["sum"] / totals["count"]), films.map(totals["count"])


QUESTIONS = (
    rating_question("Average vote", "vote_average", (*BEFORE, *AFTER, *LABELS)),
    profit_question("revenue", (*BEFORE, *LABELS)),
)
SOURCE = Source("the-movies-dataset", "movie_id", "movie_name", prepare, QUESTIONS)
