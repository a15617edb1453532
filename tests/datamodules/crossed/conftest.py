"""A small table, its films with inputs of their labels, and a penalty that nothing chooses."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import FilmDataModule, Labels, Number, RandomSplit, Target
from greenlight_films.datamodules.crossed import ridge_columns
from greenlight_films.datamodules.features import RidgeByColumn, Size, TrackRecord

INPUTS = [
    *(RidgeByColumn(column) for column in ("cast", "genre")),
    TrackRecord("cast", min_labels=10),
    Size("cast"),
]
FEATURES = [Number("year"), Labels("cast"), Labels("genre"), *INPUTS]


@pytest.fixture
def table() -> pd.DataFrame:
    """Return 200 films with casts of 40 people."""
    drawn = np.random.default_rng(1)

    def cells(names, least, most):
        return [", ".join(drawn.choice(names, size=drawn.integers(least, most), replace=False)) for _ in range(200)]

    people = [f"P{name}" for name in range(40)]
    return pd.DataFrame(
        {
            "year": drawn.integers(1980, 2000, 200),
            "cast": cells(people, 0, 6),
            "genre": cells(["Drama", "Comedy", "War"], 1, 3),
            "rating": drawn.normal(5, 1, 200),
        }
    )


def ready(frame, split=RandomSplit(), features=FEATURES, **more):  # noqa: B008 (frozen)
    data = FilmDataModule(frame=frame, features=features, target=Target("rating"), split=split, **more)
    data.setup("fit")
    return data


def assert_independent_of_held_out_targets(ready, table: pd.DataFrame) -> None:
    """Set films up with other targets of held-out films, and check that no input of any film differs."""
    before, changed = ready(table).films, table.copy()
    held_out = np.concatenate([before.rows.val, before.rows.test])
    changed.loc[held_out, "rating"] = changed.loc[held_out, "rating"].to_numpy()[::-1] * 3
    after = ready(changed).films
    for part in ("inputs", "dense"):
        assert (getattr(after.encoded, part) == getattr(before.encoded, part)).all()
    assert (after.crossed.drawn == before.crossed.drawn).all()


@pytest.fixture
def given_penalty(monkeypatch):
    monkeypatch.setattr(ridge_columns, "PENALTIES", (3.0,))
