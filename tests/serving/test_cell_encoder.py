"""Films encoded cell by cell are those encoded whole."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Category, Date, Labels, Number, RidgeByColumn, Size
from greenlight_films.serving.cell_encoder import CellEncoder

FEATURES = [
    Number("year"),
    Labels("cast", weight="sqrt", min_films=1),
    Labels("genre"),
    Size("cast"),
    Date("released"),
    Category("studio"),
    RidgeByColumn("cast"),
    Number("budget", log1p=True),
]


def test_the_same_numbers_labels_and_unknown_names_come_out():
    random = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "year": random.integers(1950, 2020, n).astype(object),
            "cast": [list(random.choice(["Ann", "Bo", "Cy", "Di"], 2, replace=False)) for _ in range(n)],
            "genre": random.choice(["Drama, War", "War", "Comedy"], n),
            "released": random.choice(["1994-05-01", "2001-12-24", None], n),
            "studio": random.choice(["Ufa", "Toho"], n),
            "budget": random.choice([None, 1e6, 2.5e7], n),
        }
    )
    encoder = FilmEncoder(FEATURES)
    encoder.fit_encode(frame, np.arange(n))
    films = [
        {
            "year": 1999,
            "cast": ["Di", "Nobody", "ann"],
            "genre": "War",
            "released": "2003",
            "studio": "Ufa",
            "budget": 9,
        },
        {"budget": 9},
        {"cast": "Bo", "genre": ["Comedy", "Unheard"], "studio": "Mosfilm"},
    ]
    cells = CellEncoder(encoder)
    for _ in range(2):  # the second time they are remembered
        encoded = cells.encode(films)
        for row, film in enumerate(films):
            columns = {name: pd.Series([film.get(name)], dtype=object) for name in frame}
            alone = encoder.encode(pd.DataFrame(columns))
            assert np.array_equal(encoded.dense[row], alone.dense[0])
            assert np.array_equal(encoded.unscaled[row], alone.unscaled[0])
            assert (encoded.labels[[row]] != alone.labels).nnz == 0
            assert {name: counts[row] for name, counts in encoded.unseen.items()} == {
                name: counts[0] for name, counts in alone.unseen.items()
            }
    assert encoded.labels.has_sorted_indices
