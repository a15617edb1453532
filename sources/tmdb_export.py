"""The collection `tmdb-export`: films of The Movie Database with lists as plain text in cells, in several forms."""

import numpy as np
import pandas as pd

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import amounts, numbers, split_names, stripped
from greenlight_films.sources.raw_files import TMDB_EXPORT
from greenlight_films.sources.source import Source
from greenlight_films.sources.tmdb import COLUMNS, PLAIN, QUESTIONS, list_columns, plain_columns, unique_rows

TEXT_LISTS = {
    "genres": "genres", "cast": "cast", "directors": "director", "writers": "writers", "producers": "producers",
    "companies": "production_companies", "keywords": "keywords", "countries": "production_countries",
}  # fmt: skip
"""Lists of a prepared table, and the raw file's columns that they come from; no form has all."""

ADJUSTED = {"budget_adj": "adjusted budgets", "revenue_adj": "adjusted revenues"}  # in dollars of 2010
SHORT_YEAR = r"^\s*(\d{1,2}/\d{1,2}/)(\d{2})\s*$"


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film; which columns have values depends on the file's form."""
    file = TMDB_EXPORT
    raw = unique_rows(preparation, file, (*PLAIN, "imdb_id", "release_year", *ADJUSTED, *TEXT_LISTS.values()))
    raw = preparation.titled(file, raw, "title", "original_title")
    years = numbers(preparation, file, raw["release_year"])
    raw["release_date"] = _with_century(preparation, raw["release_date"], years)
    films = plain_columns(preparation, file, raw)
    films["release_year"] = years.fillna(films["release_year"])
    films = films.assign(**list_columns({name: _split(raw[column]) for name, column in TEXT_LISTS.items()}))
    films["keyword_count"] = films["keywords"].list.len().astype("float64")
    films = films[COLUMNS].assign(imdb_id=stripped(raw["imdb_id"]))
    for column, plural in ADJUSTED.items():
        films[column] = amounts(preparation, file, raw[column], plural)
    return preparation.enough_votes(films, "vote_count")


def _with_century(preparation: Preparation, dates: pd.Series, years: pd.Series) -> pd.Series:
    """Return dates with years of four digits: `1/1/66` is `1/1/1966` where that is nearest to the release year."""
    parts = dates.str.extract(SHORT_YEAR)
    short = pd.to_numeric(parts[1]).astype(np.float64)
    preparation.note(
        "dates with a year of two digits and no release_year",
        int((short.notna() & years.isna()).sum()),
    )
    full = short + 100 * ((years - short) / 100).round()
    return dates.where(full.isna(), parts[0] + full.astype("Int64").astype("str"))


def _split(cells: pd.Series) -> pd.Series:
    """Return the names of each cell as a list, split at `|` where the column has it, and at ", " otherwise."""
    bars, commas = (int(cells.str.contains(separator, regex=False).sum()) for separator in ("|", ", "))
    # A stray bar among a million cells makes no separator.
    return split_names(cells, "|" if 1000 * bars > commas else ", ")


SOURCE = Source("tmdb-export", "movie_id", "movie_name", prepare, QUESTIONS)
