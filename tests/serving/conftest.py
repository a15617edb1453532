"""A small run of the recipe, served on a free port, and a client that asks it."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import Any, NamedTuple

import pytest
import uvicorn

from greenlight_films.serving.app import application
from greenlight_films.serving.guard import Guard
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder

FILM = {"year": 1994, "runtime": 101, "genre": ["Drama", "Horror"], "cast": ["Ann Ames", "Zoë Li"], "company": "Acme"}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client(NamedTuple):
    """Asks a server over HTTP."""

    port: int

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        content = body if isinstance(body, bytes | None) else json.dumps(body)
        usual = {} if body is None else {"content-type": "application/json"}
        connection.request(method, path, content, {**usual, **(headers or {})})
        answer = connection.getresponse()
        reply = Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return reply

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        return self.ask("POST", path, body, headers)


def serving(run: ServedRun, token: str = "") -> Iterator[Client]:
    """Serve a run while the generator is open."""
    listening = create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    hosts = [] if token else [f"127.0.0.1:{port}", f"localhost:{port}"]
    app = Guard(application(run), hosts, token)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Client(port)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def recipe(train) -> Path:
    """Return the folder of a study of the recipe."""
    return train("study", "--preset", "recipe", "--trainer.max_epochs", 12).path


@pytest.fixture(scope="session")
def run(recipe) -> ServedRun:
    return ServedRun.open(RunFolder.open(str(recipe)))


@pytest.fixture(scope="session")
def client(run) -> Iterator[Client]:
    yield from serving(run)
