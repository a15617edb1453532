"""What collections from The Movie Database share: the columns that are no lists, and the questions to them."""

import pandas as pd

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.targets import ProfitRatio, Target
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import dates, identified, joined, known, numbers, zero_is_missing
from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.source import Study

PLAIN = (
    "id", "title", "original_title", "original_language", "release_date", "status", "budget", "revenue", "runtime",
    "vote_average", "vote_count", "popularity",
)  # fmt: skip
"""Columns of a raw file whose cells have one value each."""

LISTS = ("cast", "directors", "writers", "producers", "companies", "keywords", "countries")

COLUMNS = [
    "movie_id", "movie_name", "budget", "genres", "original_language", "original_title", "release_date",
    "release_year", "revenue", "runtime", "status", "vote_average", "vote_count", "popularity", "lead_actor",
    "keyword_count", *LISTS,
]  # fmt: skip
"""Of a prepared table."""

KNOWN_BEFORE = (
    Number("release_year"),
    Number("runtime"),
    Number("budget", log1p=True),
    Labels("genres", role="genre", separator="|"),
    Category("original_language", role="language"),
    Labels("cast", role="actor", weight="sqrt", min_films=2),
    Labels("directors", role="director", weight="sqrt", min_films=2),
    Labels("writers", role="writer", weight="sqrt", min_films=2),
    Labels("producers", role="producer", weight="sqrt", min_films=2),
    Labels("companies", role="company", weight="sqrt", min_films=2),
)
"""What is known of a film before it is shown."""

STUDIES = (
    Study(
        "",
        "What makes a film well rated? Average vote on TMDB",
        Target("vote_average", unit="points of 10"),
        (*KNOWN_BEFORE, Number("revenue", log1p=True), Number("vote_count", log1p=True)),
    ),
    Study(
        "profit",
        "What carries a film's profit? Profit ratio, (revenue - budget) / budget",
        ProfitRatio("budget", "revenue", "log1p"),
        KNOWN_BEFORE,
    ),
)


def read_films(preparation: Preparation, file: RawFile, wanted: tuple[str, ...], key: str = "id") -> pd.DataFrame:
    """Read the rows that have an id of their own, in the column `key`, as text without `.0`."""
    return preparation.unique(file, identified(preparation, file, preparation.rows(file, wanted), key), key)


def plain_columns(preparation: Preparation, file: RawFile, raw: pd.DataFrame) -> pd.DataFrame:
    """Return a prepared table's columns that are no lists, from the rows of `read_films`."""
    films = pd.DataFrame({"movie_id": raw["id"], "movie_name": raw["title"]})
    films["original_title"] = raw["original_title"]
    films["original_language"] = known(raw["original_language"])
    films["release_date"] = dates(preparation, file, raw["release_date"])
    films["release_year"] = films["release_date"].dt.year.astype("float64")
    films["status"] = known(raw["status"])
    for column, plural in (("budget", "budgets"), ("revenue", "revenues"), ("runtime", "runtimes")):
        films[column] = zero_is_missing(preparation, numbers(preparation, file, raw[column]), plural)
    for column in ("vote_average", "vote_count", "popularity"):
        films[column] = numbers(preparation, file, raw[column])
    # No vote gives 0 points: it says that nobody rated the film.
    unrated = ((films["vote_average"] == 0) & ~(films["vote_count"] > 0)).to_numpy()
    preparation.note("ratings of 0 with no votes, taken as missing", int(unrated.sum()))
    films["vote_average"] = films["vote_average"].mask(unrated)
    return films


def list_columns(lists: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Return a prepared table's other columns: those of `LISTS`, genres as `A|B`, and the first of the cast.

    Args:
        lists: Arrow lists, by the names in `LISTS` and `genres`.
    """
    leads = lists["cast"].list[0].astype("str")
    return {"genres": joined(lists["genres"]), "lead_actor": leads, **{name: lists[name] for name in LISTS}}
