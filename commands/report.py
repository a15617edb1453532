"""`report`: write a page of a run's results, or of several side by side."""

from pathlib import Path

from rich.console import Console

from greenlight_films.commands.parser.help import OPTIONS
from greenlight_films.commands.parser.plain import PlainParser
from greenlight_films.datamodules.errors import InputError
from greenlight_films.reports.feature_slices import PAGE
from greenlight_films.reports.report import write_page
from greenlight_films.studies.run_folder import RECORD, RunFolder


def run(words: list[str], console: Console) -> None:
    """Write the page of the runs that `--run` names."""
    parser = PlainParser("report", OPTIONS["report"])
    parser.add_argument("--run", nargs="+", action="extend", default=[])
    parser.add_argument("--out")
    given = parser.parse_args(words)
    if not given.run:
        raise InputError("`report` needs a run, or several to compare: give --run runs/<study>/version_<n> [...]")
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
            raise InputError(f"--out must end in .html, got '{given.out}'")
        if page.is_dir():
            raise InputError(f"--out must be a file, got the folder {page}")
    write_page(runs, page, console)
