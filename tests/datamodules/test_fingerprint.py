from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.films import fit_films, same_films
from greenlight_films.datamodules.fingerprint import OF_VALUES, digest
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.splits import GroupSplit
from greenlight_films.datamodules.tables.label_cells import read_labels, split_labels
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.targets import Target


@pytest.fixture
def declared() -> Declared:
    features = [Number("year"), Number("budget", log1p=True), Labels("cast"), Category("company")]
    return Declared(features, Target("rating"), GroupSplit("id"), film="id", title="title")


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(2)
    names = [f"P{n}" for n in range(9)]
    texts = {
        "title": [f"Film {n}" for n in range(60)],
        "cast": [", ".join(random.choice(names, 2)) for _ in range(60)],
        "company": random.choice(["A", "B"], 60).tolist(),
    }
    numbers = {
        "id": np.arange(60) // 2,
        "year": random.integers(1950, 2020, 60),
        "budget": np.where(random.random(60) < 0.2, np.nan, random.integers(1, 10**6, 60)),
        "rating": random.normal(6, 1, 60).round(3),
    }
    return pd.DataFrame({**numbers, **{name: pd.Series(cells, dtype="str") for name, cells in texts.items()}})


def test_the_fingerprint_is_of_values_whatever_the_file(frame, declared, tmp_path):
    frame.to_csv(tmp_path / "films.csv", index=False)
    frame.to_parquet(tmp_path / "films.parquet")
    frame.astype("str").to_parquet(tmp_path / "texts.parquet")
    tables = [read_table(tmp_path / name) for name in ("films.csv", "films.parquet", "texts.parquet")]
    tables += [read_table(frame), read_table(frame.convert_dtypes(dtype_backend="pyarrow"))]
    fitted = [fit_films(table, declared)[1] for table in tables]
    assert len({each.fingerprint for each in fitted}) == 1
    assert fitted[0].fingerprint.startswith(OF_VALUES)
    assert all((each.sides == fitted[0].sides).all() for each in fitted)


@pytest.mark.parametrize("column", ["title", "id", "year", "budget", "cast", "company", "rating"])
def test_every_column_that_the_config_names_counts(frame, declared, column):
    fingerprint = fit_films(frame, declared)[1].fingerprint
    changed = frame.copy()
    changed[column] = frame[column].to_numpy()[::-1]
    assert not changed.equals(frame)
    assert fit_films(changed, declared)[1].fingerprint != fingerprint
    assert fit_films(frame.assign(other=1), declared)[1].fingerprint == fingerprint


def test_a_run_with_the_fingerprint_of_encoded_films_is_compared_by_that(frame, declared):
    films, fitted = fit_films(frame, declared)
    with pytest.raises(ValueError, match="is not the one that this run was trained with"):
        same_films(frame, declared, replace(fitted, fingerprint="5fd0"))
    whole = sha256()
    encoded = films.encoded
    for part in (films.actual, encoded.dense, encoded.labels.indptr, encoded.labels.indices, encoded.labels.data):
        whole.update(np.ascontiguousarray(part).data)
    older = Fitted.from_state(replace(fitted, fingerprint=whole.hexdigest()).to_state())
    assert same_films(frame, declared, older).rows.sides().tolist() == films.rows.sides().tolist()


def test_labels_count_by_names_and_order():
    cells = pd.Series(["B, A", "A", None], dtype="str")
    lists = split_labels(pd.Series(["Z", *cells], dtype="str"), ", ").take(np.array([1, 2, 3]))
    assert digest(lists) == digest(split_labels(cells, ", "))
    assert digest(split_labels(pd.Series(["A, B", "A", None], dtype="str"), ", ")) != digest(lists)
    assert digest(read_labels(pd.Series([1.0, 2.0, None]))) == digest(read_labels(pd.Series(["1", "2", None])))


@pytest.mark.parametrize(
    ("value", "other", "same"),
    [
        (np.array([0.0, np.nan]), np.array([-0.0, -np.nan]), True),
        (np.array([1.0]), np.array([1.0 + 1e-15]), False),
        (np.array(["2001-05-01", "NaT"], "datetime64[D]"), np.array(["2001-05-01T20", "NaT"], "datetime64[ns]"), True),
        ([np.array([1.0])], [np.array([1.0]), np.array([])], False),
        ({"a": 1}, {"a": 2}, False),
    ],
)
def test_equal_values_have_equal_digests(value, other, same):
    assert (digest(value) == digest(other)) == same
