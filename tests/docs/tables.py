"""The files that the pages of the documentation name: small tables of films, and configs that train briefly on them."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from greenlight_films.datamodules.tables.wikidata_films import read_wikidata_films
from tests.docs.pages import ROOT

PEOPLE = [f"{first} {last}" for first in ("Ann", "Bo", "Cem", "Dee", "Zoë") for last in ("Ames", "Li", "Øre", "Vale")]


def write_files(folder: Path, page: str, new_is_own: bool) -> None:
    """Write what a page names but makes not itself into a folder: tables, raw files, configs.

    Args:
        new_is_own: whether new.csv holds films of films.csv, and not of the ratings.
    """
    own, rated = own_films(150), wikidata_films()
    new = own if new_is_own else rated
    tables = {"films": own, "test": own.tail(50), "new": new.head(20), "newer": rated.tail(60), "people": people()}
    for name, table in {**tables, "wikidata": rated, "final_movie_table": rated_films()}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "configs").mkdir()
    for path in (ROOT / "configs").glob("*.yaml"):
        text = yaml.safe_dump(short_config(path), sort_keys=False, allow_unicode=True)
        (folder / "configs" / path.name).write_text(text, encoding="utf-8")
    short = short_config(ROOT / "configs/your_films.yaml") | {"name": "short"}
    text = yaml.safe_dump(short, sort_keys=False).replace("separator: ', '", "separator: '|'")
    for name in ("ratings", *(["films"] if page in ("scaling.md", "several_gpus.md") else [])):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    write_raw_films(folder / "downloads")


def short_config(path: Path) -> dict[str, Any]:
    """Return a shipped config with a small table and a short training."""
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    table = config["data"]["table"]
    small = {"wikidata-films": "wikidata.csv", "films.csv": "films.csv"}
    rest = "people.csv" if "profit" in path.stem else "final_movie_table.csv"
    config["data"]["table"] = small.get(table, rest)
    config["trainer"] = {**config.get("trainer", {}), "max_epochs": 2, "logger": False}
    config["compare"] = {**config.get("compare", {}), "models": ["ridge", "kmeans"], "grid": False}
    if "search" in config:
        config["search"]["space"] = {key: values[-1:] for key, values in config["search"]["space"].items()}
    return config


def own_films(n: int) -> pd.DataFrame:
    """Return films as a user has them, whose rating depends on genre, year and a person."""
    random = np.random.default_rng(11)
    year, genres = random.integers(1960, 2024, n), _several(random, ["Drama", "Comedy", "War", "Horror"], n, "|", 2)
    cast = _several(random, PEOPLE, n, "|", 3)
    rating = (
        5
        + (year - 1990) / 40
        + [("Drama" in genre) + ("Ann Ames" in names) for genre, names in zip(genres, cast, strict=True)]
    )
    return pd.DataFrame(
        {
            "title": [f"A film, the {number}th" for number in range(n)],
            "year": year,
            "runtime": random.normal(105, 15, n).round(),
            "budget": random.lognormal(16, 1, n).round(),
            "genres": genres,
            "cast": cast,
            "gross": random.lognormal(17, 1, n).round(),
            "rating": (rating + random.normal(0, 0.4, n)).round(1),
        }
    )


@cache
def wikidata_films() -> pd.DataFrame:
    """Return 300 of the embedded films: the first five, and those of known box office."""
    films = read_wikidata_films()
    known = films.iloc[5:]
    return pd.concat([films.head(5), known[known["BoxOffice"].notna() & known["Rating"].notna()].head(295)])


def people() -> pd.DataFrame:
    """Return a table with a row a person of 120 films."""
    random = np.random.default_rng(12)
    rows = [
        {
            "tconst": f"tt{film:04d}",
            "primaryTitle": f"Film {film}",
            "runtimeMinutes": 90 + film % 40,
            "employee": person,
            "category": category,
            "ProductionCompanies": ["Acme", "Bolt, Acme", "Cine9"][film % 3],
            "profit_ratio": round(random.normal(1 + film % 3, 0.3) * 1.5, 3) if not index else None,
        }
        for film in range(120)
        for index, (person, category) in enumerate(
            zip(random.choice(PEOPLE, 4, replace=False), ("actor", "actress", "director", "writer"), strict=True)
        )
    ]
    return pd.DataFrame(rows).ffill()


def rated_films() -> pd.DataFrame:
    """Return a table with the columns of the rating study's."""
    random = np.random.default_rng(6)
    numbers = ("budget", "revenue", "vote_count", "user_rating_count", "keyword_count")
    return pd.DataFrame(
        {
            **{name: random.lognormal(8, 2, 300).round() for name in numbers},
            "runtime": random.normal(100, 20, 300).round(),
            "genres": _several(random, ["Drama", "Comedy", "War"], 300, "|", 2),
            "release_year": random.integers(1915, 2022, 300),
            "original_language": random.choice(["en", "fr", "ru", "xx", "sv"], 300, p=[0.6, 0.2, 0.1, 0.06, 0.04]),
            "lead_actor": [f"Actor {number}" for number in random.geometric(0.05, 300)],
            "vote_average": random.normal(6, 1, 300).round(1),
        }
    )


def write_raw_films(folder: Path) -> None:
    """Write a file as The Movies Dataset has it, of 100 films."""
    random, n = np.random.default_rng(13), 100
    genres = [json.dumps([{"id": int(number), "name": f"Genre {number}"}]) for number in random.integers(0, 5, n)]
    frame = pd.DataFrame(
        {
            "adult": "False",
            "budget": random.integers(1_000_000, 90_000_000, n),
            "genres": genres,
            "id": range(100, 100 + n),
            "imdb_id": [f"tt{number:07d}" for number in range(n)],
            "original_language": "en",
            "production_companies": "[]",
            "release_date": [f"{year}-05-01" for year in random.integers(1980, 2017, n)],
            "revenue": random.integers(1_000_000, 90_000_000, n),
            "runtime": random.integers(80, 150, n),
            "title": [f"Film {number}" for number in range(n)],
            "vote_average": random.normal(6, 1, n).round(1),
            "vote_count": random.integers(10, 5000, n),
        }
    )
    header = (ROOT / "tests/sources/the-movies-dataset/movies_metadata.csv").read_text(encoding="utf-8").splitlines()[0]
    folder.mkdir()
    frame.reindex(columns=header.split(",")).to_csv(folder / "movies_metadata.csv", index=False)


def _several(random: np.random.Generator, names: Sequence[str], n: int, separator: str, most: int) -> list[str]:
    return [separator.join(random.choice(names, random.integers(1, most + 1), replace=False)) for _ in range(n)]
