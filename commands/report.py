"""The command `report`: a page of a run's results, or of several runs side by side."""

from pathlib import Path

from rich.console import Console

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.reports.page import report_page
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder

PAGE = "report.html"


def report(words: list[str], console: Console) -> None:
    """Write the page of the runs that `--run` names.

    Args:
        words: the options.

    Raises:
        InputError: a run is none, or an option is unknown.
    """
    paths, out = _parse(words)
    runs = [RunFolder.open(path) for path in paths]
    for run in runs:
        if not (run.path / "metrics.json").is_file():
            raise InputError(f"--run {run.path} has no metrics.json: it is no run of a study, or was not begun")
    if len({run.path.resolve() for run in runs}) < len(runs):
        raise InputError("--run must name each run once, to compare it with others")
    page = Path(out) if out else runs[0].path / PAGE if len(runs) == 1 else runs[0].path.parent / PAGE
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out must end in .html, got {page}")
    if page.is_dir():
        raise InputError(f"--out must be a file, got the folder {page}")
    _write(runs, page, console)


def write_report(run: Path, console: Console) -> None:
    """Write the page of a run that has just ended."""
    _write([RunFolder(run)], run / PAGE, console)


def _write(runs: list[RunFolder], page: Path, console: Console) -> None:
    with console.status("Drawing"):
        Folder(page.parent).write_text(page.name, report_page([Results(run) for run in runs]))
    console.print(str(page), style="bold", highlight=False, markup=False, soft_wrap=True)


def _parse(words: list[str]) -> tuple[list[str], str | None]:
    """Return the folders behind `--run`, and what `--out` names."""
    found: dict[str, list[str]] = {"--run": [], "--out": []}
    option = ""
    for word in words:
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            if option not in found:
                raise InputError(f"no option '{option}'{nearest(option, found)}")
            found[option] += [value] if equals else []
        elif not option:
            raise InputError(f"`report` takes folders behind --run, got {word}")
        else:
            found[option].append(word)
    if not found["--run"]:
        raise InputError("`report` needs a run, or several to compare: give --run runs/<study>/version_<n> [...]")
    if len(found["--out"]) > 1 or ("--out" in words and not found["--out"]) or "" in found["--out"]:
        raise InputError("--out needs one file, such as report.html")
    return found["--run"], next(iter(found["--out"]), None)
