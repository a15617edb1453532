"""What the TMDB collections share: reading ids and names, columns of single values and of lists, and the questions."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import amounts, as_lists, dates, identified, joined, numbers, stripped
from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.source import Features, people, profit_question, rating_question

PLAIN = (
    "id", "title", "original_title", "original_language", "release_date", "status", "budget", "revenue", "runtime",
    "vote_average", "vote_count", "popularity",
)  # fmt: skip
LISTS = ("cast", "directors", "writers", "producers", "companies", "keywords", "countries")
COLUMNS = [
    "movie_id", "movie_name", "budget", "genres", "original_language", "original_title", "release_date",
    "release_year", "revenue", "runtime", "status", "vote_average", "vote_count", "popularity", "lead_actor",
    "keyword_count", *LISTS,
]  # fmt: skip
"""The columns of a prepared table; those of the raw file with a single value per cell are `PLAIN`."""

PEOPLE = people(
    {"cast": "actor", "directors": "director", "writers": "writer", "producers": "producer", "companies": "company"}
)
BEFORE: Features = (
    Number("release_year"),
    Number("runtime"),
    Number("budget", log1p=True),
    Labels("genres", role="genre", separator="|"),
    Category("original_language", role="language"),
    *PEOPLE,
)
"""What is known of a film before it is shown."""

AFTER: Features = (Number("revenue", log1p=True), Number("vote_count", log1p=True))
QUESTIONS = (
    rating_question("Average vote on TMDB", "vote_average", (*BEFORE, *AFTER)),
    profit_question("revenue", BEFORE),
)

WRITING = ("Writer", "Screenplay", "Author", "Story", "Novel")  # jobs, in any department
PRODUCING = ("Producer", "Executive Producer")

Objects = list[dict[str, Any]]


def names(objects: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of objects without repetition."""
    given = (item.get("name") for item in objects)
    # Half of a surrogate pair, as a broken escape leaves it, can't be written to a file.
    texts = (name.encode("utf-8", "replace").decode().strip() for name in given if isinstance(name, str))
    return list(dict.fromkeys(text for text in texts if text))


def credit_names(cast: Objects | None, crew: Objects | None) -> dict[str, list[str]]:
    """Return a film's actors by their `order`, those without one last, and its directors, writers and producers.

    Assistant, co- and art directors are no directors, nor co-, associate and line producers producers.
    """

    def order(actor: dict[str, Any]) -> float:
        return actor["order"] if isinstance(actor.get("order"), int | float) else np.inf

    crew = crew or []
    writing = (person for person in crew if person.get("department") == "Writing" or person.get("job") in WRITING)
    return {
        "cast": names(sorted(cast or [], key=order)),
        "directors": names(person for person in crew if person.get("job") == "Director"),
        "writers": names(writing),
        "producers": names(person for person in crew if person.get("job") in PRODUCING),
    }


def credit_columns(credits: dict[str, dict[str, list[str]]], films: pd.Series) -> dict[str, pd.Series]:
    """Return columns of Arrow lists from the `credit_names` of films by their ids."""
    roles = ("cast", "directors", "writers", "producers")
    return {role: as_lists([credits.get(film, {}).get(role, []) for film in films], films.index) for role in roles}


def unique_rows(preparation: Preparation, file: RawFile, wanted: tuple[str, ...], column: str = "id") -> pd.DataFrame:
    """Read the rows with a whole number in `column` that no row before has."""
    return preparation.unique(file, identified(preparation, file, preparation.rows(file, wanted), column), column)


def plain_columns(preparation: Preparation, file: RawFile, raw: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a prepared table that have a single value per cell."""
    films = pd.DataFrame({"movie_id": raw["id"], "movie_name": raw["title"]})
    films["original_title"] = raw["original_title"]
    films["original_language"] = stripped(raw["original_language"])
    films["release_date"] = dates(preparation, file, raw["release_date"])
    films["release_year"] = pd.to_numeric(films["release_date"].astype("str").str[:4]).astype("float64")
    films["status"] = stripped(raw["status"])
    for column in ("budget", "revenue", "runtime"):
        films[column] = amounts(preparation, file, raw[column], f"{column}s")
    for column in ("vote_average", "vote_count", "popularity"):
        films[column] = numbers(preparation, file, raw[column])
    # An average of 0 means that nobody voted: no vote gives 0 points.
    unrated = ((films["vote_average"] == 0) & ~(films["vote_count"] > 0)).to_numpy()
    preparation.note("ratings of 0 with no votes, taken as missing", int(unrated.sum()))
    films["vote_average"] = films["vote_average"].mask(unrated)
    return films


def list_columns(lists: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Return the columns that are made of Arrow lists: those of `LISTS`, `genres` as `A|B`, and `lead_actor`."""
    leads = lists["cast"].list[0].astype("str")
    return {"genres": joined(lists["genres"]), "lead_actor": leads, **{name: lists[name] for name in LISTS}}
