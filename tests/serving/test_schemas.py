"""Whatever is asked is answered or refused: no request ends in an error of the server."""

from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.conftest import FILM

TEXT = st.text(max_size=40) | st.sampled_from(["Ann Ames", "zoë li", "../../etc/passwd", "=1+1", "\x00", "-", "1e400"])
NUMBER = st.integers() | st.floats() | st.sampled_from([0, -1, 1e308, 10**400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
CELL = st.none() | st.booleans() | NUMBER | TEXT | st.lists(TEXT, max_size=5) | JSON
COLUMN = st.sampled_from([*FILM, "rating", "title", "id"]) | TEXT
CELLS = st.dictionaries(COLUMN, CELL, max_size=6)
ASKED = CELLS | st.integers(-2, 250) | JSON
EDIT = st.fixed_dictionaries(
    {"do": st.sampled_from(["add", "remove", "replace", "set"]), "column": COLUMN},
    optional={"label": TEXT | JSON, "by": TEXT, "value": CELL, "more": JSON},
)
EDITS = st.lists(EDIT | JSON, max_size=4)
PREDICT = st.fixed_dictionaries({"films": st.lists(ASKED, max_size=3)}, optional={"explain": JSON})
WHAT_IF = st.fixed_dictionaries({"film": ASKED, "edits": EDITS}, optional={"explain": st.booleans()})
BEST = st.fixed_dictionaries(
    {"film": ASKED, "role": st.sampled_from(["actor", "genre", "company"]) | TEXT},
    optional={"n": st.integers(-1, 120), "lower": st.booleans(), "min_films": st.integers(-1, 300), "edits": EDITS},
)
BODIES = st.one_of(
    st.tuples(st.just("/predict"), PREDICT),
    st.tuples(st.just("/what-if"), WHAT_IF),
    st.tuples(st.just("/best"), BEST),
    st.tuples(st.sampled_from(["/predict", "/what-if", "/best"]), JSON),
)
VALUES = TEXT | st.integers(-5, 10**9).map(str)
PATHS = st.tuples(
    st.sampled_from(["/films", "/labels", "/importance", "/films/3", "/run", "/goodness", "/page/x", "/"]),
    st.dictionaries(st.sampled_from(["query", "role", "n", "page"]), VALUES, max_size=3),
)
QUIETLY = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@QUIETLY
@given(asked=BODIES)
def test_no_body_is_an_error_of_the_server(client, asked: tuple[str, Any]):
    path, body = asked
    reply = client.post(path, body)
    assert reply.status in (200, 413, 422), (path, body, reply.body)
    assert b"NaN" not in reply.body
    if reply.status == 422:
        assert all(fault["msg"] and isinstance(fault["loc"], list) for fault in reply.json["detail"])


@QUIETLY
@given(asked=PATHS)
def test_no_query_is_an_error_of_the_server(client, asked: tuple[str, dict[str, str]]):
    path, query = asked
    reply = client.get(f"{path}?{urlencode(query)}")
    assert reply.status in (200, 404, 422), (path, query, reply.body)


@QUIETLY
@given(body=st.binary(max_size=200))
def test_no_bytes_are_an_error_of_the_server(client, body: bytes):
    assert client.post("/predict", body).status in (400, 422)
