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
import yaml

from greenlight_films.serving.app import application
from greenlight_films.serving.guard import Guard
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import STUDY, UNLOGGED, awkward_films

FILM = {"year": 1994, "runtime": 101, "genre": ["Drama", "Horror"], "cast": ["Ann Ames", "Zoë Li"], "company": "Acme"}

KINDS = [
    ("Bins", {"column": "runtime", "edges": [0, 90, 110, 400]}),
    ("Bins", {"column": "year", "edges": [1900, 1980, 2100]}),
    ("Number", {"column": "year"}),
    ("Popularity", {"column": "company", "edges": [0, 50, 500]}),
    ("Category", {"column": "company"}),
    ("Popularity", {"column": "title", "edges": [0, 1, 500]}),
    ("Labels", {"column": "genre"}),
    ("Labels", {"column": "lead", "first_only": True}),
    ("Text", {"column": "overview", "min_films": 2}),
]


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
    return train("study", "--preset", "recipe", "--trainer.max_epochs", 12, *UNLOGGED).path


@pytest.fixture(scope="session")
def run(recipe) -> ServedRun:
    return ServedRun.open(RunFolder.open(str(recipe)))


def fitted(command, folder: Path, study: dict[str, Any]) -> Path:
    """Return the folder of a run of a study's config."""
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    answer = command("fit", "--config", folder / "study.yaml", "--runs", folder / "runs", *UNLOGGED)
    assert answer.code == 0, answer.err
    return folder / "runs/small/version_0"


@pytest.fixture(scope="session")
def of_every_kind(command, tmp_path_factory) -> Path:
    """Return the folder of a run with features of every kind, several of which read the same columns."""
    folder, films = tmp_path_factory.mktemp("kinds"), awkward_films()
    films["lead"], films["overview"] = films["cast"], "A story of " + films["genre"].fillna("nobody")
    films.to_csv(folder / "films.csv", index=False)
    study = yaml.safe_load(STUDY.format(table=folder / "films.csv"))
    study["data"]["features"] = [{"class_path": kind, "init_args": arguments} for kind, arguments in KINDS]
    return fitted(command, folder, study)


@pytest.fixture(scope="session")
def of_dates(command, tmp_path_factory) -> ServedRun:
    """Return a run on dates, some films of which have several rows; all rows of a film stay on the same side."""
    folder, films = tmp_path_factory.mktemp("dates"), awkward_films()
    films["released"] = [f"{year}-{1 + index % 12:02d}-11" for index, year in enumerate(films["year"])]
    films["title"] = films["title"].fillna("Nameless")
    films.to_csv(folder / "films.csv", index=False)
    study = yaml.safe_load(STUDY.format(table=folder / "films.csv"))
    date = {"class_path": "Date", "init_args": {"column": "released", "parts": ["year", "season", "age"]}}
    study["data"]["features"] = [date, *study["data"]["features"][1:]]
    sides = {"by": "title", "val": 0.15, "test": 0.225, "seed": 3}
    study["data"] |= {"film": "title", "split": {"class_path": "GroupSplit", "init_args": sides}}
    return ServedRun.open(RunFolder.open(str(fitted(command, folder, study))))


@pytest.fixture(scope="session")
def client(run) -> Iterator[Client]:
    yield from serving(run)
