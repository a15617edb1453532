"""The collection `movie-industry`: 7,668 films from 1980 to 2020 with budget and gross, one flat file."""

from typing import ClassVar

import pandas as pd

from greenlight_films.datamodules.features import Category, Number
from greenlight_films.datamodules.targets import ProfitRatio, Target
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import COUNTRY, dates, known, numbers, zero_is_missing
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY
from greenlight_films.sources.source import Source, Study

KNOWN_BEFORE = (
    Number("year"),
    Number("runtime"),
    Number("budget", log1p=True),
    Category("genre", role="genre"),
    Category("certificate", role="certificate"),
    Category("country", role="country", min_films=2, other=None),
    Category("director", role="director", min_films=2, other=None),
    Category("writer", role="writer", min_films=2, other=None),
    Category("star", role="actor", min_films=2, other=None),
    Category("company", role="company", min_films=2, other=None),
)
"""What is known of a film before it is shown."""


class MovieIndustry(Source):
    """A row a film: one director, writer, star and company each."""

    name = "movie-industry"
    film = "film"
    title = "name"
    studies: ClassVar[tuple[Study, ...]] = (
        Study(
            "",
            "What makes a film well rated? IMDb score",
            Target("score", unit="points of 10"),
            (*KNOWN_BEFORE, Number("gross", log1p=True), Number("votes", log1p=True)),
        ),
        Study(
            "profit",
            "What carries a film's profit? Profit ratio, (gross - budget) / budget",
            ProfitRatio("budget", "gross", "log1p"),
            KNOWN_BEFORE,
        ),
    )

    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        file = MOVIE_INDUSTRY
        raw = preparation.titled(file, preparation.rows(file, file.columns), "name")
        films = pd.DataFrame(index=raw.index)
        released = known(raw["released"])
        films["name"] = raw["name"]
        films["certificate"] = known(raw["rating"])
        films["genre"] = known(raw["genre"])
        films["year"] = numbers(preparation, file, raw["year"])
        films["released"] = dates(preparation, file, released.str.replace(COUNTRY, "", regex=True).rename("released"))
        films["released_in"] = released.str.extract(COUNTRY, expand=False)
        for column in ("score", "votes"):
            films[column] = numbers(preparation, file, raw[column])
        for column in ("director", "writer", "star", "country", "company"):
            films[column] = known(raw[column])
        for column, plural in (("budget", "budgets"), ("gross", "takings"), ("runtime", "runtimes")):
            films[column] = zero_is_missing(preparation, numbers(preparation, file, raw[column]), plural)
        # Two films may share a name, hardly ever also year and director.
        year, director = " (" + known(raw["year"]) + ")", ", " + films["director"]
        films.insert(0, "film", films["name"] + year.fillna("") + director.fillna(""))
        return preparation.enough_votes(preparation.unique(file, films, "film"), "votes")
