"""A run in memory: films that the model has learnt from are predicted without their own target, edited or not."""

import numpy as np
import pytest

from greenlight_films.serving.answers import predict
from greenlight_films.serving.cells import Edit
from tests.runs import predictions_of


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
