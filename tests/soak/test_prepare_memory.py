"""Raw files that are larger than memory are read block by block: peaks of a process that reads large ones."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as pacsv

ROOT = Path(__file__).parents[2]
CHILD = """
import json, sys
from pathlib import Path
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RATINGS, find_files
from greenlight_films.sources.user_ratings import rating_sums

def megabytes():
    # Unlike getrusage, this knows nothing of the process that started this one.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

source, raw, before = sys.argv[1], Path(sys.argv[2]), megabytes()
preparation = Preparation({RATINGS: raw / "ratings.csv"} if source == "ratings" else find_files(source, raw))
films = rating_sums(preparation) if source == "ratings" else CATALOGUE[source].prepare(preparation)
print(json.dumps([megabytes() - before, preparation.read, len(films)]))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process reads its own peak of memory in /proc")


def peak_of(source: str, raw: Path) -> tuple[float, dict[str, int], int]:
    """Return megabytes beyond those of the imports, rows read by file, and films."""
    words = [sys.executable, "-c", CHILD, source, str(raw)]
    megabytes, read, n_films = json.loads(subprocess.run(words, capture_output=True, check=True, cwd=ROOT).stdout)
    return megabytes, read, n_films


def write_tsv(path: Path, **columns: object) -> None:
    options = pacsv.WriteOptions(delimiter="\t", quoting_style="none")
    pacsv.write_csv(pa.table(columns), path, options)


def ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array([f"{prefix}{number:07}" for number in numbers.tolist()])


def test_5_million_ratings_are_summed_in_little_memory(tmp_path):
    random = np.random.default_rng(5)
    movies, ratings = random.integers(1, 45_001, 5_000_000), random.integers(1, 11, 5_000_000) / 2
    users = np.arange(5_000_000) // 100
    table = {"userId": users, "movieId": movies, "rating": ratings, "timestamp": users + 10**9}
    pacsv.write_csv(pa.table(table), tmp_path / "ratings.csv")
    megabytes, _, n_movies = peak_of("ratings", tmp_path)
    assert n_movies == 45_000
    assert megabytes < 350  # the file has 140 MB; as a whole table of pandas it needs 500 MB more


def test_3_million_credits_of_imdb_are_read_in_little_memory(tmp_path):
    random = np.random.default_rng(1895)
    n_titles, n_principals, n_names = 300_000, 3_000_000, 500_000
    titles, names = ids("tt", np.arange(1, n_titles + 1)), ids("nm", np.arange(1, n_names + 1))
    kinds = pa.array(random.choice(["movie", *["tvEpisode"] * 7, "short", "tvMovie"], n_titles))
    zeros, years = pa.array(["0"] * n_titles), pa.array(random.integers(1900, 2024, n_titles))
    write_tsv(
        tmp_path / "title.basics.tsv",
        tconst=titles, titleType=kinds, primaryTitle=titles, originalTitle=titles, isAdult=zeros, startYear=years,
        endYear=zeros, runtimeMinutes=years, genres=kinds,
    )  # fmt: skip
    rated = pa.array(np.flatnonzero(random.random(n_titles) < 0.5))
    votes = random.integers(5, 9000, len(rated))
    write_tsv(tmp_path / "title.ratings.tsv", tconst=titles.take(rated), averageRating=votes / 900, numVotes=votes)
    write_tsv(tmp_path / "name.basics.tsv", nconst=names, primaryName=names)
    persons = [names.take(pa.array(random.integers(0, n_names, n))) for n in (n_titles, n_titles, n_principals)]
    write_tsv(tmp_path / "title.crew.tsv", tconst=titles, directors=persons[0], writers=persons[1])
    categories = pa.array(random.choice(["actor", "actress", "director", "self", "producer", "editor"], n_principals))
    write_tsv(
        tmp_path / "title.principals.tsv",
        tconst=titles.take(pa.array(np.sort(random.integers(0, n_titles, n_principals)))),
        ordering=random.integers(1, 40, n_principals), nconst=persons[2], category=categories, job=categories,
    )  # fmt: skip
    megabytes, read, n_films = peak_of("imdb", tmp_path)
    assert read["title.principals.tsv"] == n_principals
    assert 14_000 < n_films < 16_000  # a tenth is movies, half of them rated
    assert megabytes < 200  # it takes 120; that much again is what keeping all blocks would add
