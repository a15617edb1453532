"""Near records through the data module: what they are for each film, what leaks into them, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules import FilmDataModule, FilmEncoder, InputError, Labels, Number, Target, TimeSplit
from greenlight_films.datamodules.crossed.near_inputs import near_columns
from greenlight_films.datamodules.crossed.near_records import NearKernel
from greenlight_films.datamodules.features import Category, Date, Size, TrackRecord
from greenlight_films.datamodules.films import same_films
from greenlight_films.lightning_modules import MLPRegressor
from tests.datamodules.crossed.conftest import assert_independent_of_held_out_targets

FEATURES = [Labels("cast"), Size("cast"), Number("year"), Number("budget", log1p=True)]
NEAR = [*FEATURES, TrackRecord("cast", 5, near=["year", "budget"])]


@pytest.fixture
def table() -> pd.DataFrame:
    drawn = np.random.default_rng(1)
    people = drawn.integers(0, 20, size=(150, 2))
    year, budget = drawn.integers(1980, 2010, 150), drawn.exponential(10, 150)
    rating = np.sin(year / 4 + people[:, 0]) + drawn.normal(0, 0.3, 150)
    cast = [", ".join(sorted({f"P{name}" for name in names})) for names in people]
    return pd.DataFrame({"cast": cast, "year": year, "budget": budget, "rating": rating})


def ready(frame: pd.DataFrame, features=NEAR, **more) -> FilmDataModule:
    data = FilmDataModule(frame=frame, features=features, target=Target("rating"), **more)
    data.setup("fit")
    return data


def process(data: FilmDataModule, label: int, rows: np.ndarray, where: np.ndarray) -> float:
    """Return the mean of a process fitted to these rows, with the tuned kernel, at a film's numbers."""
    kernel = NearKernel.of_numbers(data.fitted.kernels["cast"])
    encoded, films = data.films.encoded, data.films
    target = data.fitted.scale.forward(films.actual)
    residual = target - target[films.rows.train].mean()
    x, same = encoded.dense[rows, 1:3], np.zeros(1)  # the first number counts names
    between = kernel.covariance(np.abs(x[:, None] - x), same) + kernel.noise * np.eye(len(rows))
    return float(kernel.covariance(np.abs(x - where), same) @ np.linalg.solve(between, residual[rows]))


def test_records_are_means_of_a_process_fitted_to_a_labels_other_training_films(table):
    data = ready(table)
    films, encoded, inputs = data.films, data.films.encoded, data.films.crossed.labels
    assert inputs.names == ["record", "record above", "record below", "films", "known"]
    scale, expected = inputs.near[0].scale.numpy(), np.zeros((films.n_rows, 3))
    carries = encoded.labels.toarray() != 0
    for row in range(films.n_rows):
        for label in np.flatnonzero(carries[row]):
            rows = np.intersect1d(np.flatnonzero(carries[:, label]), np.setdiff1d(films.rows.train, row))
            record = process(data, label, rows, encoded.dense[row, 1:3])
            weight = encoded.labels[row, label]
            expected[row] += weight * np.array([record, max(record, 0) ** 2, min(record, 0) ** 2])
    assert np.abs(expected[:, 0]).max() > 0.3
    assert encoded.inputs[:, :3] == pytest.approx(expected * scale - inputs.centre[:3], abs=1e-3)


def test_a_training_films_records_at_other_numbers_are_of_its_labels_other_films(table):
    table.loc[[3, 40], ["year", "budget"]] = [1990, 5.0]  # two films of one place in time and money
    data = ready(table)
    films = same_films(table, data.declared, data.fitted, by_label=True)
    encoded, train, scale = films.encoded, films.rows.train, films.crossed.labels.near[0].scale.numpy()
    carries, moved = encoded.labels.toarray() != 0, list[float]()
    for row in [*range(0, len(train), 9), *np.searchsorted(train, np.intersect1d(train, [3, 40]))]:
        position, dense = train[row], encoded.dense[train[row]].copy()
        dense[1:3] = encoded.dense[(position + 7) % len(table), 1:3]
        labels, beyond = films.crossed.beyond_others(row, encoded.dense[position], dense)
        values = films.crossed.labels.of_labels(labels, dense) + beyond
        for label, own in zip(labels, values[:, :3] / scale, strict=True):
            rows = np.setdiff1d(np.intersect1d(np.flatnonzero(carries[:, label]), train), position)
            expected = process(data, label, rows, dense[1:3])
            assert own == pytest.approx([expected, max(expected, 0) ** 2, min(expected, 0) ** 2], abs=1e-3)
            moved.append(abs(expected - process(data, label, rows, encoded.dense[position, 1:3])))
    assert max(moved) > 0.2
    assert (films.crossed.drawn[:, :, :3] == films.crossed.drawn[0, :, :3]).all()


def test_a_network_adds_up_the_inputs_of_new_films_as_they_are_for_held_out_ones(table):
    data, model = ready(table), MLPRegressor(hidden=[4])
    model.build(data)
    films, first = data.films, model.network.first
    held_out = films.encoded.take(np.concatenate([films.rows.val, films.rows.test]))
    parts = (held_out.labels.indices, held_out.labels.indptr, held_out.labels.data)
    dense = model.network.encoding(torch.from_numpy(held_out.dense))
    summed = first.inputs_of(dense, *map(torch.from_numpy, parts))
    assert summed.numpy() == pytest.approx(held_out.inputs, abs=1e-5)


def test_no_target_of_a_held_out_film_changes_an_input(table):
    assert_independent_of_held_out_targets(ready, table)


def test_a_label_in_one_training_film_gives_it_no_record(table):
    table["director"] = [f"D{row}" for row in range(150)]
    films = ready(table, [Category("director"), Number("year"), TrackRecord("director", 5, near=["year"])]).films
    assert films.crossed.labels.names == ["record", "films", "known"]
    assert films.crossed.drawn == pytest.approx(0, abs=1e-6)


def test_a_state_brings_back_the_kernel_and_one_from_before_has_none(table):
    data = ready(table)
    state = data.state_dict()
    assert list(state["refit"]["kernels"]) == ["cast"]
    again = FilmDataModule(frame=table, features=NEAR, target=Target("rating"))
    again.load_state_dict(state)
    assert again.fitted.kernels == data.fitted.kernels
    again.setup("fit")
    assert (again.films.encoded.inputs == data.films.encoded.inputs).all()
    del state["refit"]["kernels"]
    again.load_state_dict(state)
    assert again.fitted.kernels == {}


def test_films_are_near_by_a_dates_age_or_else_its_year(table):
    frame = table.assign(day=table["year"].astype(str) + "-03-02", seen=table["year"].astype(str) + "-07-01")
    features = [Date("day"), Size("cast"), Labels("cast"), Number("budget"), Date("seen", parts=["year", "age"])]
    encoder = FilmEncoder(features)
    encoder.fit_encode(frame, np.arange(150))
    names = np.array(encoder.space.dense_names())
    chosen = near_columns(["seen", "budget", "day"], encoder.space)
    assert names[chosen].tolist() == ["seen age", "budget", "day year"]


@pytest.mark.parametrize(
    ("near", "message"),
    [
        (["yaer"], r"`near` of TrackRecord of 'cast' must name columns .* got 'yaer', did you mean 'year'\?"),
        (
            ["cast"],
            "must name columns that data.features declare as a Number, .* got 'cast'; there are year, budget|"
            "got 'cast'; there are budget, year",
        ),
        ([], r"`near` must name columns of Number or Date, each once, got \[\]"),
        (["year", "year"], r"each once, got \['year', 'year'\]"),
    ],
)
def test_columns_by_which_no_film_is_near_are_refused(table, near, message):
    with pytest.raises(InputError, match=message):
        ready(table, [*FEATURES, TrackRecord("cast", 5, near=near)])


def test_near_records_are_refused_under_a_split_by_time_and_left_out_of_an_audit_by_time(table):
    with pytest.raises(InputError, match=r"must be left out under a TimeSplit: .* got \['year', 'budget'\]"):
        ready(table, split=TimeSplit("year"))
    by_time = ready(table).declared.under(TimeSplit("year"))
    assert replace(by_time.features[-1]) == TrackRecord("cast", 5, before="year")
