"""The files of public collections as they are published: their names, columns and homes; and which one a file is."""

import gzip
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from datamodules.errors import InputError
from datamodules.sources.json_objects import json_objects

MAGIC = {
    b"PK\x03\x04": "a zip archive: unpack it",
    b"\x1f\x8b": "gzip: give its name the ending .gz",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"<!DOC": "a web page: the download needs a login",
    b"<html": "a web page: the download needs a login",
}
"""How files begin that no source has."""


@dataclass(frozen=True)
class RawFile:
    """A file of a collection.

    Attributes:
        source: the collection, by its word on the command line.
        name: of the file as it is published, without `.gz`.
        columns: those that it can't do without; of JSON lines the keys.
        aliases: other names that it goes by.
        optional: whether the collection can be prepared without it.
    """

    source: str
    name: str
    columns: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    optional: bool = False

    def find(self, folder: Path) -> Path | None:
        """Return the file in a folder, by any of its names in small or capital letters, also as `.gz`."""
        names = [ending for name in (self.name, *self.aliases) for ending in (name.lower(), f"{name.lower()}.gz")]
        there = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
        return next((there[name] for name in names if name in there), None)


HOMES = {
    "the-movies-dataset": "kaggle.com/datasets/rounakbanik/the-movies-dataset",
    "tmdb-5000": "kaggle.com/datasets/tmdb/tmdb-movie-metadata",
    "tmdb-export": "kaggle.com, as tmdb-movies.csv or TMDB_movie_dataset_v11.csv",
    "imdb": "datasets.imdbws.com",
    "movie-industry": "kaggle.com/datasets/danielgrijalvas/movies",
    "omdb": "www.omdbapi.com, an answer a line",
}
"""Where a collection usually comes from."""

MOVIES_METADATA = RawFile(
    "the-movies-dataset",
    "movies_metadata.csv",
    (
        "adult", "belongs_to_collection", "budget", "genres", "id", "original_language", "original_title",
        "production_companies", "release_date", "revenue", "runtime", "status", "title", "vote_average", "vote_count",
    ),
)  # fmt: skip
CREDITS = RawFile("the-movies-dataset", "credits.csv", ("cast", "crew", "id"), optional=True)
KEYWORDS = RawFile("the-movies-dataset", "keywords.csv", ("id", "keywords"), optional=True)
LINKS = RawFile("the-movies-dataset", "links.csv", ("movieId", "imdbId", "tmdbId"), optional=True)
RATINGS = RawFile("the-movies-dataset", "ratings.csv", ("userId", "movieId", "rating", "timestamp"), optional=True)

TMDB_MOVIES = RawFile(
    "tmdb-5000",
    "movies.csv",
    ("budget", "id", "original_language", "popularity", "release_date", "revenue", "title", "vote_average"),
    aliases=("tmdb_5000_movies.csv",),
)
TMDB_CREDITS = RawFile(
    "tmdb-5000",
    "credits.csv",
    ("movie_id", "title", "cast", "crew"),
    aliases=("tmdb_5000_credits.csv",),
    optional=True,
)

TMDB_EXPORT = RawFile(
    "tmdb-export",
    "tmdb-movies.csv",
    ("id", "budget", "revenue", "original_title", "runtime", "genres", "production_companies", "vote_average"),
    aliases=("TMDB_movie_dataset_v11.csv", "tmdb_movies.csv", "movies.csv"),
)

TITLE_BASICS = RawFile(
    "imdb",
    "title.basics.tsv",
    ("tconst", "titleType", "primaryTitle", "originalTitle", "isAdult", "startYear", "runtimeMinutes", "genres"),
)
TITLE_RATINGS = RawFile("imdb", "title.ratings.tsv", ("tconst", "averageRating", "numVotes"))
TITLE_PRINCIPALS = RawFile("imdb", "title.principals.tsv", ("tconst", "ordering", "nconst", "category"), optional=True)
TITLE_CREW = RawFile("imdb", "title.crew.tsv", ("tconst", "directors", "writers"), optional=True)
NAME_BASICS = RawFile("imdb", "name.basics.tsv", ("nconst", "primaryName"), optional=True)

MOVIE_INDUSTRY = RawFile(
    "movie-industry",
    "movies.csv",
    (
        "name", "rating", "genre", "year", "released", "score", "votes", "director", "writer", "star", "country",
        "budget", "gross", "company", "runtime",
    ),
)  # fmt: skip

OMDB = RawFile(
    "omdb", "omdb.jsonl", ("Title", "Year", "Runtime", "Genre", "Director", "Actors", "imdbRating"), ("omdb.json",)
)

ALL_FILES = (
    MOVIES_METADATA, CREDITS, KEYWORDS, LINKS, RATINGS, TMDB_MOVIES, TMDB_CREDITS, TMDB_EXPORT, TITLE_BASICS,
    TITLE_RATINGS, TITLE_PRINCIPALS, TITLE_CREW, NAME_BASICS, MOVIE_INDUSTRY, OMDB,
)  # fmt: skip


def files_of(source: str) -> list[RawFile]:
    """Return the files of a source, the one that names its films first."""
    return [file for file in ALL_FILES if file.source == source]


def find_files(source: str, raw: Path) -> dict[RawFile, Path]:
    """Return the files of a source: those in a folder, or the first one itself and the others beside it.

    Raises:
        InputError: one is not there, or is another file than its name says.
    """
    first, *others = files_of(source)
    home = f"it usually comes from {HOMES[source]}"
    if not raw.exists():
        raise InputError(f"--raw {raw} does not exist: it must be the folder with {first.name}, or that file; {home}")
    folder = raw if raw.is_dir() else raw.parent
    found = {first: raw} if raw.is_file() else {}
    for file in (first, *others):
        path = found.get(file) or file.find(folder)
        if path:
            found[file] = path
    missing = [file.name for file in (first, *others) if file not in found and not file.optional]
    if missing:
        raise InputError(f"--raw {folder} has no {' and no '.join(missing)}, which `{source}` needs; {home}")
    for file, path in found.items():
        if problem := _problem(file, path):
            raise InputError(problem)
    return found


def _problem(file: RawFile, path: Path) -> str:
    """Say what a file looks like, if it is not the one expected; nothing if it is."""
    start = read_start(path)
    lacking = [name for name in file.columns if name not in start.columns]
    if not lacking:
        return ""
    looks = f" looks like {start.looks};" if start.looks else ""
    what = "keys" if file is OMDB else "columns"
    lacks = f"it lacks {', '.join(lacking)}" if len(lacking) < len(file.columns) else "it has none of them"
    return f"{path}{looks} expected {file.source}'s {file.name} with the {what} {', '.join(file.columns)}; {lacks}"


@dataclass(frozen=True)
class Start:
    """How a file begins.

    Attributes:
        delimiter: between its columns.
        columns: of its header, or the keys of its first object.
        looks: what it looks like; empty where that can't be told.
    """

    delimiter: str
    columns: tuple[str, ...]
    looks: str


def open_bytes(path: Path) -> gzip.GzipFile:
    """Open a file for reading, unpacked where it ends in `.gz`."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def read_start(path: Path) -> Start:
    """Read a file's header.

    Raises:
        InputError: it is empty, or can't be read.
    """
    try:
        with open_bytes(path) as stream:
            line = stream.readline(2**20)
    except (OSError, EOFError) as problem:
        raise InputError(f"{path} can't be read: {problem}") from None
    if not line.strip():
        raise InputError(f"{path} is empty; a header line and rows of films are needed")
    for magic, kind in MAGIC.items():
        if line.lower().startswith(magic.lower()):
            return Start(",", (), kind)
    text = line.decode("utf-8-sig", errors="replace").strip("\r\n")
    if text.lstrip().startswith(("{", "[")):
        return _start_of_json(path)
    delimiter = max("\t|;,", key=text.count)
    columns = tuple(name.strip().strip('"') for name in text.split(delimiter))
    return Start(delimiter, columns, _looks_like(columns) or f"a table with the columns {', '.join(columns[:8])}")


def _start_of_json(path: Path) -> Start:
    """Take the keys of all of the first objects: one may be broken, or say that a film was not found."""
    with open_bytes(path) as stream:
        keys = dict.fromkeys(key for one in islice(json_objects(stream), 10_000) for key in one.value)
    return Start(",", tuple(keys), _looks_like(tuple(keys)) or "JSON")


def _looks_like(columns: tuple[str, ...]) -> str:
    """Name the known file that has most of its columns here, where it has all."""
    fitting = [file for file in ALL_FILES if set(file.columns) <= set(columns)]
    best = max(fitting, key=lambda file: len(file.columns), default=None)
    return f"{best.source}'s {best.name}" if best else ""
