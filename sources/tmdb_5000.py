"""The collection `tmdb-5000`: 4,803 films with budget and revenue; genres, cast and crew are JSON in cells."""

import json

import pandas as pd

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import as_lists, object_lists
from greenlight_films.sources.raw_files import TMDB_CREDITS, TMDB_MOVIES
from greenlight_films.sources.source import Source
from greenlight_films.sources.tmdb import (
    COLUMNS,
    CREW,
    PLAIN,
    QUESTIONS,
    Objects,
    cast_names,
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
    cast, crew = _credits(preparation, films["movie_id"])
    choices = [(name, cells, names) for name, cells in objects.items()]
    choices += [("cast", cast, cast_names), *((column, crew, choose) for column, choose in CREW.items())]
    lists = {name: as_lists([choose(cell or []) for cell in cells], films.index) for name, cells, choose in choices}
    return preparation.enough_votes(films.assign(**list_columns(lists))[COLUMNS], "vote_count")


def _credits(preparation: Preparation, films: pd.Series) -> list[list[Objects | None]]:
    """Return cast and crew of each film; None where they are unknown."""
    file = TMDB_CREDITS
    if file not in preparation.files:
        return [[None] * len(films)] * 2
    rows = unique_rows(preparation, file, file.columns, "movie_id")
    rows = preparation.in_table(file, rows, "movie_id", films)
    preparation.note(f"films without a row in {preparation.name_of(file)}", len(films) - len(rows))
    columns = [object_lists(preparation, file, rows[column], json.loads) for column in ("cast", "crew")]
    by_film = [dict(zip(rows["movie_id"], column, strict=True)) for column in columns]
    return [[objects.get(film) for film in films] for objects in by_film]


SOURCE = Source("tmdb-5000", "movie_id", "movie_name", prepare, QUESTIONS)
