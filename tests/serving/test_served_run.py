"""A run in memory: films that the model has learnt from are predicted without their own target, edited or not."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from greenlight_films.serving.answers import predict
from greenlight_films.serving.best import best
from greenlight_films.serving.catalogue import Catalogue
from greenlight_films.serving.cells import Edit, Film
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder
from tests.runs import predictions_of

OLDER = Path(__file__).parents[1] / "data" / "run_3395fed" / "small"


def test_a_film_of_the_run_is_predicted_as_in_the_run(client, recipe):
    table = predictions_of(recipe)
    rows = table["row"].tolist()[::7]
    answer = client.post("/predict", {"films": rows}).json["predictions"]
    own = table.set_index("row").loc[rows]
    learnt = (own["split"] != "test").tolist()
    assert [film["learnt_from"] for film in answer] == learnt
    # Of validation films the run keeps what the first fit said, which had not learnt from them.
    same = (own["split"] != "val").to_numpy()
    predicted = np.array([film["prediction"] for film in answer])
    assert predicted[same] == pytest.approx(own["predicted"].to_numpy()[same], abs=1e-4)


def test_a_name_taken_out_and_put_back_leaves_a_learnt_film_as_it_was(run):
    learnt = (run.known.film(int(position)) for position in np.flatnonzero(run.known.is_learnt))
    film = next(film for film in learnt if len(run.cells.names("cast", film.cells)) > 2)
    names = run.cells.names("cast", film.cells)
    without = run.cells.edited(film, [Edit("remove", "cast", names[0])])
    again = run.cells.edited(without, [Edit("add", "cast", names[0])])
    before, between, after = predict(run, [film, without, again])
    assert after.learnt == pytest.approx(before.learnt, abs=1e-6)
    assert abs(between.learnt - before.learnt) > 1e-4
    assert all(answer.learnt_from for answer in (before, between, after))


def test_the_inputs_of_a_learnt_films_names_add_up_to_the_films_own(run):
    films, crossed = run.known.films, run.known.films.crossed
    inputs = crossed.labels
    index = next(
        place
        for place, pair in enumerate(zip(inputs.columns, inputs.names, strict=True))
        if pair == ("cast", "linear effect")
    )
    labels, values = crossed.by_label.of_row(3, len(inputs.columns))
    encoded = films.encoded.labels[[crossed.train[3]]]
    assert sorted(encoded.indices) == labels.tolist()
    weights = dict(zip(encoded.indices.tolist(), encoded.data, strict=True))
    summed = sum(weights[label] * value for label, value in zip(labels.tolist(), values, strict=True))
    assert summed - inputs.centre == pytest.approx(crossed.drawn[0, 3], abs=1e-5)
    assert np.abs(values[:, index]).sum() > 0


def test_an_older_run_whose_table_is_gone_answers_what_it_can(monkeypatch, tmp_path):
    shutil.copytree(OLDER, tmp_path / "small")
    monkeypatch.chdir(tmp_path)  # where the table that its config names is not
    run = ServedRun.open(RunFolder.open(str(tmp_path / "small" / "version_0")))
    shape = Catalogue(run).shape()
    assert set(shape.sentences) == {"films", "intervals", "contributions"}
    assert "does not exist" in shape.sentences["films"]
    assert Catalogue(run).films("film", 3).films == []
    (answer,) = predict(run, [Film({"year": 1990, "genre": "Drama", "cast": "No Body"})])
    assert answer.prediction is not None
    assert (answer.intervals, answer.unseen) == ([], {"cast": ["No Body"]})
    ranked = best(run, Film({}), "genre", 3, lower=False, min_films=5)
    assert [candidate.films for candidate in ranked.candidates] == [None] * 3
