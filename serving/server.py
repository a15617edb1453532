"""`serve`: listens at an address, says where, and answers until it is stopped."""

import errno
import secrets
import socket
from ipaddress import ip_address
from threading import Thread

import uvicorn
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.serving.app import application
from greenlight_films.serving.guard import Guard
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.processes import say
from greenlight_films.studies.run_folder import RunFolder

TRIED = 50  # ports, from the one asked for on


def serve(folder: RunFolder, host: str, port: int, console: Console) -> None:
    """Serve a run at an address, or at the next free port above, until it is stopped.

    Raises:
        InputError: the run has no trained network, or the address is none of this machine.
    """
    folder.checkpoint("best")  # refused before anything is loaded
    listening = _listening(host, port)
    with listening:
        if listening.getsockname()[1] != port:
            say(console, f"Port {port} is taken; this is the next free one.")
        say(console, f"Loading {folder.path} ...")
        with console.status("Loading"):
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
        _run(uvicorn.Server(config), listening)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    """Run a server until it is stopped, in a thread of its own: a notebook has a loop of events already."""
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        server.should_exit = True
        thread.join(1.0)
        raise


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
        say(console, line)
