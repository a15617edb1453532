"""Answers about films: what an edit changes, and what the model doesn't know of a film."""

import pandas as pd
import pytest

from greenlight_films.serving.answers import READ, change, finite
from greenlight_films.serving.cells import Edit, Film
from tests.serving.conftest import FILM


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


@pytest.mark.parametrize(
    "edit",
    [
        Edit("add", "cast", "bo  øre"),
        Edit("add", "cast", "No Body"),
        Edit("remove", "genre", "Horror"),
        Edit("replace", "company", "Acme", "Cine9"),
        Edit("set", "year", value=2012),
    ],
    ids=lambda edit: f"{edit.do} {edit.label or edit.value}",
)
def test_an_edited_film_is_predicted_as_all_its_cells_encoded_anew(run, edit):
    edited = run.cells.edited(Film(FILM), [edit])
    cells = pd.DataFrame({column: pd.Series([edited.cells.get(column)], dtype=object) for column in run.cells.columns})
    (expected,) = run.network.predict(run.fitted.encoder.encode(cells))
    after = change(run, Film(FILM), edited)
    assert after.after.prediction == pytest.approx(expected, abs=1e-6)
    assert abs(after.difference) > 1e-4


def test_numbers_come_without_the_noise_of_floats(client, run):
    (answer,) = client.post("/predict", {"films": [{**FILM, "company": ["Acme"]}]}).json["predictions"]
    assert answer["prediction"] == client.post("/predict", {"films": [FILM]}).json["predictions"][0]["prediction"]
    edits = [{"do": "set", "column": "year", "value": 2012}]
    difference = client.post("/what-if", {"film": FILM, "edits": edits}).json["difference"]
    ends = [end for interval in answer["intervals"] for end in (interval["lower"], interval["upper"])]
    assert len(ends) == 4
    for number in (answer["prediction"], answer["spread"], difference, *ends):
        assert number == float(f"{number:.7g}") != round(number)
    assert finite(30588000.000000045, READ) == 30588000
    assert [finite(number) for number in (30588123.456, float("inf"), float("nan"))] == [30588120, None, None]


def test_unknown_names_are_named_and_numbers_beyond_what_was_seen_are_marked(client, run):
    film = {**FILM, "cast": ["Ann Ames", "No Body", "ZOË LI"], "genre": "Giallo", "company": "Unheard Of", "year": 2150}
    (answer,) = client.post("/predict", {"films": [film]}).json["predictions"]
    assert answer["unseen"] == {"cast": ["No Body"], "genre": ["Giallo"], "company": ["Unheard Of"]}
    (beyond,) = answer["beyond"]
    years = run.known.frame["year"][run.known.is_learnt].astype(int)
    assert beyond == {"column": "year", "part": "", "value": 2150, "least": years.min(), "greatest": years.max()}


def test_a_usual_number_that_stands_for_a_lacking_one_is_told_from_the_films_own(client):
    film = {"genre": ["Drama"], "year": "", "runtime": 101}
    (answer,) = client.post("/predict", {"films": [film], "explain": True}).json["predictions"]
    usual = {part["column"]: part["usual"] for part in answer["contributions"] if part["value"] is not None}
    assert usual["year"]
    assert not any(of_usual for column, of_usual in usual.items() if column != "year")
    (known,) = client.post("/predict", {"films": [{**film, "year": 1990}], "explain": True}).json["predictions"]
    assert not any(part["usual"] for part in known["contributions"])
