"""The collection `imdb`: IMDb's own files for non-commercial use, of 11 million titles of which the movies are kept."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.sources.imdb_credits import ROLES, add_people
from greenlight_films.sources.preparation import Preparation, earlier
from greenlight_films.sources.raw_cells import numbers, zero_is_missing
from greenlight_films.sources.raw_files import TITLE_BASICS, TITLE_RATINGS, RawFile
from greenlight_films.sources.source import Source, Study
from greenlight_films.sources.tsv_blocks import Block, Places, blocks, codes, id_numbers, id_texts, with_ids

MOVIE = "movie"
"""The kind of titles that are kept."""


class Imdb(Source):
    """A row a rated movie, with Arrow lists of names per role."""

    name = "imdb"
    film = "tconst"
    title = "primaryTitle"
    studies: ClassVar[tuple[Study, ...]] = (
        Study(
            "",
            "What makes a film well rated? IMDb rating",
            Target("averageRating", unit="points of 10"),
            (
                Number("startYear"),
                Number("runtimeMinutes"),
                Number("numVotes", log1p=True),
                Labels("genres", separator="|", role="genre"),
                *(Labels(role, role=role.removesuffix("s"), weight="sqrt", min_films=2) for role in ROLES),
            ),
        ),
    )

    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        file = TITLE_BASICS
        films = preparation.titled(file, _rated(preparation, _movies(preparation)), "primaryTitle", "originalTitle")
        adult = numbers(preparation, file, films["isAdult"])
        # IMDb has a year there in rows that were shifted.
        odd = (adult.notna() & ~adult.isin([0, 1])).to_numpy()
        preparation.bad_cells(file, films["isAdult"], odd, "is neither 0 nor 1")
        films["isAdult"] = adult.mask(odd)
        films["startYear"] = numbers(preparation, file, films["startYear"])
        films["runtimeMinutes"] = zero_is_missing(
            preparation, numbers(preparation, file, films["runtimeMinutes"]), "runtimes"
        )
        films["genres"] = films["genres"].str.replace(",", "|", regex=False)
        ids = id_numbers(pa.array(films["tconst"], pa.string()), "tt")
        return add_people(preparation, films, ids)


def _movies(preparation: Preparation) -> pd.DataFrame:
    """Return the movies as text, a row each by its line; titles of other kinds are counted."""
    file, known = TITLE_BASICS, {MOVIE: 0}
    columns = [name for name in file.columns if name != "titleType"]
    none = np.empty(0, dtype=np.int64)
    ids, kinds, lines, movies = [none], [none], [none], []
    for whole in blocks(preparation, file, file.columns, repeated=("titleType",)):
        block, numbers_of = with_ids(preparation, file, whole, "tconst", "tt")
        ids.append(numbers_of)
        kinds.append(codes(block.cells["titleType"], known))
        lines.append(block.lines)
        movies.append(block.where(kinds[-1] == 0))
    all_lines = np.concatenate(lines)
    again = _again(preparation, file, np.concatenate(ids), all_lines)
    each = np.bincount(np.concatenate(kinds)[~again], minlength=len(known))
    counts = {name: int(each[code]) for name, code in known.items() if name != MOVIE}
    preparation.note_each("titles of the kind {}, left out", counts)
    films = _frame(movies, columns)
    return films[~films.index.isin(all_lines[again])]


def _again(preparation: Preparation, file: RawFile, ids: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return which rows have an id that an earlier one has, which are rejected."""
    again = pd.Index(ids).duplicated()
    preparation.reject(file, lines[again], earlier("tconst"), id_texts(ids[again], "tt").to_pylist())
    return again


def _frame(parts: list[Block], columns: list[str]) -> pd.DataFrame:
    """Return rows as text by their lines; what is empty is missing."""
    schema = pa.schema([(name, pa.string()) for name in columns])
    table = pa.Table.from_batches([part.cells.select(columns) for part in parts], schema)
    lines = np.concatenate([np.empty(0, np.int64), *(part.lines for part in parts)])
    frame = pd.DataFrame({name: pd.Series(table[name], dtype="str") for name in columns})
    frame.index = pd.Index(lines, name="line")
    return frame.mask(frame == "")


def _rated(preparation: Preparation, films: pd.DataFrame) -> pd.DataFrame:
    """Return the films that have a rating and enough votes; the others are counted."""
    file = TITLE_RATINGS
    places = Places(id_numbers(pa.array(films["tconst"], pa.string()), "tt"))
    parts = [with_ids(preparation, file, block, "tconst", "tt") for block in blocks(preparation, file, file.columns)]
    ids = np.concatenate([np.empty(0, np.int64), *(numbers_of for _, numbers_of in parts)])
    rows = _frame([block for block, _ in parts], ["averageRating", "numVotes"])
    again = _again(preparation, file, ids, rows.index.to_numpy())
    place = places.of(ids)
    preparation.note(f"ratings of titles that are no {MOVIE}, not used", int((place[~again] < 0).sum()))
    used = ~again & (place >= 0)
    films = films.copy()
    for column in ("averageRating", "numVotes"):
        values = np.full(len(films), np.nan)
        values[place[used]] = numbers(preparation, file, rows.loc[used, column])
        films[column] = values
    unrated = films["averageRating"].isna()
    preparation.note("movies without a rating, left out", int(unrated.sum()))
    return preparation.enough_votes(films[~unrated], "numVotes").copy()
