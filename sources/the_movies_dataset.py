"""The collection `the-movies-dataset`: 45,000 films of TMDb up to 2017, their credits, keywords and users' ratings."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from greenlight_films.datamodules.features import Category, Feature, Labels, Number, Popularity
from greenlight_films.datamodules.targets import ProfitRatio, Target
from greenlight_films.sources.credits import CREW, cast_names, names
from greenlight_films.sources.literal_lists import literal_lists
from greenlight_films.sources.preparation import Preparation, earlier
from greenlight_films.sources.raw_cells import as_lists, identified, joined, known, literals
from greenlight_films.sources.raw_files import CREDITS, KEYWORDS, LINKS, MOVIES_METADATA, RATINGS, RawFile
from greenlight_films.sources.source import Source, Study
from greenlight_films.sources.tmdb import plain_columns
from greenlight_films.sources.user_ratings import rating_sums

BLOCK = 500
"""Records of cast and crew that are read at a time: some 2 MB."""

BEFORE = (Number("budget", log1p=True), Number("runtime"), Number("release_year"))
AFTER = (
    Number("revenue", log1p=True),
    Number("vote_count", log1p=True),
    Number("user_rating_count", log1p=True),
    Number("keyword_count", log1p=True),
)
"""Numbers that are known when a film has been seen; keywords, too, are given by users."""

NAMES: tuple[Feature[Any], ...] = (
    Labels("genres", separator="|", role="genre"),
    Category("original_language", role="language", min_films=2, other=None),
    Popularity("lead_actor", [0, 1, 5, float("inf")], ["one film", "2 to 5 films", "more than 5 films"]),
    *(
        Labels(column, role=role, weight="sqrt", min_films=2)
        for column, role in (
            ("cast", "actor"),
            ("directors", "director"),
            ("writers", "writer"),
            ("producers", "producer"),
            ("companies", "company"),
        )
    ),
)


class TheMoviesDataset(Source):
    """A row a film, with the columns of the rating study's `final_movie_table`, and with lists of who made it.

    Directors have the job Director. Writers are all of the department Writing, and whoever has the job Writer,
    Screenplay, Author, Story or Novel elsewhere. Producers have the job Producer or Executive Producer.
    """

    name = "the-movies-dataset"
    film = "movie_id"
    title = "movie_name"
    studies: ClassVar[tuple[Study, ...]] = (
        Study(
            "",
            "What makes a film well rated? Average vote",
            Target("vote_average", unit="points of 10"),
            (*BEFORE, *AFTER, *NAMES),
        ),
        Study(
            "profit",
            "What carries a film's profit? Profit ratio, (revenue - budget) / budget",
            ProfitRatio("budget", "revenue", "log1p"),
            (*BEFORE, *NAMES),
        ),
    )

    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        raw = _whole_films(preparation)
        films = _described(preparation, raw)
        for column, values in _people(preparation, films["movie_id"]).items():
            films[column] = values
        films["lead_actor"] = films["cast"].map(lambda cast: cast[0], na_action="ignore").astype("str")
        films["keyword_count"] = _keyword_counts(preparation, films["movie_id"])
        films["user_avg_rating"], films["user_rating_count"] = _user_ratings(preparation, films["movie_id"])
        films["companies"] = _lists(preparation, MOVIES_METADATA, raw["production_companies"])
        films["imdb_id"] = known(raw["imdb_id"])
        return preparation.enough_votes(films[list(COLUMNS)], "vote_count")


COLUMNS = (
    "movie_id", "movie_name", "budget", "genres", "original_language", "original_title", "release_date",
    "release_year", "revenue", "runtime", "status", "adult", "vote_average", "vote_count", "lead_actor",
    "keyword_count", "user_avg_rating", "user_rating_count", "cast", "directors", "writers", "producers", "companies",
    "imdb_id",
)  # fmt: skip
"""Of the prepared table; those of the rating study come first, in its order."""


def _whole_films(preparation: Preparation) -> pd.DataFrame:
    """Return the rows of films as they stand, those left out that are shifted, cut off or there already."""
    file = MOVIES_METADATA
    rows = identified(preparation, file, preparation.rows(file, (*file.columns, "imdb_id", "popularity")))
    adult = known(rows["adult"]).str.lower()
    odd = adult.notna() & ~adult.isin(["true", "false"])
    rows = preparation.without(file, rows, odd, "adult is neither True nor False: shifted or cut off")
    # The rows that were cut off have an original title and no other.
    return preparation.unique(file, preparation.titled(file, rows, "title"), "id")


def _described(preparation: Preparation, raw: pd.DataFrame) -> pd.DataFrame:
    """Return what the films' own file tells."""
    films = plain_columns(preparation, MOVIES_METADATA, raw)
    genres = _lists(preparation, MOVIES_METADATA, raw["genres"])
    films["genres"] = joined(genres)
    films["adult"] = known(raw["adult"]).str.lower().map({"true": True, "false": False}).astype("boolean")
    return films


def _lists(preparation: Preparation, file: RawFile, cells: pd.Series) -> pd.Series:
    """Return the names of each cell's objects as Arrow lists."""
    found = literals(preparation, file, cells, literal_lists("name"))
    return as_lists([None if objects is None else names(objects) for objects in found], cells.index)


def _used(preparation: Preparation, file: RawFile, rows: pd.DataFrame, films: pd.Series) -> pd.DataFrame:
    """Return the rows about one of these films; the others are counted."""
    ours = rows["id"].isin(films).to_numpy()
    preparation.note_strangers(file, int((~ours).sum()))
    return rows[ours]


def _people(preparation: Preparation, films: pd.Series) -> dict[str, pd.Series]:
    """Return the columns of cast and crew of these films, by name."""
    lists: dict[str, dict[str, list[str]]] = {column: {} for column in ("cast", *CREW)}
    there, seen, elsewhere = set(films), set[str](), 0
    for block in preparation.blocks(CREDITS, CREDITS.columns, BLOCK) if CREDITS in preparation.files else ():
        rows = identified(preparation, CREDITS, block)
        again = rows["id"].duplicated() | _in(rows["id"], seen)
        rows = preparation.without(CREDITS, rows, again, earlier("id"))
        seen.update(rows["id"])
        ours = rows[_in(rows["id"], there)]
        elsewhere += len(rows) - len(ours)
        cast = literals(preparation, CREDITS, ours["cast"], literal_lists("name", "order"))
        crew = literals(preparation, CREDITS, ours["crew"], literal_lists("name", "job", "department"))
        for film, actors, others in zip(ours["id"], cast, crew, strict=True):
            lists["cast"][film] = cast_names(actors or [])
            for column, chosen in CREW.items():
                lists[column][film] = chosen(others or [])
    preparation.note_strangers(CREDITS, elsewhere)
    return {column: as_lists([found.get(film) for film in films], films.index) for column, found in lists.items()}


def _in(cells: pd.Series, some: set[str]) -> pd.Series:
    # `isin` would make a set of its own for each block.
    return pd.Series([cell in some for cell in cells], index=cells.index, dtype=bool)


def _keyword_counts(preparation: Preparation, films: pd.Series) -> pd.Series:
    """Return how many keywords each film has: 0 for an empty list, missing for a film that has none."""
    if KEYWORDS not in preparation.files:
        return pd.Series(np.nan, index=films.index)
    rows = identified(preparation, KEYWORDS, preparation.rows(KEYWORDS, KEYWORDS.columns))
    rows = _used(preparation, KEYWORDS, preparation.unique(KEYWORDS, rows, "id"), films)
    found = literals(preparation, KEYWORDS, rows["keywords"], literal_lists("name"))
    counts = pd.Series([np.nan if one is None else len(one) for one in found], index=rows["id"], dtype=np.float64)
    return films.map(counts)


def _user_ratings(preparation: Preparation, films: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the mean and the number of users' ratings of each film, over all movieIds that are linked to it."""
    nothing = pd.Series(np.nan, index=films.index)
    if RATINGS not in preparation.files:
        return nothing, nothing
    if LINKS not in preparation.files:
        preparation.notes.append(f"{RATINGS.name} is not used: {LINKS.name}, which tells its films, is not there")
        return nothing, nothing
    rated = rating_sums(preparation)
    film_of = _links(preparation, films)
    linked = rated[rated.index.isin(film_of.index)]
    unlinked = int(rated["count"].sum() - linked["count"].sum())
    preparation.note_strangers(RATINGS, unlinked)
    totals = linked.groupby(film_of[linked.index].to_numpy()).sum()
    return films.map(totals["sum"] / totals["count"]), films.map(totals["count"])


def _links(preparation: Preparation, films: pd.Series) -> pd.Series:
    """Return the id of the film that each movieId stands for, where it is one of these films."""
    rows = preparation.rows(LINKS, LINKS.columns)
    rows = preparation.unique(LINKS, identified(preparation, LINKS, rows, "movieId"), "movieId")
    unlinked = known(rows["tmdbId"]).isna()
    preparation.note(f"rows of {LINKS.name} without a tmdbId, not used", int(unlinked.sum()))
    rows = identified(preparation, LINKS, rows[~unlinked], "tmdbId").rename(columns={"tmdbId": "id"})
    return _used(preparation, LINKS, rows, films).set_index("movieId")["id"]
