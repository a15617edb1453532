"""`report`: write a page of a run's results, or of several side by side."""

import argparse
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.reports.feature_slices import PAGE
from greenlight_films.reports.report import write_page
from greenlight_films.studies.run_folder import RECORD, RunFolder

OPTIONS = ("--run", "--out")
NEEDS_A_RUN = "`report` needs a run, or several to compare: give --run runs/<study>/version_<n> [...]"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: "):
            option = message.removeprefix("unrecognized arguments: ").split("=")[0].split()[0]
            if option.startswith("-"):
                raise InputError(f"no option '{option}'{nearest(option, OPTIONS)}")
            raise InputError(f"`report` takes folders after --run, got {option}")
        if "--out" in message:
            raise InputError("--out needs one file, such as report.html")
        raise InputError(NEEDS_A_RUN)


def run(words: list[str], console: Console) -> None:
    """Write the page of the runs that `--run` names."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--run", nargs="+", action="extend", default=[])
    parser.add_argument("--out")
    given = parser.parse_args(words)
    if not given.run:
        raise InputError(NEEDS_A_RUN)
    runs = [RunFolder.open(path, of_runs=len(given.run) == 1) for path in given.run]
    for folder in runs:
        if folder.holds_runs and not folder.read_json(RECORD)["finished"]:
            raise InputError(f"--run {folder.path}: none of its runs is finished; go on with `study --resume`")
        if not (folder.holds_runs or (folder.path / "metrics.json").is_file()):
            raise InputError(f"--run {folder.path} has no metrics.json: it is no run of a study, or was not begun")
    if len({folder.path.resolve() for folder in runs}) < len(runs):
        raise InputError("--run must name each run once, to compare it with others")
    page = runs[0].path / PAGE if len(runs) == 1 else runs[0].path.parent / PAGE
    if given.out is not None:
        page = Path(given.out)
        if page.suffix.lower() not in (".html", ".htm"):
            raise InputError(
                f"--out must end in .html, got {page}" if given.out else "--out needs one file, such as report.html"
            )
        if page.is_dir():
            raise InputError(f"--out must be a file, got the folder {page}")
    write_page(runs, page, console)
