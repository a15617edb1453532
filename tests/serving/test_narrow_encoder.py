"""A narrow encoder gives what the whole encoder gives, whatever the spelling."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Category, Labels, Number, Popularity, Size
from greenlight_films.serving import narrow_encoder
from greenlight_films.serving.narrow_encoder import NarrowEncoder

NAMES = [f"Person {number}" for number in range(40)] + [
    "Zoë Øre",
    "MacVenn",
    "Macvenn",
    "Ann Ode (II)",
    "Ann Ode",
    "Ö'Neil",
]


@pytest.fixture
def encoder() -> FilmEncoder:
    random = np.random.default_rng(0)
    cells = [", ".join(random.choice(NAMES, 4, replace=False)) for _ in range(300)]
    frame = pd.DataFrame({"cast": cells, "studio": random.choice(NAMES, 300), "year": np.arange(300) + 1700})
    encoder = FilmEncoder(
        [
            Popularity("cast", edges=[0.0, 5.0, 50.0]),
            Labels("cast", weight="sqrt"),
            Size("cast"),
            Number("year"),
            Category("studio", min_films=7),
        ]
    )
    encoder.fit_encode(frame, np.arange(300))
    return encoder


def test_films_are_encoded_alike_in_any_spelling(encoder, monkeypatch):
    monkeypatch.setattr(narrow_encoder, "FEW", 1)
    casts = [
        "Person 3, person 4, PERSON  5 (uncredited)",
        "zoë øre, Zoë Øre, Macvenn, MacVenn, macVenn",
        "Ann Ode (II), Ann Ode, Ann Ode (as Nobody), Nobody",
        "Ö'Neil, Ö’Neil, O'Neil",
        None,
        "Person 39",
    ]
    frame = pd.DataFrame(
        {"cast": casts, "studio": ["person 1", "No One", None, "Person 2 (1)", "Ann Ode", ""], "year": 1999}
    )
    narrow, whole = NarrowEncoder(encoder).encode(frame), encoder.encode(frame)
    assert (narrow.labels != whole.labels).nnz == 0
    assert narrow.labels.shape == whole.labels.shape
    assert np.array_equal(narrow.dense, whole.dense)
    assert {column: counts.tolist() for column, counts in narrow.unseen.items()} == {
        column: counts.tolist() for column, counts in whole.unseen.items()
    }
    assert whole.unseen["cast"].sum() >= 1


def test_names_that_no_column_is_for_are_told_apart(encoder):
    names = ["Person 1", "No Body", "zoë ØRE", "Ann Ode (III)"]
    assert NarrowEncoder(encoder).unseen("cast", names) == ["No Body", "Ann Ode (III)"]
