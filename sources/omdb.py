"""The collection `omdb`: answers of the OMDb API, one a line or in one JSON array."""

from typing import Any, ClassVar

import pandas as pd

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.sources.json_objects import JsonObject, json_objects
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import dates, joined, numbers, split_names, year_of, zero_is_missing
from greenlight_films.sources.raw_files import OMDB
from greenlight_films.sources.raw_text import reading
from greenlight_films.sources.source import Source, Study

LISTS = {
    "directors": "Director",
    "writers": "Writer",
    "actors": "Actors",
    "languages": "Language",
    "countries": "Country",
    "production": "Production",
}
NUMBERS = {"metascore": "Metascore", "imdb_rating": "imdbRating", "imdb_votes": "imdbVotes", "box_office": "BoxOffice"}
KEYS = (
    *("imdbID", "Title", "Year", "Type", "Rated", "Released", "Runtime", "Genre"),
    *(*LISTS.values(), *NUMBERS.values()),
)
"""What is taken of an answer, by the columns of the prepared table where it stays as it is."""

ROLE = r"(?:\s*\([^)]*\))+\s*(,|$)"
"""Behind a name: `Jonah Nolan (screenplay), ...`."""

HOURS = r"^\s*(\d+) ?h(?: (\d+) ?min)?\s*$"


class Omdb(Source):
    """An object a film; `N/A` says that nothing is known."""

    name = "omdb"
    film = "imdb_id"
    title = "title"
    studies: ClassVar[tuple[Study, ...]] = (
        Study(
            "",
            "What makes a film well rated? IMDb rating",
            Target("imdb_rating", unit="points of 10"),
            (
                Number("year"),
                Number("runtime"),
                Number("box_office", log1p=True),
                Number("imdb_votes", log1p=True),
                Labels("genres", role="genre", separator="|"),
                Category("rated", role="certificate"),
                Labels("directors", role="director", weight="sqrt", min_films=2),
                Labels("writers", role="writer", weight="sqrt", min_films=2),
                Labels("actors", role="actor", weight="sqrt", min_films=2),
            ),
        ),
    )

    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        file = OMDB
        raw = preparation.unique(file, _films(preparation, _answers(preparation)), "imdbID")
        raw = preparation.titled(file, raw, "Title")
        films = pd.DataFrame({"imdb_id": raw["imdbID"], "title": raw["Title"], "year": year_of(raw["Year"])})
        preparation.bad_cells(file, raw["Year"], (raw["Year"].notna() & films["year"].isna()).to_numpy(), "is no year")
        films["rated"] = raw["Rated"]
        films["released"] = dates(preparation, file, raw["Released"])
        films["runtime"] = numbers(preparation, file, _minutes(raw["Runtime"]))
        films["genres"] = joined(split_names(raw["Genre"], ", "))
        for column, key in LISTS.items():
            # A role behind a name may have commas, and stands there for crew alone.
            cells = raw[key].str.replace(ROLE, r"\1", regex=True) if key in ("Director", "Writer") else raw[key]
            films[column] = split_names(cells, ", ")
        for column, key in NUMBERS.items():
            films[column] = numbers(preparation, file, raw[key])
        for column, plural in (("runtime", "runtimes"), ("box_office", "box offices")):
            films[column] = zero_is_missing(preparation, films[column], plural)
        return preparation.enough_votes(films, "imdb_votes")


def _answers(preparation: Preparation) -> pd.DataFrame:
    """Read the answers that tell of a title, as text by their lines; the others are rejected."""
    path = preparation.files[OMDB]
    preparation.say(f"Reading {path.name}")
    rejected: dict[str, list[JsonObject]] = {}
    lines: list[int] = []
    cells: dict[str, list[str | None]] = {key: [] for key in KEYS}
    count = 0
    with reading(path) as stream:
        for count, answer in enumerate(json_objects(stream), start=1):  # noqa: B007 (how many there were)
            if problem := _problem(answer):
                rejected.setdefault(problem, []).append(answer)
                continue
            lines.append(answer.line)
            for key in KEYS:
                cells[key].append(_text(answer.value.get(key)))
    preparation.read[preparation.name_of(OMDB)] = count
    for problem, lost in rejected.items():
        preparation.reject(OMDB, [one.line for one in lost], problem, [one.text for one in lost])
    return pd.DataFrame(cells, index=pd.Index(lines, name="line", dtype="int64"), dtype="str")


def _problem(answer: JsonObject) -> str:
    if answer.problem:
        return answer.problem
    if str(answer.value.get("Response", True)).lower() == "false":
        return f"OMDb has no answer: {_text(answer.value.get('Error')) or 'no error is named'}"
    return "" if _text(answer.value.get("imdbID")) else "imdbID is missing"


def _text(value: Any) -> str | None:
    """Return a value as a cell: numbers as text, a list's texts joined as OMDb does it."""
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    text = "" if value is None else str(value).strip()
    return None if text in ("", "N/A") else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _films(preparation: Preparation, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the answers about films; a title whose type is not told is taken for one."""
    kinds = answers["Type"].str.lower().fillna("movie")
    preparation.note_each("titles of type {}, left out", kinds[kinds != "movie"].value_counts().to_dict())
    return answers[(kinds == "movie").to_numpy()]


def _minutes(runtimes: pd.Series) -> pd.Series:
    """Return runtimes such as `2 h 28 min`, as old answers have them, in minutes."""
    hours = runtimes.str.extract(HOURS).astype("float64")
    minutes = hours[0] * 60 + hours[1].fillna(0)
    return runtimes.where(minutes.isna(), minutes.astype("Int64").astype("str"))
