"""`serve` in a process of its own: where it listens, what it says, and how it ends."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import refused
from tests.processes import start


def address_of(process) -> tuple[str, list[str]]:
    """Return the address that a server prints, and all that it printed until it was ready."""
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("Ctrl-C"):
            break
    (link,) = [line.removeprefix("Open ") for line in lines if line.startswith("Open ")]
    return link, lines


def body_of(address: str) -> str:
    """Return what a server answers of its run."""
    with closing(HTTPConnection(address, timeout=30)) as connection:
        connection.request("GET", "/run")
        return connection.getresponse().read().decode()


@contextmanager
def served(*words: object, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command until the block ends."""
    with start("serve", *words, cwd=cwd) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.mark.slow
def test_it_serves_at_the_next_free_port_writes_nothing_and_ends_at_ctrl_c(study, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in study.path.rglob("*")}
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        with served("--run", study.path, "--port", port, cwd=tmp_path) as process:
            link, lines = address_of(process)
            assert link != f"http://127.0.0.1:{port}/"
            assert f"Port {port} is taken" in " ".join(lines)
            assert json.loads(body_of(link.split("/")[2]))["target"] == "rating"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            assert "Traceback" not in out + err
    assert {path: path.stat().st_mtime_ns for path in study.path.rglob("*")} == before


@pytest.mark.slow
def test_for_other_machines_it_asks_for_a_token_and_says_why(study, tmp_path):
    with served("--run", study.path, "--host", "0.0.0.0", "--port", free_port(), cwd=tmp_path) as process:
        link, lines = address_of(process)
        assert "/?token=" in link
        assert any("over the network" in line for line in lines)
        port = link.split(":")[2].split("/")[0]
        assert "needs the token" in body_of(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("words", "fragments"),
    [
        ([], ["needs a run", "--run"]),
        (["--run", "nowhere"], ["nowhere", "config.yaml"]),
        (["--run", "RUN", "--port", "x"], ["--port", "65535"]),
        (["--run", "RUN", "--port", "0"], ["--port", "65535", "got 0"]),
        (["--run", "RUN", "--prot", "9"], ["--prot", "did you mean '--port'"]),
        (["--run", "RUN", "--host", "203.0.113.9"], ["--host", "203.0.113.9"]),
    ],
)
def test_mistakes_are_told_with_their_remedy(command, study, words, fragments):
    words = [study.path if word == "RUN" else word for word in words]
    refused(command("serve", *words), *fragments)
