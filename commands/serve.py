"""`serve`: a page to play with a run's predictions, and its interface for programs."""

import argparse
from typing import NoReturn

from rich.console import Console

from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.studies.run_folder import RunFolder

OPTIONS = ("--run", "--host", "--port")


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
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args(words)
    if not 1 <= given.port <= 65535:
        raise InputError(f"--port must be a whole number from 1 to 65535, got {given.port}")
    quieten()
    folder = RunFolder.open(given.run)
    folder.checkpoint("best")  # refused before anything is imported
    from greenlight_films.serving.server import serve

    serve(folder, given.host, given.port, console)
