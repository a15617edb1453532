"""The collection `imdb`: IMDb's own files for non-commercial use, of 11 million titles of which the movies are kept."""

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.sources.imdb_credits import ROLES, add_people
from greenlight_films.sources.preparation import Preparation, repeated
from greenlight_films.sources.raw_cells import amounts, numbers
from greenlight_films.sources.raw_files import TITLE_BASICS, TITLE_RATINGS, RawFile
from greenlight_films.sources.source import Features, Source, people, rating_question
from greenlight_films.sources.tsv_blocks import codes, id_numbers, id_texts, read_blocks, where

MOVIE = "movie"
"""The type of titles that are kept."""

NO_IDS = np.empty(0, dtype=np.int64)


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
    file, type_codes = TITLE_BASICS, {MOVIE: 0}
    ids, types, lines, movies = [NO_IDS], [NO_IDS], [NO_IDS], []
    for batch, block_ids in read_blocks(preparation, file, file.columns):
        ids.append(block_ids)
        types.append(codes(batch["titleType"], type_codes))
        lines.append(batch["line"].to_numpy())
        movies.append(where(batch, types[-1] == 0))
    all_lines = np.concatenate(lines)
    again = _reject_repeated(preparation, file, np.concatenate(ids), all_lines)
    counts = np.bincount(np.concatenate(types)[~again], minlength=len(type_codes))
    others = {name: int(counts[code]) for name, code in type_codes.items() if name != MOVIE}
    preparation.note_each("titles of the kind {}, left out", others)
    films = _as_text(movies, [name for name in file.columns if name != "titleType"])
    return films[~films.index.isin(all_lines[again])]


def _reject_repeated(preparation: Preparation, file: RawFile, ids: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return a mask of the rows whose id an earlier row has, which are rejected."""
    again = pd.Index(ids).duplicated()
    preparation.reject(file, lines[again], repeated("tconst"), id_texts(ids[again], "tt").to_pylist())
    return again


def _as_text(batches: list[pa.RecordBatch], columns: list[str]) -> pd.DataFrame:
    """Return rows as text, by their lines; empty cells are missing."""
    schema = pa.schema([*((name, pa.string()) for name in columns), ("line", pa.int64())])
    table = pa.Table.from_batches([batch.select(schema.names) for batch in batches], schema)
    index = pd.Index(table["line"].to_numpy(), name="line")
    frame = pd.DataFrame({name: pd.Series(table[name], index, dtype="str") for name in columns}, index)
    return frame.mask(frame == "")


def _rated(preparation: Preparation, films: pd.DataFrame) -> pd.DataFrame:
    """Return the films that have a rating and enough votes; the others are counted in notes."""
    file = TITLE_RATINGS
    blocks = list(read_blocks(preparation, file, file.columns))
    ids = np.concatenate([NO_IDS, *(block_ids for _, block_ids in blocks)])
    ratings = _as_text([batch for batch, _ in blocks], ["averageRating", "numVotes"])
    again = _reject_repeated(preparation, file, ids, ratings.index.to_numpy())
    row = _ids_of(films).get_indexer(ids)
    preparation.note(f"ratings of titles that are no {MOVIE}, not used", int((row[~again] < 0).sum()))
    used = ~again & (row >= 0)
    films = films.copy()
    for column in ("averageRating", "numVotes"):
        values = np.full(len(films), np.nan)
        values[row[used]] = numbers(preparation, file, ratings.loc[used, column])
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
