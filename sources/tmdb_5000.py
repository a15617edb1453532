"""The collection `tmdb-5000`: 4,803 films with budget and revenue; genres, cast and crew are JSON in cells."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pandas as pd

from greenlight_films.sources.credits import CREW, Objects, cast_names, names
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import JSON, as_lists, literals
from greenlight_films.sources.raw_files import TMDB_CREDITS, TMDB_MOVIES
from greenlight_films.sources.source import Source, Study
from greenlight_films.sources.tmdb import COLUMNS, PLAIN, STUDIES, list_columns, plain_columns, read_films

JSON_COLUMNS = {
    "genres": "genres",
    "companies": "production_companies",
    "keywords": "keywords",
    "countries": "production_countries",
}
"""Lists of a prepared table, and the raw file's columns that they come from; copies without these go round."""


Cells = list[Objects | None]
"""The objects of each film; None where they are not known."""


class Tmdb5000(Source):
    """A row a film, and one with its cast and crew in a file of its own."""

    name = "tmdb-5000"
    film = "movie_id"
    title = "movie_name"
    studies: ClassVar[tuple[Study, ...]] = STUDIES

    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        file = TMDB_MOVIES
        raw = read_films(preparation, file, (*PLAIN, *JSON_COLUMNS.values()))
        raw = preparation.titled(file, raw, "title", "original_title")
        films = plain_columns(preparation, file, raw)
        objects = {name: literals(preparation, file, raw[column], JSON) for name, column in JSON_COLUMNS.items()}
        lists = {name: _each(names, cells) for name, cells in objects.items()}
        cast, crew = _credits(preparation, films["movie_id"])
        lists["cast"] = _each(cast_names, cast)
        lists |= {name: _each(names_of, crew) for name, names_of in CREW.items()}
        counts = [np.nan if keywords is None else len(keywords) for keywords in lists["keywords"]]
        films["keyword_count"] = pd.Series(counts, films.index, dtype="float64")
        columns = list_columns({name: as_lists(cells, films.index) for name, cells in lists.items()})
        films = films.assign(**columns)[COLUMNS]
        return preparation.enough_votes(films, "vote_count")


def _each(names_of: Callable[[Objects], list[str]], cells: Cells) -> list[list[str] | None]:
    return [None if objects is None else names_of(objects) for objects in cells]


def _credits(preparation: Preparation, films: pd.Series) -> tuple[Cells, Cells]:
    """Return cast and crew of each film; None where they are not known."""
    file = TMDB_CREDITS
    if file not in preparation.files:
        return [None] * len(films), [None] * len(films)
    name = preparation.name_of(file)
    rows = read_films(preparation, file, file.columns, "movie_id")
    strangers = ~rows["movie_id"].isin(films).to_numpy()
    preparation.note_strangers(file, int(strangers.sum()))
    rows = rows[~strangers]
    preparation.note(f"films without a row in {name}", len(films) - len(rows))
    place = dict(zip(rows["movie_id"], range(len(rows)), strict=True))
    cast, crew = (literals(preparation, file, rows[column], JSON) for column in ("cast", "crew"))
    places = [place.get(film) for film in films]
    return [None if at is None else cast[at] for at in places], [None if at is None else crew[at] for at in places]
