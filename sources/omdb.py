"""The collection `omdb`: answers of the OMDb API, each on a line or all in JSON arrays; `N/A` is a missing value."""

from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.sources.json_objects import JsonObject, json_objects
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import amounts, dates, joined, numbers, split_names
from greenlight_films.sources.raw_files import OMDB
from greenlight_films.sources.raw_text import BrokenRow, open_raw
from greenlight_films.sources.source import Features, Source, people, rating_question

LISTS = {
    "directors": "Director", "writers": "Writer", "actors": "Actors", "languages": "Language", "countries": "Country",
    "production": "Production",
}  # fmt: skip
NUMBERS = {"metascore": "Metascore", "imdb_rating": "imdbRating", "imdb_votes": "imdbVotes"}
KEYS = (
    *("imdbID", "Title", "Year", "Type", "Rated", "Released", "Runtime", "Genre"),
    *(*LISTS.values(), *NUMBERS.values(), "BoxOffice"),
)

ROLE = r"(?:\s*\([^)]*\))+\s*(,|$)"  # follows a name: `Jonah Nolan (screenplay), ...`
YEAR = r"((?:18|19|20)\d{2})"


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per film."""
    file = OMDB
    raw = _answers(preparation)
    types = raw["Type"].str.lower().fillna("movie")
    preparation.note_each("titles of type {}, left out", types[types != "movie"].value_counts().to_dict())
    raw = preparation.unique(file, raw[(types == "movie").to_numpy()], "imdbID")
    raw = preparation.titled(file, raw, "Title")
    films = pd.DataFrame({"imdb_id": raw["imdbID"], "title": raw["Title"]})
    films["year"] = pd.to_numeric(raw["Year"].str.extract(YEAR, expand=False)).astype(np.float64)
    preparation.reject_cells(file, raw["Year"], (raw["Year"].notna() & films["year"].isna()).to_numpy(), "is no year")
    films["rated"] = raw["Rated"]
    films["released"] = dates(preparation, file, raw["Released"])
    films["runtime"] = amounts(preparation, file, raw["Runtime"], "runtimes")
    films["genres"] = joined(split_names(raw["Genre"], ", "))
    for column, key in LISTS.items():
        # A role may have commas, and follows the names of the crew alone.
        cells = raw[key].str.replace(ROLE, r"\1", regex=True) if key in ("Director", "Writer") else raw[key]
        films[column] = split_names(cells, ", ")
    for column, key in NUMBERS.items():
        films[column] = numbers(preparation, file, raw[key])
    films["box_office"] = amounts(preparation, file, raw["BoxOffice"], "box offices")
    return preparation.enough_votes(films, "imdb_votes")


def _answers(preparation: Preparation) -> pd.DataFrame:
    """Return the answers about a title as text, by their lines; the others are rejected."""
    path = preparation.files[OMDB]
    preparation.say(f"Reading {path.name}")
    lines: list[int] = []
    cells: list[list[str | None]] = []
    broken: list[BrokenRow] = []
    with open_raw(path) as stream:
        for answer in json_objects(stream):
            if problem := _problem(answer):
                broken.append(BrokenRow(answer.line, problem, answer.text))
            else:
                lines.append(answer.line)
                cells.append([_text(answer.value.get(key)) for key in KEYS])
    preparation.read[preparation.name_of(OMDB)] = len(lines) + len(broken)
    preparation.reject_broken(OMDB, broken)
    return pd.DataFrame(cells, pd.Index(lines, name="line", dtype="int64"), KEYS, dtype="str")


def _problem(answer: JsonObject) -> str:
    if answer.problem:
        return answer.problem
    if str(answer.value.get("Response", True)).lower() == "false":
        return f"OMDb has no answer: {_text(answer.value.get('Error')) or 'no error is named'}"
    return "" if _text(answer.value.get("imdbID")) else "imdbID is missing"


def _text(value: Any) -> str | None:
    """Return a value as a cell; the texts of a list are joined as OMDb does it."""
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    text = "" if value is None else str(value).strip()
    return None if text in ("", "N/A") else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


FEATURES: Features = (
    Number("year"),
    Number("runtime"),
    Number("box_office", log1p=True),
    Number("imdb_votes", log1p=True),
    Labels("genres", role="genre", separator="|"),
    Category("rated", role="certificate"),
    *people({"directors": "director", "writers": "writer", "actors": "actor"}),
)
SOURCE = Source("omdb", "imdb_id", "title", prepare, (rating_question("IMDb rating", "imdb_rating", FEATURES),))
