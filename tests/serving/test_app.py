"""The interface documents itself, and refuses what is malformed by its field."""

import pytest

from tests.serving.conftest import FILM


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
        ("/labels?role=astor", None, ["role"]),
        ("/importance?role=astor", None, ["role"]),
    ],
)
def test_what_cant_be_taken_is_refused_by_its_field(client, path, body, field):
    reply = client.get(path) if body is None else client.post(path, body)
    assert reply.status == 422, reply.body
    assert field in [fault["loc"] for fault in reply.json["detail"]]
    assert all(fault["msg"] for fault in reply.json["detail"])


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        (
            "/predict",
            {"films": [{"cast": [""]}]},
            ["films", 0, "cast", 0],
            "films[0].cast[0] must be a text of 1 letter",
        ),
        ("/predict", {"films": [{"cast": ["a" * 5000]}]}, ["films", 0, "cast", 0], "of 300 letters at most"),
        ("/predict", {"films": [{"cast": [1, 2]}]}, ["films", 0, "cast"], "must be a number, a text, true or false"),
        ("/predict", {"films": [[1, 2]]}, ["films", 0], "must be a film's cells by the table's columns, or the number"),
        ("/predict", {"films": [0]}, ["films", 0], "films[0] must be 1 or more"),
        ("/predict", {"films": [{"a" * 5000: 1}]}, ["films", 0, "a" * 300], "a column's name in films[0] must be"),
        ("/predict", [1, 2], ["body"], "body must be an object"),
        ("/what-if", {"film": 3, "edits": [{"do": "add", "column": "cast"}]}, ["edits", 0, "label"], "must be given"),
    ],
)
def test_a_field_at_fault_is_named_once_with_what_it_must_be(client, path, body, field, words):
    reply = client.post(path, body)
    assert reply.status == 422
    (fault,) = reply.json["detail"]
    assert fault["loc"] == field
    assert words in fault["msg"]
    assert not {"constrained", "union", "Input should"} & set(fault["msg"].split())


def test_an_edit_tells_in_how_many_films_the_film_s_names_are(client):
    edits = [{"do": "add", "column": "cast", "label": "Bo Li"}, {"do": "add", "column": "cast", "label": "No Body"}]
    names = client.post("/what-if", {"film": FILM, "edits": edits}).json["names"]
    known = {each["label"]: each["films"] for each in client.get("/labels?role=cast&n=100").json["labels"]}
    assert {each["label"]: each["films"] for each in names["cast"]} == {
        **{name: known[name] for name in ("Ann Ames", "Zoë Li", "Bo Li")},
        "No Body": None,
    }
    assert names["company"] == [
        {"label": "Acme", "films": client.get("/labels?role=company").json["labels"][0]["films"]}
    ]


def test_an_infinite_number_is_refused_and_comes_back_nowhere(client):
    reply = client.post("/predict", b'{"films": [{"year": NaN}, {"runtime": 1e999}]}')
    assert reply.status == 422
    assert b"NaN" not in reply.body


def test_the_interface_documents_itself(client):
    paths = client.get("/openapi.json").json["paths"]
    assert {"/predict", "/what-if", "/best", "/films", "/labels", "/importance"} <= set(paths)
    assert client.get("/docs").status == 404
