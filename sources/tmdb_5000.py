"""The collection `tmdb-5000`: 4,803 films with budget and revenue; genres, cast and crew are JSON in cells."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from greenlight_films.sources.credits import CREW, Objects, cast_names, names
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import as_lists, object_lists
from greenlight_films.sources.raw_files import TMDB_CREDITS, TMDB_MOVIES
from greenlight_films.sources.source import Source
from greenlight_films.sources.tmdb import COLUMNS, PLAIN, QUESTIONS, list_columns, plain_columns, unique_rows

JSON_COLUMNS = {
    "genres": "genres", "companies": "production_companies", "keywords": "keywords",
    "countries": "production_countries",
}  # fmt: skip
"""Lists of a prepared table, and the raw file's columns that they come from; some copies lack these."""

Cells = list[Objects | None]
"""The objects of each film; None where they are unknown."""


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film, with its cast and crew from a file of their own."""
    file = TMDB_MOVIES
    raw = unique_rows(preparation, file, (*PLAIN, *JSON_COLUMNS.values()))
    raw = preparation.titled(file, raw, "title", "original_title")
    films = plain_columns(preparation, file, raw)
    objects = {name: object_lists(preparation, file, raw[column], json.loads) for name, column in JSON_COLUMNS.items()}
    lists = {name: _names(names, cells) for name, cells in objects.items()}
    cast, crew = _credits(preparation, films["movie_id"])
    lists["cast"] = _names(cast_names, cast)
    lists |= {column: _names(choose, crew) for column, choose in CREW.items()}
    counts = [np.nan if keywords is None else len(keywords) for keywords in lists["keywords"]]
    films["keyword_count"] = pd.Series(counts, films.index, dtype="float64")
    columns = list_columns({name: as_lists(cells, films.index) for name, cells in lists.items()})
    return preparation.enough_votes(films.assign(**columns)[COLUMNS], "vote_count")


def _names(choose: Callable[[Objects], list[str]], cells: Cells) -> list[list[str] | None]:
    return [None if objects is None else choose(objects) for objects in cells]


def _credits(preparation: Preparation, films: pd.Series) -> tuple[Cells, Cells]:
    """Return cast and crew of each film; None where they are unknown."""
    file = TMDB_CREDITS
    if file not in preparation.files:
        return [None] * len(films), [None] * len(films)
    rows = unique_rows(preparation, file, file.columns, "movie_id")
    in_table = rows["movie_id"].isin(films).to_numpy()
    preparation.note(preparation.other_films(file), int((~in_table).sum()))
    rows = rows[in_table]
    preparation.note(f"films without a row in {preparation.name_of(file)}", len(films) - len(rows))
    cast, crew = (
        dict(zip(rows["movie_id"], object_lists(preparation, file, rows[column], json.loads), strict=True))
        for column in ("cast", "crew")
    )
    return [cast.get(film) for film in films], [crew.get(film) for film in films]


SOURCE = Source("tmdb-5000", "movie_id", "movie_name", prepare, QUESTIONS)
