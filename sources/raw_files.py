"""The raw files of each collection, by names and columns, and the search for them in a folder."""

import codecs
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.homes import HOMES
from greenlight_films.sources.json_objects import json_objects
from greenlight_films.sources.raw_text import HEAD, open_raw, read_header

MAGIC = {
    b"PK\x03\x04": "a zip archive: unpack it",
    b"\x1f\x8b": "gzip: give its name the ending .gz",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"<!DOC": "a web page: the download needs a login",
    b"<html": "a web page: the download needs a login",
    b"\xff\xfe": "UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as UTF-8",
}  # how files begin that no collection has


class RawFile(NamedTuple):
    """A file of a collection.

    Attributes:
        name: of the file as it is published, without `.gz`; the most particular, where it has several.
        columns: those that it must have; of JSON lines the keys.
        optional: whether the collection can be prepared without it.
    """

    source: str
    name: str
    columns: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    optional: bool = False

    @property
    def names(self) -> str:
        """Return its name and the others, as `a (or b)`."""
        return f"{self.name} (or {', '.join(self.aliases)})" if self.aliases else self.name

    def candidates(self, folder: Path) -> list[Path]:
        """Return the files in a folder that have one of its names, in small or capital letters, also as `.gz`."""
        names = [name.lower() + ending for name in (self.name, *self.aliases) for ending in ("", ".gz")]
        paths = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
        return [paths[name] for name in names if name in paths]


MOVIES_METADATA = RawFile("the-movies-dataset", "movies_metadata.csv", (
    "adult", "belongs_to_collection", "budget", "genres", "id", "original_language", "original_title",
    "production_companies", "release_date", "revenue", "runtime", "status", "title", "vote_average", "vote_count",
))  # fmt: skip
CREDITS = RawFile("the-movies-dataset", "credits.csv", ("cast", "crew", "id"), optional=True)
KEYWORDS = RawFile("the-movies-dataset", "keywords.csv", ("id", "keywords"), optional=True)
LINKS = RawFile("the-movies-dataset", "links.csv", ("movieId", "imdbId", "tmdbId"), optional=True)
RATINGS = RawFile("the-movies-dataset", "ratings.csv", ("userId", "movieId", "rating", "timestamp"), optional=True)

TMDB_MOVIES = RawFile(
    "tmdb-5000",
    "tmdb_5000_movies.csv",
    ("budget", "id", "original_language", "popularity", "release_date", "revenue", "title", "vote_average"),
    aliases=("movies.csv",),
)
TMDB_CREDITS = RawFile(
    "tmdb-5000", "tmdb_5000_credits.csv", ("movie_id", "title", "cast", "crew"), ("credits.csv",), optional=True
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

MOVIE_INDUSTRY = RawFile("movie-industry", "movies.csv", (
    "name", "rating", "genre", "year", "released", "score", "votes", "director", "writer", "star", "country", "budget",
    "gross", "company", "runtime",
))  # fmt: skip

OMDB = RawFile(
    "omdb", "omdb.jsonl", ("Title", "Year", "Runtime", "Genre", "Director", "Actors", "imdbRating"), ("omdb.json",)
)

ALL_FILES = (
    MOVIES_METADATA, CREDITS, KEYWORDS, LINKS, RATINGS, TMDB_MOVIES, TMDB_CREDITS, TMDB_EXPORT, TITLE_BASICS,
    TITLE_RATINGS, TITLE_PRINCIPALS, TITLE_CREW, NAME_BASICS, MOVIE_INDUSTRY, OMDB,
)  # fmt: skip


def files_of(source: str) -> list[RawFile]:
    """Return the files of a collection, the main one first."""
    return [file for file in ALL_FILES if file.source == source]


def find_files(source: str, raw: Path, note: Callable[[str], None] = lambda _: None) -> dict[RawFile, Path]:
    """Return the paths of a collection's files, of those that are there; refuse needed ones that are missing or others.

    Args:
        raw: the folder, or the main file with the others beside it.
        note: is called with a sentence for each optional file that is another than its name says, and is not used.
    """
    main, *others = files_of(source)
    home = f"it usually comes from {HOMES[source]}"
    if not raw.exists():
        raise InputError(f"--raw {raw} does not exist: it must be the folder with {main.names}, or that file; {home}")
    folder = raw if raw.is_dir() else raw.parent
    candidates = {file: file.candidates(folder) for file in (main, *others)}
    if raw.is_file():
        candidates[main] = [raw]
    missing = [file.names for file, paths in candidates.items() if not paths and not file.optional]
    if missing:
        packed = ", ".join(sorted(path.name for path in folder.glob("*.zip")))
        remedy = f"unpack {packed}" if packed else home
        raise InputError(f"--raw {folder} has no {' and no '.join(missing)}, which `{source}` needs; {remedy}")
    files = {}
    for file, paths in candidates.items():
        fitting = next((path for path in paths if not _problem(file, path)), None)
        if fitting:
            files[file] = fitting
        elif paths and not file.optional:
            raise InputError(_problem(file, paths[0]))
        elif paths:
            note(f"Not used: {_problem(file, paths[0])}")
    return files


def _problem(file: RawFile, path: Path) -> str:
    """Return what a file looks like, if it lacks columns; an empty text if it has them all."""
    columns, kind = _columns_and_kind(path)
    lacking = [name for name in file.columns if name not in columns]
    if not lacking:
        return ""
    if fitting := [known for known in ALL_FILES if set(known.columns) <= set(columns)]:
        best = max(fitting, key=lambda known: len(known.columns))
        kind = f"{best.source}'s {best.name}"
    expected = f"{'keys' if file is OMDB else 'columns'} {', '.join(file.columns)}"
    lacks = f"it lacks {', '.join(lacking)}" if len(lacking) < len(file.columns) else "it has none of them"
    return f"{path} looks like {kind}; expected {file.source}'s {file.name} with the {expected}; {lacks}"


def _columns_and_kind(path: Path) -> tuple[tuple[str, ...], str]:
    """Return the columns or keys that a file begins with, and what kind of file it is."""
    with open_raw(path) as stream:
        head = stream.read(HEAD)
    for magic, kind in MAGIC.items():
        if head.lstrip().lower().startswith(magic.lower()):
            return (), kind
    if b"\0" in head[:1000]:
        return (), "no text, for it has NUL bytes; if it is UTF-16, save it as UTF-8"
    if not head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[")):
        columns = read_header(path).columns
        return columns, f"a table with the columns {', '.join(columns[:8])}"
    keys: dict[str, None] = {}
    with open_raw(path) as stream:
        # Some objects may be broken, or say that OMDb has no film.
        for item in json_objects(BytesIO(stream.read(16 * HEAD))):
            keys |= dict.fromkeys(item.value)
            if keys.keys() >= set(OMDB.columns):
                break
    return tuple(keys), "JSON"
