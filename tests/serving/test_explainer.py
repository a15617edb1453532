"""Contributions are those of the notebook, and add up to the prediction."""

import pandas as pd
import pytest

import greenlight_films as gl
from tests.serving.conftest import FILM


@pytest.fixture(scope="module")
def model(recipe) -> gl.FilmRegressor:
    return gl.FilmRegressor.load(recipe)


def test_a_prediction_is_that_of_predict_with_its_intervals_and_contributions(client, model):
    films = [FILM, {"year": "2010", "genre": "Comedy, Western"}, {}]
    answer = client.post("/predict", {"films": films, "explain": True}).json["predictions"]
    columns = {column: [film.get(column) for film in films] for column in FILM}
    columns["genre"] = [["Drama", "Horror"], ["Comedy", "Western"], None]
    columns["year"] = [1994, 2010, None]
    frame = pd.DataFrame({column: pd.Series(cells, dtype=object) for column, cells in columns.items()})
    close = {"abs": 1e-5 * model.fitted_.scale.std}
    for level in (80, 95):
        predicted, lower, upper = model.predict(frame, interval=level / 100)
        ends = [next(each for each in film["intervals"] if each["level"] == level) for film in answer]
        assert [film["prediction"] for film in answer] == pytest.approx(predicted, **close)
        assert [end["lower"] for end in ends] == pytest.approx(lower, **close)
        assert [end["upper"] for end in ends] == pytest.approx(upper, **close)
    explained = model.explain(frame)
    for row, film in enumerate(answer):
        parts = film["contributions"]
        assert film["average"] == pytest.approx(explained.average_prediction, **close)
        assert film["average"] + sum(part["contribution"] for part in parts) == pytest.approx(film["learnt"], **close)
        expected = explained.to_frame()
        expected = expected[expected["row"] == row]
        assert [part["contribution"] for part in parts] == pytest.approx(expected["contribution"].tolist(), **close)
        assert [(part["column"], part["role"]) for part in parts] == list(
            expected[["column", "role"]].itertuples(index=False, name=None)
        )
