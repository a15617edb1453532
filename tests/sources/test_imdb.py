import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.imdb import Imdb
from greenlight_films.sources.imdb_credits import ROLES
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files

RAW = Path(__file__).parent / "imdb"
CUT_OFF = "has {} cells where the header has {}: shifted or cut off"
BASICS = "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"


def prepared(raw: Path = RAW, **options: Any) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation(find_files("imdb", raw), **options)
    return Imdb().prepare(preparation).set_index("tconst"), preparation


def people(films: pd.DataFrame, tconst: str) -> dict[str, list[str]]:
    cells = films.loc[tconst, list(ROLES)]
    return {role: list(names) for role, names in cells.items() if not (names is None or names is pd.NA)}


def lost(preparation: Preparation, file: str, dropped: str = "row") -> dict[int, str]:
    return preparation.rejected.query("file == @file and dropped == @dropped").set_index("line")["reason"].to_dict()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RAW, tmp_path / "raw"))


def test_a_title_comes_as_it_stands_also_with_a_quote_that_never_closes():
    films, _ = prepared()
    amelie = films.loc["tt0211915"]
    assert (amelie["primaryTitle"], amelie["originalTitle"]) == ('"Amélie', "Le fabuleux destin d'Amélie Poulain")
    assert (amelie["isAdult"], amelie["startYear"], amelie["runtimeMinutes"]) == (0, 2001, 122)
    assert (amelie["genres"], amelie["averageRating"], amelie["numVotes"]) == ("Comedy|Romance", 8.3, 808_000)
    assert list(films.index) == ["tt0000009", "tt0211915", "tt0045152", "tt10872600"]


def test_what_is_not_known_is_missing_but_a_title_may_be_any_word():
    rain = prepared()[0].loc["tt0045152"]
    assert (rain["primaryTitle"], rain["originalTitle"]) == ("Null", '"Singing" in "Rain"')
    assert pd.isna(rain["startYear"])
    assert pd.isna(rain["genres"])


def test_a_runtime_of_0_is_missing_unless_it_is_wanted():
    films, preparation = prepared()
    assert pd.isna(films.loc["tt0045152", "runtimeMinutes"])
    assert "runtimes of 0, taken as missing: 1" in preparation.notes
    assert prepared(zero_is_missing=False)[0].loc["tt0045152", "runtimeMinutes"] == 0


def test_titles_of_other_kinds_and_movies_without_a_rating_are_counted():
    films, preparation = prepared()
    assert "tt0777777" not in films.index
    for note in (
        "titles of the kind tvEpisode, left out: 1",
        "titles of the kind tvMovie, left out: 1",
        "movies without a rating, left out: 1",
        "ratings of titles that are no movie, not used: 1",
    ):
        assert note in preparation.notes


def test_broken_titles_and_ratings_are_rejected_with_their_lines():
    _, preparation = prepared()
    assert lost(preparation, "title.basics.tsv") == {
        6: "tconst stands in an earlier row",
        7: "tconst is no id such as tt0000009",
        8: CUT_OFF.format(5, 9),
    }
    assert lost(preparation, "title.ratings.tsv") == {
        7: "tconst stands in an earlier row",
        8: "tconst is no id such as tt0000009",
        9: CUT_OFF.format(2, 3),
        10: "tconst stands in an earlier row",
    }
    texts = preparation.rejected.query("file == 'title.basics.tsv' and dropped == 'row'").set_index("line")["text"]
    assert texts[6] == "tt0211915"
    assert texts[7].startswith("nm0000123\tmovie\tNo title id\t")
    assert texts[8] == "tt0099999\tmovie\tCut off\tCut off\t0"


def test_a_year_or_runtime_that_is_no_number_is_a_bad_cell():
    films, preparation = prepared()
    assert films.loc["tt10872600", ["isAdult", "startYear", "runtimeMinutes"]].isna().all()
    cells = preparation.rejected.query("file == 'title.basics.tsv' and dropped == 'cell'")
    assert sorted(zip(cells["line"], cells["reason"], cells["text"], strict=True)) == [
        (9, "isAdult is neither 0 nor 1: taken as missing", "2019"),
        (9, "runtimeMinutes is no number: taken as missing", "Reality-TV"),
        (9, "startYear is no number: taken as missing", "soon"),
    ]


def test_people_stand_in_the_order_of_ordering_each_once_in_a_column():
    films, preparation = prepared()
    assert people(films, "tt0211915") == {
        "actors": ["Mathieu Kassovitz", "Audrey Tautou"],
        "directors": ["Jean-Pierre Jeunet"],
        "writers": ["Guillaume Laurant", "Jean-Pierre Jeunet"],
        "producers": ["Jean-Pierre Jeunet"],
        "composers": ["Yann Tiersen"],
    }
    assert people(films, "tt10872600") == {}
    assert "persons who stand twice in a film's column, kept once: 1" in preparation.notes
    assert "persons in title.principals.tsv as self, not used: 1" in preparation.notes


def test_a_film_whose_directors_crew_does_not_tell_has_those_of_principals():
    films, preparation = prepared()
    sandy = 'Alexander "Sandy" Black'
    assert people(films, "tt0000009") == {"actors": ["Blanche Bayliss"], "directors": [sandy], "writers": [sandy]}
    assert "films whose directors only title.principals.tsv tells, taken from there: 1" in preparation.notes


def test_a_person_without_a_name_goes_by_the_nconst_and_one_without_a_place_is_last():
    films, preparation = prepared()
    assert people(films, "tt0045152")["actors"] == ["nm9999999", "nm0000042"]
    assert "persons without a name in name.basics.tsv, who go by their nconst: 2" in preparation.notes


def test_broken_rows_of_people_are_rejected_with_their_lines():
    _, preparation = prepared()
    assert lost(preparation, "title.principals.tsv") == {
        8: "person stands in an earlier row",
        12: "nconst is no id such as nm0000009",
        14: "tconst is no id such as tt0000009",
        17: CUT_OFF.format(5, 6),
    }
    assert lost(preparation, "title.crew.tsv") == {6: "tconst stands in an earlier row"}
    assert lost(preparation, "title.crew.tsv", "cell") == {5: "directors has no id such as nm0000009: left out"}
    assert lost(preparation, "name.basics.tsv") == {
        10: "nconst stands in an earlier row",
        12: "nconst is no id such as nm0000009",
    }


def test_every_row_is_told_of():
    films, preparation = prepared()
    assert preparation.read == {
        "title.basics.tsv": 10,
        "title.ratings.tsv": 9,
        "title.crew.tsv": 5,
        "title.principals.tsv": 16,
        "name.basics.tsv": 11,
    }
    assert len(films) + 3 + 2 + 1 == 10  # rejected, of other kinds, without a rating
    for note in (
        "rows of title.crew.tsv about films that are not in the table, not used: 1",
        "rows of title.principals.tsv about films that are not in the table, not used: 1",
        "persons in name.basics.tsv who are in no film of the table, not used: 1",
    ):
        assert note in preparation.notes


def test_films_with_few_votes_are_left_out_before_people_are_read():
    films, preparation = prepared(min_votes=100_000)
    assert list(films.index) == ["tt0211915", "tt0045152"]
    assert "films with fewer than 100,000 votes, left out: 2" in preparation.notes
    assert "rows of title.principals.tsv about films that are not in the table, not used: 3" in preparation.notes


def test_packed_files_are_read_alike(copied: Path):
    for path in list(copied.iterdir()):
        (copied / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed, preparation = prepared(copied)
    plain, told = prepared()
    pd.testing.assert_frame_equal(packed, plain)
    pd.testing.assert_frame_equal(preparation.rejected, told.rejected)
    assert preparation.notes == told.notes


def test_a_packed_file_that_was_cut_off_is_refused(copied: Path):
    whole = gzip.compress((copied / "title.principals.tsv").read_bytes())
    (copied / "title.principals.tsv").unlink()
    (copied / "title.principals.tsv.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"title\.principals\.tsv\.gz can't be read to its end: "):
        prepared(copied)


def test_without_the_files_of_people_their_columns_are_missing(copied: Path):
    for name in ("title.principals.tsv", "title.crew.tsv"):
        (copied / name).unlink()
    films, _ = prepared(copied)
    assert len(films) == 4
    assert films[list(ROLES)].isna().all(axis=None)


def test_without_crew_directors_come_from_principals_and_without_names_nconsts_stand_for_them(copied: Path):
    for name in ("name.basics.tsv", "title.crew.tsv"):
        (copied / name).unlink()
    films, preparation = prepared(copied)
    assert people(films, "tt0211915") == {
        "actors": ["nm0440913", "nm0851582"],
        "directors": ["nm0000466"],
        "producers": ["nm0000466"],
        "composers": ["nm0076332"],
    }
    assert "persons who go by their nconst, for name.basics.tsv is not there: 8" in preparation.notes


def test_lines_are_counted_over_empty_lines_and_bytes_that_are_no_utf8(copied: Path):
    rows = [
        b"tt0000001\tmovie\tCaf\xe9\tCaf\xe9\t0\t1999\t\\N\t90\tDrama",
        b"",
        b"short\xff",
        b"tt0000002\tmovie",
        b"x" * 9,
    ]
    rows += [b"bad\tmovie\tT\tT\t0\t1999\t\\N\t90\tDrama", b"tt0000001\tmovie\tT\tT\t0\tx\t\\N\t90\tDrama"]
    (copied / "title.basics.tsv").write_bytes(BASICS.encode() + b"\n".join(rows) + b"\n")
    (copied / "title.ratings.tsv").write_text("tconst\taverageRating\tnumVotes\ntt0000001\t7.0\t5\n")
    films, preparation = prepared(copied)
    assert films["primaryTitle"].tolist() == ["Caf\ufffd"]
    assert preparation.read["title.basics.tsv"] == 6
    assert lost(preparation, "title.basics.tsv") == {
        4: CUT_OFF.format(1, 9),
        5: CUT_OFF.format(2, 9),
        6: CUT_OFF.format(1, 9),
        7: "tconst is no id such as tt0000009",
        8: "tconst stands in an earlier row",
    }
    note = "unreadable bytes in title.basics.tsv, which is no UTF-8 text throughout, read as \ufffd: 3"
    assert note in preparation.notes


def test_a_file_with_a_header_alone_leaves_no_film(copied: Path):
    (copied / "title.basics.tsv").write_text(BASICS)
    films, preparation = prepared(copied)
    assert films.empty
    assert preparation.read["title.basics.tsv"] == 0


def test_the_command_says_what_was_read_and_writes_lists(command: Callable[..., Any], tmp_path: Path):
    answer = command("prepare", "imdb", "--raw", RAW, "--out", tmp_path / "films.parquet")
    assert answer.code == 0
    assert "imdb: read 10 rows of title.basics.tsv, 9 rows of title.ratings.tsv" in answer.out
    assert "4 films" in answer.out
    table = pq.read_table(tmp_path / "films.parquet")
    assert table["actors"].to_pylist()[1] == ["Mathieu Kassovitz", "Audrey Tautou"]
    assert table["actors"].to_pylist()[3] is None


LARGE = """
import json, sys
from pathlib import Path
from greenlight_films.sources.imdb import Imdb
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import find_files

def megabytes():
    # Unlike getrusage, this knows nothing of the process that started this one.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

raw, before = Path(sys.argv[1]), megabytes()
preparation = Preparation(find_files("imdb", raw), min_votes=1000)
films = Imdb().prepare(preparation)
print(json.dumps({"megabytes": megabytes() - before, "read": preparation.read, "notes": preparation.notes}))
films.to_parquet(raw / "films.parquet")
"""


def ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 7, "0"), "")


def chosen(texts: list[str], random: np.random.Generator, n: int) -> pa.Array:
    return pa.array(texts).take(pa.array(random.integers(0, len(texts), n)))


def write(path: Path, **columns: Any) -> None:
    """Write a file as IMDb does; Arrow's own writer would quote."""
    cells = [pa.array(column).cast(pa.string()) for column in columns.values()]
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, "\t"), "", "\n")
    path.write_bytes("\t".join(columns).encode() + b"\n" + lines.buffers()[2].to_pybytes()[: sum_of_bytes(lines)])


def sum_of_bytes(texts: pa.Array) -> int:
    return int(pc.sum(pc.binary_length(texts)).as_py())


def write_large(raw: Path, n_titles: int, n_principals: int, n_names: int) -> None:
    random = np.random.default_rng(1895)
    title, name, n = np.arange(1, n_titles + 1), np.arange(1, n_names + 1), n_principals
    kinds = chosen(["movie", *["tvEpisode"] * 7, "short", "tvMovie"], random, n_titles)
    words = pc.binary_join_element_wise('"Tïtle', ids("", title), " ")
    genres = chosen(["Drama", "Comedy,Romance", "\\N"], random, n_titles)
    year, nothing = random.integers(1900, 2024, n_titles), pa.array(["\\N"] * n_titles)
    write(
        raw / "title.basics.tsv",
        tconst=ids("tt", title), titleType=kinds, primaryTitle=words, originalTitle=words, isAdult=title * 0,
        startYear=year, endYear=nothing, runtimeMinutes=random.integers(60, 180, n_titles), genres=genres,
    )  # fmt: skip
    rated = np.flatnonzero(random.random(n_titles) < 0.5)
    rating, votes = random.integers(10, 100, len(rated)) / 10, random.integers(5, 9000, len(rated))
    write(raw / "title.ratings.tsv", tconst=ids("tt", title[rated]), averageRating=rating, numVotes=votes)
    directors = pc.if_else(pa.array(random.random(n_titles) < 0.3), "\\N", ids("nm", random.choice(name, n_titles)))
    two = pc.binary_join_element_wise(*(ids("nm", random.choice(name, n_titles)) for _ in range(2)), ",")
    write(raw / "title.crew.tsv", tconst=ids("tt", title), directors=directors, writers=two)
    categories = ["actor", "actress", "director", "writer", "self", "producer", "composer", "editor"]
    write(
        raw / "title.principals.tsv",
        tconst=ids("tt", np.sort(random.choice(title, n))), ordering=random.integers(1, 40, n),
        nconst=ids("nm", random.choice(name, n)), category=chosen(categories, random, n),
        job=chosen(["\\N", "written by"], random, n), characters=chosen(["\\N", '["The "" One"]'], random, n),
    )  # fmt: skip
    born = random.integers(1880, 2000, n_names)
    write(raw / "name.basics.tsv", nconst=ids("nm", name), primaryName=ids("Zoë ", name), birthYear=born)


def names_by_pandas(raw: Path, tconsts: list[str]) -> dict[str, dict[str, list[str]]]:
    """Return the people of films, worked out from whole tables."""

    def table(name: str, **how: Any) -> pd.DataFrame:
        return pd.read_csv(raw / name, sep="\t", quoting=3, na_values="\\N", keep_default_na=False, **how)

    principals = table("title.principals.tsv", usecols=["tconst", "ordering", "nconst", "category"])
    principals = principals[principals["tconst"].isin(tconsts)].sort_values("ordering", kind="stable")
    crew = table("title.crew.tsv").set_index("tconst")
    columns = {"actress": "actors", **{role.removesuffix("s"): role for role in ROLES}}
    found: dict[str, dict[str, list[str]]] = {}
    for tconst in tconsts:
        rows = principals[principals["tconst"] == tconst]
        cells = {role: some["nconst"].tolist() for role, some in rows.groupby(rows["category"].map(columns))}
        told = {role: crew.loc[tconst, role] for role in ("directors", "writers")}
        cells |= {role: text.split(",") for role, text in told.items() if not pd.isna(text)}
        found[tconst] = {
            role: [person.replace("nm", "Zoë ") for person in dict.fromkeys(persons)] for role, persons in cells.items()
        }
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is asked of Linux")
def test_large_files_are_read_in_blocks(tmp_path: Path):
    n_titles, n_principals, n_names = 300_000, 3_000_000, 500_000
    write_large(tmp_path, n_titles, n_principals, n_names)
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", LARGE, tmp_path], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    # It takes 120; that much again is what only keeping all blocks would add.
    assert told["megabytes"] < 200
    assert told["read"]["title.principals.tsv"] == n_principals
    films = pd.read_parquet(tmp_path / "films.parquet", dtype_backend="pyarrow").set_index("tconst")
    assert 12_000 < len(films) < 15_000  # a tenth is movies, half of them rated, eight in nine often enough
    some = films.index[:: len(films) // 40].tolist()
    expected = names_by_pandas(tmp_path, some)
    assert {len(persons) for persons in expected.values()} >= {3, 6}
    assert {tconst: people(films, tconst) for tconst in some} == expected
