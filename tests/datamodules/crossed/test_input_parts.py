"""Records of another number than the target."""

import numpy as np
import pytest

from greenlight_films.datamodules import Labels
from greenlight_films.datamodules.features import Category, TrackRecord
from tests.datamodules.crossed.conftest import ready


def test_a_record_of_another_column_is_the_mean_of_training_films_numbers_and_new_films_need_none(table):
    table["gross"] = np.random.default_rng(5).lognormal(size=200)
    table.loc[::4, "gross"] = np.nan
    own = [
        Labels("cast"),
        TrackRecord("cast", 1),
        TrackRecord("cast", 1, of="gross"),
        TrackRecord("cast", 1, of="year"),
    ]
    data = ready(table, features=own)
    labels, train = data.films.crossed.labels, table.loc[data.films.rows.train]
    assert labels.names[:6] == ["record", "record above", "record below", "films", "known", "record of gross"]
    assert len(labels.names) == 15
    known = train["gross"].dropna()
    values = labels.values * data.films.crossed.scales.deviation
    record, films = (values[:, labels.names.index(f"{name} of gross")] for name in ("record", "films"))
    mixed = []
    for index, person in enumerate(data.fitted.encoder.space.labels[0].values):
        theirs = train[[person in cell.split(", ") for cell in train["cast"]]]["gross"].dropna()
        assert np.expm1(films[index]) == pytest.approx(len(theirs), abs=1e-4)
        total = (theirs - known.mean()).sum() / known.std(ddof=0)
        mixed.append(total / record[index] - len(theirs))
    assert mixed == pytest.approx(np.full(len(mixed), mixed[0]), rel=1e-2)
    assert 0.5 <= mixed[0] <= 50
    new = table.drop(columns=["gross", "year", "rating"])[:5]
    assert data.fitted.encoder.encode(new).n_rows == 5
    changed = table.copy()
    changed.loc[data.films.rows.test, "gross"] *= 7
    other = ready(changed, features=own)
    assert (other.films.encoded.inputs == data.films.encoded.inputs).all()
    assert other.fitted.fingerprint != data.fitted.fingerprint


def test_a_film_with_the_only_number_of_its_labels_gets_no_record_of_it(table):
    table["director"] = [f"D{row // 2}" for row in range(200)]
    table["gross"] = np.where(np.arange(200) % 2, np.nan, np.arange(200) / 9 + 1)
    films = ready(table, features=[Category("director"), TrackRecord("director", 1, of="gross")]).films
    has_number = np.isin(films.crossed.train, np.arange(0, 200, 2))
    centre = films.crossed.labels.centre
    assert films.crossed.labels.names == ["record of gross", "films of gross", "known of gross"]
    assert films.crossed.drawn[:, has_number] == pytest.approx(np.broadcast_to(-centre, (4, has_number.sum(), 3)))
    assert not np.allclose(films.crossed.drawn[:, ~has_number, 0], -centre[0])
