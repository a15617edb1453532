"""`serve`: a page to play with a run's predictions, and its interface for programs."""

import gc
from argparse import ArgumentTypeError

from rich.console import Console

from greenlight_films.commands.parser.help import OPTIONS
from greenlight_films.commands.parser.plain import PlainParser
from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules.errors import InputError
from greenlight_films.serving import HOST, PORT
from greenlight_films.studies.run_folder import RunFolder


def run(words: list[str], console: Console) -> None:
    """Serve the run that `--run` names until it is stopped."""
    parser = PlainParser("serve", OPTIONS["serve"])
    parser.add_argument("--run")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=_port, default=PORT)
    given = parser.parse_args(words)
    if not given.run:
        raise InputError("`serve` needs a run with a trained network: give --run runs/<study>/version_<n>")
    quieten()
    folder = RunFolder.open(given.run)
    folder.checkpoint("best")  # refused before anything is imported
    with console.status("Starting"):
        from greenlight_films.serving.server import serve

    try:
        serve(folder, given.host, given.port, console)
    finally:
        gc.freeze()  # the process ends: a last collection would go over all that a run holds, for a second or more


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text[:6]) <= 65535):
        raise ArgumentTypeError(f"must be a whole number from 1 to 65535, got {text}")
    return int(text)
