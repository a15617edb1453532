"""Films whose names are changed, predicted from vectors, against the same films encoded anew."""

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules import FilmEncoder, FilmRows
from greenlight_films.datamodules.crossed.crossed_inputs import LabelInputs
from greenlight_films.datamodules.features import Category, Labels, Number, Popularity, Size, TrackRecord
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.scenarios import Scenarios, editable_columns

GENRES = ["Drama, Crime", "Drama", "Comedy", "Comedy, Crime, War", "War", "Drama, War", "Comedy, Crime", None]
COMPANIES = ["Ufa", "Ealing", None, "Ufa", "Ealing", "Toho", "Ufa", "Toho"]
YEARS = [1950, 1962, 1971, None, 1980, 1999, 2003, 2004]
FRAME = pd.DataFrame({"genre": GENRES, "company": COMPANIES, "year": YEARS})


@pytest.fixture
def encoder() -> FilmEncoder:
    features = [
        Labels("genre", weight="sqrt", min_films=1),
        Size("genre"),
        TrackRecord("genre"),
        Category("company"),
        Number("year", encoding="piecewise"),
    ]
    encoder = FilmEncoder(features)
    encoder.fit_encode(FRAME, np.arange(len(FRAME)))
    return encoder


@pytest.fixture
def network(encoder) -> AdditiveMLP:
    """Return an untrained network in which nothing is plain: heads, members, bins, labels' inputs."""
    space, random = encoder.space, np.random.default_rng(1)
    inputs = ["genre", "genre", "company"]
    network = AdditiveMLP(
        space.n_dense, space.n_labels, [6, 4], heads=2, members=2, encodings=space.encodings(), input_columns=inputs
    ).eval()
    values = random.normal(size=(space.n_labels, 3)).astype(np.float32)
    network.set_inputs(LabelInputs(values, np.array([0.3, -0.1, 0.2], np.float32), inputs, ["a", "b", "a"]))
    torch.nn.init.normal_(network.first.label_weight, generator=torch.Generator().manual_seed(3))
    return network


def predicted(network: AdditiveMLP, encoder: FilmEncoder, frame: pd.DataFrame) -> np.ndarray:
    rows = FilmRows(encoder.encode(frame), np.zeros(len(frame)))
    batch = rows[list(range(len(frame)))]
    with torch.no_grad():
        return network(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs).numpy()


def test_names_put_in_and_taken_out_are_predicted_as_the_film_encoded_anew(encoder, network):
    frame = FRAME.replace({"genre": {"Drama": "Drama, Unknown"}})
    scenarios = Scenarios(network, np.arange(8) + 1, encoder.encode(frame), editable_columns(encoder.space))
    genre, company = scenarios.columns
    assert (genre.rooted, genre.single, company.rooted, company.single) == (True, False, False, True)
    assert scenarios.unknown(genre).tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    vectors, sizes = scenarios.first.label_weight.numpy(), scenarios.size_vectors(genre.size, 6)
    changed = ["War", "War, Unknown", "Comedy, Crime, Drama, War", None, "Drama", "Drama, War", "Drama, Crime", "Crime"]
    label = dict(zip(genre.values, genre.labels.tolist(), strict=True))
    sums = scenarios.sums_without()
    for film, names in enumerate(changed):
        own = names.split(", ") if names else []
        vector = sum((vectors[label[name]] for name in own if name in label), np.zeros(12))
        sums[film] += vector / np.sqrt(max(len(own), 1)) + sizes[len(own)]
    for film, labels in enumerate(scenarios.names(company)):
        sums[film] += vectors[labels].sum(axis=0)
    with torch.no_grad():
        from_vectors = network.tail(torch.from_numpy(sums)).squeeze(-1).numpy()
    before, after = predicted(network, encoder, frame), predicted(network, encoder, frame.assign(genre=changed))
    assert np.abs(after - before).max() > 0.05
    np.testing.assert_allclose(from_vectors, after, atol=2e-6)


def test_names_that_other_features_are_read_from_or_that_have_places_can_not_be_changed():
    frame = FRAME.assign(cast=GENRES)
    read_twice = [Labels("genre"), Popularity("genre", edges=[1.0, 2.0])]
    features = [*read_twice, Labels("cast", positions=2), Category("company")]
    encoder = FilmEncoder(features)
    encoder.fit_encode(frame, np.arange(len(frame)))
    assert [column.column for column in editable_columns(encoder.space)] == ["company"]


def test_a_run_has_them_where_its_files_are_of_the_network_that_predicted(study, tmp_path):
    from shutil import copytree

    run = RunFolder(copytree(study.path, tmp_path / "small/version_0"))
    scenarios = Scenarios.of(Results(run))
    assert scenarios is not None
    assert scenarios.rows.tolist() == sorted(Results(run).test["row"])
    assert [column.column for column in scenarios.columns] == ["genre", "cast", "company"]
    table = Results(run).predictions
    run.write_csv("predictions.csv", table.assign(predicted=table["predicted"] + 0.01))
    assert Scenarios.of(Results(run)) is None
    (run.path / "explained.npz").unlink()
    assert Scenarios.of(Results(run)) is None


def test_an_older_run_has_none(tmp_path):
    from tests.reports.conftest import RUN

    assert Scenarios.of(Results(RunFolder(RUN))) is None
