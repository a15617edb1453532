"""The collection `imdb`: IMDb's own files for non-commercial use, of 11 million titles of which the movies are kept."""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.sources.imdb_credits import ROLES, add_people
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import amounts, numbers
from greenlight_films.sources.raw_files import TITLE_BASICS, TITLE_RATINGS
from greenlight_films.sources.source import Features, Source, people, rating_question
from greenlight_films.sources.tsv_blocks import UNKNOWN, id_numbers, read_blocks, read_matches


def prepare(preparation: Preparation) -> pd.DataFrame:
    """Return a row per rated movie, with Arrow lists of names per role."""
    file = TITLE_BASICS
    films = preparation.titled(file, _rated(preparation, _movies(preparation)), "primaryTitle", "originalTitle")
    adult = numbers(preparation, file, films["isAdult"])
    # IMDb has a year there in rows that were shifted.
    odd = (adult.notna() & ~adult.isin([0, 1])).to_numpy()
    preparation.reject_cells(file, films["isAdult"], odd, "is neither 0 nor 1")
    films["isAdult"] = adult.mask(odd)
    films["startYear"] = numbers(preparation, file, films["startYear"])
    films["runtimeMinutes"] = amounts(preparation, file, films["runtimeMinutes"], "runtimes")
    films["genres"] = films["genres"].str.replace(",", "|", regex=False)
    return add_people(preparation, films, _ids_of(films))


def _ids_of(films: pd.DataFrame) -> pd.Index:
    return pd.Index(id_numbers(pa.array(films["tconst"], pa.string()), "tt"))


def _movies(preparation: Preparation) -> pd.DataFrame:
    """Return the movies as text, by their lines; titles of other types are counted in notes."""
    counts, movies = Counter[str](), []
    for batch, _ in read_blocks(preparation, TITLE_BASICS, TITLE_BASICS.columns):
        types = batch["titleType"].fill_null(UNKNOWN)
        counts.update({item["values"]: item["counts"] for item in types.value_counts().to_pylist()})
        movies.append(batch.filter(pc.equal(types, "movie")))
    del counts["movie"]
    preparation.note_each("titles of the kind {}, left out", counts)
    columns = [name for name in TITLE_BASICS.columns if name != "titleType"]
    return preparation.unique(TITLE_BASICS, _as_text(movies, columns), "tconst")


def _as_text(batches: list[pa.RecordBatch], columns: list[str]) -> pd.DataFrame:
    """Return rows as text, by their lines; empty cells are missing."""
    schema = pa.schema([*((name, pa.string()) for name in columns), ("line", pa.int64())])
    table = pa.Table.from_batches([batch.select(schema.names) for batch in batches], schema)
    index = pd.Index(table["line"].to_numpy(), name="line")
    frame = pd.DataFrame({name: pd.Series(table[name], index, dtype="str") for name in columns}, index)
    return frame.mask(frame == "")


def _rated(preparation: Preparation, films: pd.DataFrame) -> pd.DataFrame:
    """Return the films that have a rating and enough votes; the others are counted in notes."""
    file, others = TITLE_RATINGS, "ratings of titles that are no movie, not used"
    matches = list(read_matches(preparation, file, file.columns, _ids_of(films), others))
    ratings = _as_text([batch for batch, _ in matches], ["averageRating", "numVotes"])
    rows = np.concatenate([np.empty(0, np.int64), *(position for _, position in matches)])
    films = films.copy()
    for column in ratings:
        values = np.full(len(films), np.nan)
        values[rows] = numbers(preparation, file, ratings[column])
        films[column] = values
    unrated = films["averageRating"].isna()
    preparation.note("movies without a rating, left out", int(unrated.sum()))
    return preparation.enough_votes(films[~unrated], "numVotes").copy()


FEATURES: Features = (
    Number("startYear"),
    Number("runtimeMinutes"),
    Number("numVotes", log1p=True),
    Labels("genres", separator="|", role="genre"),
    *people({role: role.removesuffix("s") for role in ROLES}),
)
SOURCE = Source("imdb", "tconst", "primaryTitle", prepare, (rating_question("IMDb rating", "averageRating", FEATURES),))
