"""Contributions of encoded films with names, and which films are the background and are explained."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Bins, Date, Labels, Number, Size
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target
from greenlight_films.lightning_modules.film_contributions import (
    ContributionSettings,
    PartsSource,
    contributions_of,
    number_texts,
    years_of,
)
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from tests.lightning_modules.input_case import SCALE, InputCase


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_every_level_adds_up_to_the_prediction(measured, film_data, films_frame, transform, members):
    films_frame["id"] = [f"tt{row // 2}" for row in films_frame.index]  # two rows a film
    features = [
        Labels("genre", weight="sqrt"),
        Labels("cast", min_films=2),
        Number("year"),
        Number("runtime", log1p=True),
    ]
    features.append(Bins("year", edges=[1900, 1980, 2000, 2050]))
    data = film_data(
        frame=films_frame,
        target=Target("rating", transform=transform),
        features=features,
        allow_split_films=True,
    )
    done = measured(data, members=members)
    result, films, scale = done.result.contributions, data.films, data.fitted.scale
    predicted = done.model.predicted  # of the test rows
    assert np.sort(result.table["row"].unique()).tolist() == films.number[films.rows.test].tolist()
    for level in ("value", "column", "role"):
        total = result.average_prediction + result.at(level).groupby("row")["contribution"].sum()
        assert total.to_numpy() == pytest.approx(scale.learnt(predicted), abs=1e-5 * scale.std)
    assert np.std(result.predicted) > 0.1 * scale.std
    table = result.table
    without = films_frame["genre"][films.number[films.rows.test] - 1].isna().sum()
    assert without == 1
    genres = table[table["column"] == "genre"]
    assert genres.groupby("row").size().min() == 1
    assert genres["value"].isna().sum() == len(films.rows.test)
    assert table["alone"].isna().equals(table["value"].isna())


def test_the_background_is_of_training_rows(measured_once):
    films, background = measured_once.films.films, measured_once.result.contributions.background
    assert set(background) <= set(films.number[films.rows.train])
    assert len(set(background)) == len(films.rows.train) < 512


def test_some_films_are_explained_and_direction_stays_that_of_all(measured):
    done = measured(contributions=ContributionSettings(films=7))
    few, done.callback.contributions = done.result, ContributionSettings(films="all")
    every = done.callback.measure(done.trainer, done.model)
    rows = few.contributions.table["row"].unique()
    assert len(rows) == 7
    assert np.array_equal(few.alone.direction, every.alone.direction, equal_nan=True)
    theirs = every.contributions.table.query("row in @rows").reset_index(drop=True)
    assert few.contributions.table["contribution"].to_numpy() == pytest.approx(
        theirs["contribution"].to_numpy(), abs=1e-5
    )
    assert few.contributions.table["alone"].equals(theirs["alone"])
    predicted = few.contributions.predicted
    quantiles = np.searchsorted(np.sort(every.contributions.predicted), predicted) / len(every.contributions.predicted)
    assert np.ptp(quantiles) > 0.5


@pytest.mark.parametrize("films", [0, -1])
def test_no_film_is_refused(films):
    with pytest.raises(InputError, match=rf"contributions\.films must be `all`, or 1 or more, got {films}"):
        ContributionSettings(films)


def test_numbers_are_texts_of_their_own_unit_and_gaps_are_missing(film_data, films_frame):
    data = film_data(features=[Number("runtime", log1p=True, scale="quantile"), Labels("genre"), Number("year")])
    data.setup("fit")
    texts = number_texts(data.fitted.encoder.space, data.films.encoded)
    kept = films_frame.iloc[data.films.number - 1]
    assert texts[:, 1].tolist() == kept["year"].astype(str).tolist()
    assert texts[:, 0].tolist() == ["missing" if np.isnan(value) else f"{value:g}" for value in kept["runtime"]]


def test_the_years_are_those_of_a_date_or_a_number(film_data, films_frame):
    films_frame["shown"] = pd.to_datetime(films_frame["year"].astype(str) + "-05-03").dt.strftime("%Y-%m-%d")
    for features in ([Number("year")], [Labels("genre"), Date("shown")]):
        data = film_data(frame=films_frame, features=features, split=RandomSplit())
        data.setup("fit")
        years = years_of(data.fitted.encoder.space, data.films.encoded)
        assert years.tolist() == films_frame["year"][data.films.number - 1].tolist()
    without = film_data(features=[Labels("genre")])
    without.setup("fit")
    assert years_of(without.fitted.encoder.space, data.films.encoded) is None


def parts_by_lines(case: InputCase, own: np.ndarray) -> dict[str, np.ndarray]:
    """Return the contribution of each column to each film, by 64 points on each line to a film of the background.

    All films are explained, and all are the background, there with inputs of their own.
    """
    first, tail = case.network.first, case.network.tail.double()
    dense = case.network.encoding(torch.from_numpy(case.encoded.dense)).detach().double()
    labels = torch.from_numpy(case.encoded.labels.toarray()).double()
    inputs = torch.from_numpy(case.inputs.of_rows(case.encoded)).double()
    weights = [first.dense_weight, torch.from_numpy(case.rows), first.input_weight]
    weights = [part.detach().double() for part in weights]
    films = [dense, labels, inputs]
    background = [dense, labels, torch.from_numpy(own).double()]
    points, shares = np.polynomial.legendre.leggauss(64)
    sums, base = (
        sum(part @ weight for part, weight in zip(side, weights, strict=True)) + first.bias.detach()
        for side in (films, background)
    )
    slopes = torch.zeros(len(sums), len(base), sums.shape[1]).double()
    for point, share in zip((points + 1) / 2, shares / 2, strict=True):
        line = (base + point * (sums[:, None] - base)).requires_grad_()
        slopes += share * torch.autograd.grad(tail(line.flatten(0, 1)).sum(), line)[0]
    change = [film[:, None] - other for film, other in zip(films, background, strict=True)]
    by_column = [(slopes @ weight.T * moved).mean(1) for weight, moved in zip(weights, change, strict=True)]
    of_dense, of_labels, of_inputs = (part.numpy() * SCALE.std for part in by_column)
    source = case.network.encoding.source.numpy()
    return {
        "year": of_dense[:, source < 2].sum(1),
        "minutes": of_dense[:, source == 2].sum(1),
        "genre": of_labels[:, :4].sum(1) + of_inputs[:, [0, 2]].sum(1),
        "company": of_labels[:, 4:].sum(1) + of_inputs[:, 1],
    }


@pytest.mark.parametrize(("weight", "near"), [("one", False), ("sqrt", False), ("sqrt", True)])
def test_contributions_with_inputs_are_those_of_lines_to_films_with_inputs_of_their_own(weight, near):
    case = InputCase.of(weight=weight, near=near)
    own = np.random.default_rng(5).normal(size=(7, 3)).astype(np.float32)
    films = case.measured()
    parts = (case.network, case.encoder, SCALE, replace(case.encoded, inputs=own), np.arange(1, 8))
    background = MeasuredFilms.unlabelled(*parts)
    result = contributions_of(films, PartsSource.of(background), films.alone(films.reference("mse")), np.arange(7))
    predicted = case.predict(case.encoded.dense, case.encoded.labels.toarray())
    with torch.inference_mode():
        labels = case.encoded.labels
        arrays = (case.encoded.dense, labels.indices, labels.indptr, labels.data, own)
        average = case.network(*map(torch.from_numpy, arrays)).mean().item() * SCALE.std + SCALE.mean
    assert result.average_prediction == pytest.approx(average, abs=1e-5)
    assert abs(average - predicted.mean()) > 0.05
    total = result.average_prediction + result.table.groupby("row")["contribution"].sum()
    assert total.to_numpy() == pytest.approx(predicted, abs=1e-5)
    table = result.at("column").set_index(["column", "row"])["contribution"]
    for column, expected in parts_by_lines(case, own).items():
        assert np.abs(expected).max() > 0.05
        assert table[column].sort_index().to_numpy() == pytest.approx(expected, abs=5e-3), column


@pytest.mark.parametrize("near", [False, True])
def test_a_background_without_inputs_of_its_own_is_as_one_with_the_sums_over_its_labels(near):
    case = InputCase.of(near=near)
    films, sums = case.measured(), case.inputs.of_rows(case.encoded)
    alone, tables = films.alone(films.reference("mse")), []
    for encoded in (case.encoded, replace(case.encoded, inputs=sums)):
        background = MeasuredFilms.unlabelled(case.network, case.encoder, SCALE, encoded, np.arange(1, 8))
        tables.append(
            contributions_of(films, PartsSource.of(background), alone, np.arange(7)).table.set_index(["row", "column"])
        )
    parts = [table["contribution"].groupby(level=[0, 1]).sum() for table in tables]
    assert parts[0].to_numpy() == pytest.approx(parts[1].to_numpy(), abs=1e-5)


def test_how_many_names_a_cell_has_is_named_so_beside_the_names():
    encoder = FilmEncoder([Labels("cast"), Size("cast"), Number("year")])
    encoded = encoder.fit_encode(pd.DataFrame({"cast": ["A, B", "A", "C"], "year": [1, 2, 4]}), np.arange(3))
    texts = number_texts(encoder.space, encoded)
    assert texts.tolist() == [["number of names", "1"], ["number of names", "2"], ["number of names", "4"]]
