from pathlib import Path

import numpy as np
import pandas as pd

from greenlight_films.sources.imdb_credits import CATEGORIES, ROLES
from tests.sources.conftest import prepared


def people(films: pd.DataFrame, tconst: str) -> dict[str, list[str]]:
    cells = films.loc[tconst, list(ROLES)]
    return {role: list(names) for role, names in cells.items() if not (names is None or names is pd.NA)}


def test_without_crew_directors_come_from_principals_and_without_names_nconsts_stand_for_them(imdb: Path):
    for name in ("name.basics.tsv", "title.crew.tsv"):
        (imdb / name).unlink()
    films, preparation = prepared("imdb", imdb)
    assert people(films, "tt0211915") == {
        "actors": ["nm0440913", "nm0851582"],
        "directors": ["nm0000466"],
        "producers": ["nm0000466"],
        "composers": ["nm0076332"],
    }
    assert "persons who go by their nconst, for name.basics.tsv is not there: 8" in preparation.notes
    (imdb / "title.principals.tsv").unlink()
    films, _ = prepared("imdb", imdb)
    assert len(films) == 4
    assert films[list(ROLES)].isna().all(axis=None)


def random_files(raw: Path, n_films: int, n_principals: int, n_people: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write IMDb's files with people drawn at random; return crew and principals."""
    random = np.random.default_rng(1895)
    films, names = ([f"{prefix}{n:07}" for n in range(1, n + 1)] for prefix, n in (("tt", n_films), ("nm", n_people)))
    basics = pd.DataFrame({"tconst": films, "titleType": "movie", "primaryTitle": "T", "originalTitle": "T"})
    basics = basics.assign(isAdult="0", startYear="1999", endYear=None, runtimeMinutes="90", genres="Drama")
    crew = pd.DataFrame({"tconst": films, "directors": random.choice(names, n_films)})
    crew["writers"] = [",".join(pair) for pair in random.choice(names, (n_films, 2))]
    crew.loc[random.random(n_films) < 0.3, "directors"] = None
    principals = pd.DataFrame({"tconst": np.sort(random.choice(films, n_principals))})
    principals["ordering"] = random.permutation(n_principals)
    principals["nconst"] = random.choice(names, n_principals)
    principals["category"] = random.choice([*CATEGORIES, "self"], n_principals)
    tables = {"title.basics": basics, "title.crew": crew, "title.principals": principals}
    tables["title.ratings"] = pd.DataFrame({"tconst": films, "averageRating": "7", "numVotes": "9"})
    tables["name.basics"] = pd.DataFrame({"nconst": names, "primaryName": [f"Zoë {name}" for name in names]})
    for name, table in tables.items():
        table.to_csv(raw / f"{name}.tsv", sep="\t", index=False, na_rep="\\N")
    return crew.set_index("tconst"), principals.sort_values("ordering")


def test_people_are_those_that_whole_tables_give(tmp_path):
    crew, principals = random_files(tmp_path, n_films=400, n_principals=20_000, n_people=900)
    films, _ = prepared("imdb", tmp_path)
    groups = dict(tuple(principals.groupby(["tconst", principals["category"].map(CATEGORIES)])["nconst"]))
    assert len(groups) > 3000
    for tconst in films.index[::10]:
        expected = {role: groups[tconst, role].tolist() for role in ROLES if (tconst, role) in groups}
        expected |= {role: ids.split(",") for role, ids in crew.loc[tconst].dropna().items()}
        assert people(films, tconst) == {
            role: [f"Zoë {nconst}" for nconst in dict.fromkeys(ids)] for role, ids in expected.items()
        }
