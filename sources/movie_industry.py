"""The collection `movie-industry`: 7,668 films from 1980 to 2020 with budget and gross, in a single file."""

import pandas as pd

from greenlight_films.datamodules.features import Category, Number
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import amounts, dates, numbers, stripped
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY
from greenlight_films.sources.source import Features, Source, profit_question, rating_question

COUNTRY = r"\s*\(([^)]*)\)\s*$"  # the end of a release date: `June 13, 1980 (United States)`

BEFORE: Features = (
    Number("year"),
    Number("runtime"),
    Number("budget", log1p=True),
    Category("genre", role="genre"),
    Category("certificate", role="certificate"),
    *(
        Category(column, role="actor" if column == "star" else column, other=None)
        for column in ("country", "director", "writer", "star", "company")
    ),
)
"""What is known of a film before it is shown."""


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film, with a single director, writer, star and company."""
    file = MOVIE_INDUSTRY
    raw = preparation.titled(file, preparation.rows(file, file.columns), "name")
    released = stripped(raw["released"])
    films = pd.DataFrame({"name": raw["name"], "certificate": stripped(raw["rating"]), "genre": stripped(raw["genre"])})
    films["year"] = numbers(preparation, file, raw["year"])
    films["released"] = dates(preparation, file, released.str.replace(COUNTRY, "", regex=True))
    films["released_in"] = released.str.extract(COUNTRY, expand=False)
    for column in ("score", "votes"):
        films[column] = numbers(preparation, file, raw[column])
    for column in ("director", "writer", "star", "country", "company"):
        films[column] = stripped(raw[column])
    for column, plural in (("budget", "budgets"), ("gross", "takings"), ("runtime", "runtimes")):
        films[column] = amounts(preparation, file, raw[column], plural)
    # Two films may share a name, hardly ever also year and director.
    year, director = " (" + stripped(raw["year"]) + ")", ", " + films["director"]
    films.insert(0, "film", films["name"] + year.fillna("") + director.fillna(""))
    return preparation.enough_votes(preparation.unique(file, films, "film"), "votes")


AFTER = (Number("gross", log1p=True), Number("votes", log1p=True))
QUESTIONS = (rating_question("IMDb score", "score", (*BEFORE, *AFTER)), profit_question("gross", BEFORE))
SOURCE = Source("movie-industry", "film", "name", prepare, QUESTIONS)
