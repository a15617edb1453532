"""Answers about films: what an edit changes, and what the model doesn't know of a film."""

import pytest

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


def test_unknown_names_are_named_and_numbers_beyond_what_was_seen_are_marked(client, run):
    film = {**FILM, "cast": ["Ann Ames", "No Body", "ZOË LI"], "genre": "Giallo", "company": "Unheard Of", "year": 2150}
    (answer,) = client.post("/predict", {"films": [film]}).json["predictions"]
    assert answer["unseen"] == {"cast": ["No Body"], "genre": ["Giallo"], "company": ["Unheard Of"]}
    (beyond,) = answer["beyond"]
    years = run.known.frame["year"][run.known.is_learnt].astype(int)
    assert beyond == {"column": "year", "value": 2150, "least": years.min(), "greatest": years.max()}
