"""The interface: each answer is what the same network says elsewhere, and what is malformed is refused by its field."""

import numpy as np
import pandas as pd
import pytest

import greenlight_films as gl
from tests.runs import predictions_of

FILM = {"year": 1994, "runtime": 101, "genre": ["Drama", "Horror"], "cast": ["Ann Ames", "Zoë Li"], "company": "Acme"}


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
        expected = explained.to_frame().query("row == @row")
        assert [part["contribution"] for part in parts] == pytest.approx(expected["contribution"].tolist(), **close)
        assert [(part["column"], part["role"]) for part in parts] == list(
            expected[["column", "role"]].itertuples(index=False, name=None)
        )


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


def test_an_edit_changes_what_predicting_the_edited_film_anew_changes(client):
    edits = [
        {"do": "replace", "column": "cast", "label": "ann  ames", "by": "Bo Øre"},
        {"do": "remove", "column": "genre", "label": "Horror"},
        {"do": "add", "column": "genre", "label": "Western"},
        {"do": "set", "column": "year", "value": 2012},
    ]
    after = {**FILM, "cast": ["Bo Øre", "Zoë Li"], "genre": ["Drama", "Western"], "year": 2012}
    change = client.post("/what-if", {"film": FILM, "edits": edits, "explain": True}).json
    expected = client.post("/predict", {"films": [FILM, after], "explain": True}).json["predictions"]
    for own, alone in zip((change["before"], change["after"]), expected, strict=True):
        assert own["prediction"] == pytest.approx(alone["prediction"], abs=1e-6)
        assert len(own["contributions"]) == len(alone["contributions"])
    assert change["difference"] == pytest.approx(change["after"]["prediction"] - change["before"]["prediction"])
    assert change["difference_spread"] > 0
    assert abs(change["difference"]) > 0.01


def test_unknown_names_are_named_and_numbers_beyond_what_was_seen_are_marked(client, run):
    film = {**FILM, "cast": ["Ann Ames", "No Body", "ZOË LI"], "genre": "Giallo", "company": "Unheard Of", "year": 2150}
    (answer,) = client.post("/predict", {"films": [film]}).json["predictions"]
    assert answer["unseen"] == {"cast": ["No Body"], "genre": ["Giallo"], "company": ["Unheard Of"]}
    (beyond,) = answer["beyond"]
    years = run.known.frame["year"][run.known.is_learnt].astype(int)
    assert beyond == {"column": "year", "value": 2150, "least": years.min(), "greatest": years.max()}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/predict", {"films": [{"yeer": 1990}]}, ["films", 0, "yeer"]),
        ("/predict", {"films": [FILM, {"year": "soon"}]}, ["films", 1, "year"]),
        ("/predict", {"films": []}, ["films"]),
        ("/predict", {"films": [99999]}, ["films", 0]),
        ("/predict", {"films": [FILM] * 201}, ["films"]),
        ("/predict", {"films": [FILM], "explian": True}, ["explian"]),
        ("/what-if", {"film": FILM, "edits": [{"do": "add", "column": "caste", "label": "A"}]}, ["edits", 0, "column"]),
        (
            "/what-if",
            {"film": FILM, "edits": [{"do": "remove", "column": "cast", "label": "Bo Li"}]},
            ["edits", 0, "label"],
        ),
        ("/what-if", {"film": FILM, "edits": [{"do": "set", "column": "rating", "value": 3}]}, ["edits", 0, "column"]),
        ("/what-if", {"film": {"year": "soon"}, "edits": []}, ["film", "year"]),
        ("/best", {"film": FILM, "role": "astor"}, ["role"]),
        ("/best", {"film": FILM, "role": "actor", "n": 0}, ["n"]),
    ],
)
def test_what_cant_be_taken_is_refused_by_its_field(client, path, body, field):
    reply = client.post(path, body)
    assert reply.status == 422, reply.body
    assert field in [fault["loc"] for fault in reply.json["detail"]]
    assert all(fault["msg"] for fault in reply.json["detail"])


def test_an_infinite_number_is_refused_and_comes_back_nowhere(client):
    reply = client.post("/predict", b'{"films": [{"year": NaN}, {"runtime": 1e999}]}')
    assert reply.status == 422
    assert b"NaN" not in reply.body


def test_films_and_names_are_searched_by_the_beginnings_of_words(client, films_frame):
    films = client.get("/films?query=film%2012&n=100").json["films"]
    titles = {film["title"] for film in films}
    assert {"Film 12", "Film 120"} <= titles
    assert all(title.startswith("Film 12") for title in titles)
    film = client.get(f"/films/{films[0]['row']}").json
    assert film["cells"]["genre"] == films_frame["genre"][films[0]["row"] - 1].split(", ")
    labels = client.get("/labels?query=zoe&role=actor").json["labels"]
    assert {label["label"] for label in labels} == {"Zoë Ames", "Zoë Li", "Zoë Øre"}
    counts = [label["films"] for label in labels]
    assert counts == sorted(counts, reverse=True)
    assert client.get("/films/1").status == 422  # its target is missing
    assert client.get("/films/../../etc/passwd").status in (404, 422)


def test_importances_come_by_role_and_page(client, recipe):
    table = pd.read_csv(recipe / "Permu_importance_df.csv")
    page = client.get("/importance?role=actor").json
    assert page["total"] == (table["role"] == "actor").sum()
    assert [row["feature"] for row in page["rows"]] == table.query("role == 'actor'")["feature"].tolist()[:50]
    assert client.get("/importance?page=99").json["rows"] == []


def test_goodness_has_scores_calibration_and_coverage(client, recipe):
    answer = client.get("/goodness").json
    assert {row["model"] for row in answer["leaderboard"]} == {"mlp", "ridge", "mean", "pca"} & {
        row["model"] for row in answer["leaderboard"]
    }
    assert sum(group["films"] for group in answer["calibration"]) == len(answer["points"]) == 45
    assert {row["level"] for row in answer["coverage"]} == {80, 95}


def test_the_interface_documents_itself(client):
    paths = client.get("/openapi.json").json["paths"]
    assert {"/predict", "/what-if", "/best", "/films", "/labels", "/importance"} <= set(paths)
    assert client.get("/docs").status == 404
