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


def test_the_interface_documents_itself(client):
    paths = client.get("/openapi.json").json["paths"]
    assert {"/predict", "/what-if", "/best", "/films", "/labels", "/importance"} <= set(paths)
    assert client.get("/docs").status == 404
