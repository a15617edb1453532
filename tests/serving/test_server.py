"""Where a server listens; tests/commands/test_serve.py runs it."""

import socket
from threading import Timer

import pytest
import uvicorn
from rich.console import Console

import greenlight_films as gl
from greenlight_films.datamodules.errors import InputError
from greenlight_films.serving.server import is_loopback, serve


def test_which_addresses_are_this_machines_own():
    hosts = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.0.2", "films")
    assert [host for host in hosts if is_loopback(host)] == ["127.0.0.1", "::1", "localhost"]


def test_a_notebook_serves_a_run_until_it_is_stopped(recipe, capsys, monkeypatch):
    run = uvicorn.Server.run

    def run_for_a_moment(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        Timer(0.5, setattr, (server, "should_exit", True)).start()
        run(server, sockets)

    monkeypatch.setattr(uvicorn.Server, "run", run_for_a_moment)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gl.Results(recipe).serve(port=port)
    out = capsys.readouterr().out
    assert f"Port {port} is taken" in out
    assert "Open http://127.0.0.1:" in out


def test_a_run_without_a_network_is_refused_before_it_listens(folder):
    (folder.path / "config.yaml").write_text("{}")
    with pytest.raises(InputError, match="has no network: none was trained in it"):
        serve(folder, "127.0.0.1", 8000, Console(quiet=True))
