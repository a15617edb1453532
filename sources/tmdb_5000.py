"""The collection `tmdb-5000`: 4,803 films with budget and revenue; genres, cast and crew are JSON in cells."""

import json

import pandas as pd

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import as_lists, object_lists
from greenlight_films.sources.raw_files import TMDB_CREDITS, TMDB_MOVIES
from greenlight_films.sources.source import Source
from greenlight_films.sources.tmdb import (
    COLUMNS,
    PLAIN,
    QUESTIONS,
    credit_columns,
    credit_names,
    list_columns,
    names,
    plain_columns,
    unique_rows,
)

JSON_COLUMNS = {
    "genres": "genres", "companies": "production_companies", "keywords": "keywords",
    "countries": "production_countries",
}  # fmt: skip
"""Lists of a prepared table, and the raw file's columns that they come from; some copies lack these."""


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film, with its cast and crew from a file of their own."""
    file = TMDB_MOVIES
    raw = unique_rows(preparation, file, (*PLAIN, *JSON_COLUMNS.values()))
    raw = preparation.titled(file, raw, "title", "original_title")
    films = plain_columns(preparation, file, raw)
    objects = {name: object_lists(preparation, file, raw[column], json.loads) for name, column in JSON_COLUMNS.items()}
    films["keyword_count"] = pd.Series(objects["keywords"], films.index, object).str.len().astype("float64")
    lists = {name: as_lists([names(cell or []) for cell in cells], films.index) for name, cells in objects.items()}
    columns = list_columns(lists | _credits(preparation, films["movie_id"]))
    return preparation.enough_votes(films.assign(**columns)[COLUMNS], "vote_count")


def _credits(preparation: Preparation, films: pd.Series) -> dict[str, pd.Series]:
    """Return the columns of cast and crew, which are missing where they are unknown."""
    file, credits = TMDB_CREDITS, {}
    if file in preparation.files:
        rows = preparation.in_table(file, unique_rows(preparation, file, file.columns, "movie_id"), "movie_id", films)
        preparation.note(f"films without a row in {preparation.name_of(file)}", len(films) - len(rows))
        cast, crew = (object_lists(preparation, file, rows[column], json.loads) for column in ("cast", "crew"))
        credits = dict(zip(rows["movie_id"], map(credit_names, cast, crew), strict=True))
    return credit_columns(credits, films)


SOURCE = Source("tmdb-5000", "movie_id", "movie_name", prepare, QUESTIONS)
