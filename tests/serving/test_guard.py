"""Who may ask: this machine's own pages and programs, or those with the token; and no more than fits."""

import pytest

from greenlight_films.serving.guard import HEADERS, MOST_BYTES
from tests.serving.conftest import serving


@pytest.mark.parametrize("path", ["/run", "/", "/nothing", "/films/x"])
def test_every_answer_has_the_headers_that_keep_browsers_safe(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""])
def test_another_host_is_refused(client, host):
    assert client.get("/run", Host=host).status == 403


def test_another_pages_request_is_refused_and_a_programs_is_not(client):
    for origin in ("http://evil.example", "null", "https://127.0.0.1", f"http://127.0.0.1:{client.port}.evil.example"):
        assert client.get("/run", Origin=origin).status == 403
    assert client.get("/run", Origin=f"http://127.0.0.1:{client.port}").status == 200
    assert client.get("/run").status == 200


def test_a_large_body_is_refused_with_and_without_its_length(client):
    body = b'{"films": ["' + b"x" * MOST_BYTES + b'"]}'
    assert client.post("/predict", body).status == 413
    chunked = client.ask("POST", "/predict", iter_of(body), {"transfer-encoding": "chunked"})
    assert chunked.status == 413


def iter_of(body: bytes) -> bytes:
    """Return a body as one chunk of a request without a length."""
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def test_nothing_outside_the_page_is_read(client):
    for path in ("/page/../app.py", "/page/%2e%2e/app.py", "/page//etc/passwd", "/page/..%2fapp.py"):
        assert client.get(path).status == 404


def test_with_a_token_every_request_needs_it(run):
    for client in serving(run, token="secret"):
        assert client.get("/run").status == 401
        assert client.get("/?token=wrong").status == 401
        assert client.get("/run", Authorization="Bearer wrong").status == 401
        assert client.get("/run", Authorization="Bearer secret").status == 200
        answer = client.get("/?token=secret")
        assert (answer.status, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert client.get("/run", Cookie=cookie.split(";")[0]).status == 200
        assert client.get("/run", Cookie="greenlight=wrong").status == 401
