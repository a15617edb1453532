"""`serve`: a page to play with a run's predictions, and its interface for programs."""

import argparse
import errno
import secrets
import socket
from ipaddress import ip_address
from typing import NoReturn

from rich.console import Console

from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.studies.run_folder import RunFolder

OPTIONS = ("--run", "--host", "--port")
HOST, PORT = "127.0.0.1", 8000
TRIED = 50  # ports, from the one asked for on


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: "):
            option = message.removeprefix("unrecognized arguments: ").split("=")[0].split()[0]
            raise InputError(f"no option '{option}'{nearest(option, OPTIONS)}")
        if "--port" in message:
            raise InputError("--port must be a whole number from 1 to 65535")
        raise InputError("`serve` needs a run with a trained network: give --run runs/<study>/version_<n>")


def run(words: list[str], console: Console) -> None:
    """Serve the run that `--run` names until it is stopped."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--run", required=True)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT)
    given = parser.parse_args(words)
    if not 1 <= given.port <= 65535:
        raise InputError(f"--port must be a whole number from 1 to 65535, got {given.port}")
    serve(RunFolder.open(given.run), given.host, given.port, console)


def serve(folder: RunFolder, host: str, port: int, console: Console) -> None:
    """Serve a run at an address, or at the next free port above."""
    quieten()
    folder.checkpoint("best")  # refused before anything is loaded
    listening = _listening(host, port)
    with listening:
        if listening.getsockname()[1] != port:
            console.print(f"Port {port} is taken; this is the next free one.", highlight=False)
        console.print(f"Loading {folder.path} ...", markup=False, highlight=False)
        import uvicorn

        from greenlight_films.serving.app import application
        from greenlight_films.serving.guard import Guard
        from greenlight_films.serving.served_run import ServedRun

        served = ServedRun.open(folder)
        app = application(served)
        port, is_own = listening.getsockname()[1], is_loopback(host)
        token = "" if is_own else secrets.token_urlsafe(24)
        names = ("127.0.0.1", "localhost", "[::1]") if is_own else ()
        guarded = Guard(app, [f"{name}:{port}" for name in names], token)
        _print_address(host, port, token, served.no_films, console)
        config = uvicorn.Config(
            guarded, log_level="warning", access_log=False, timeout_graceful_shutdown=1, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own, which no other can reach."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address, at the first free port from the one given on."""
    for tried in range(port, min(port + TRIED, 65536)):
        try:
            return socket.create_server((host, tried), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                continue
            raise InputError(
                f"--host must be an address of this machine, such as 127.0.0.1, got {host} and --port {port}: "
                f"{problem.strerror or problem}"
            ) from None
    raise InputError(f"--port: all ports from {port} to {tried} are taken; give another")


def _print_address(host: str, port: int, token: str, no_films: str, console: Console) -> None:
    shown = f"[{host}]" if ":" in host else host
    lines = [no_films] if no_films else []
    if token:
        lines += [
            f"Everybody who can reach {host} over the network may ask this run, with the token in the link; what is "
            "sent is not encrypted. Give the link to those alone whom you trust.",
            f"Open http://{shown}:{port}/?token={token}",
        ]
    else:
        lines.append(f"Open http://{shown}:{port}/")
    lines.append("Ctrl-C ends it.")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
