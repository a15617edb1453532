import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.targets import Target


@pytest.fixture(scope="session")
def wikidata():
    return read_table("wikidata-films")


@pytest.fixture
def ready(film_data):
    """Return a maker of datamodules that are set up."""

    def make(stage: str = "fit", **given) -> FilmDataModule:
        data = film_data(**given)
        data.setup(stage)
        return data

    return make


@pytest.fixture
def declared(film_features) -> Declared:
    """Return what `film_data` declares of `films_frame`."""
    return Declared(film_features, Target("rating"), RandomSplit(0.15, 0.25, 3), film="id", title="title")


@pytest.fixture
def films():
    """80 films with missing cells, labels twice in a cell, and labels that the first 20 rows have alone."""
    rng = np.random.default_rng(7)
    people = np.array([f"Person {i}" for i in range(12)] + ["Éva Ö", "李"])
    casts = [", ".join(rng.choice(people, rng.integers(0, 5))) for _ in range(80)]
    late = [f"{cast}, Newcomer {row}" if row < 20 else cast for row, cast in enumerate(casts)]
    studios = rng.choice(["Ealing", "Gaumont", "Toho", "Ufa"], 80, p=[0.6, 0.25, 0.1, 0.05])
    days = np.datetime64("1980-03-07") + 97 * np.arange(80)
    released = [str(day)[: (10, 7, 10, 4)[row % 4]] for row, day in enumerate(days)]  # days, months and years
    return pd.DataFrame(
        {
            "Runtime": np.where(rng.random(80) < 0.2, np.nan, rng.normal(100, 20, 80).round()),
            "Budget": np.where(rng.random(80) < 0.2, np.nan, rng.integers(0, 10**6, 80)),
            "Cast": pd.Series(late, dtype="str").mask(rng.random(80) < 0.1),
            "Genres": pd.Series([f"[{{'name': '{cast[:8]}'}}]" if cast else "[]" for cast in casts], dtype="str"),
            "Studio": pd.Series(studios, dtype="str").mask(rng.random(80) < 0.1),
            "Released": pd.Series(released, dtype="str").mask(np.arange(80) % 9 == 4),
        }
    )
