"""Writes `report.html`: the page of a run, or of several side by side."""

from pathlib import Path

from rich.console import Console

from greenlight_films.reports.page import report_page
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.written_files import reading

PAGE = "report.html"


def write_report(run: RunFolder, console: Console) -> None:
    """Write the page of a run that has just ended into its folder."""
    write_page([run], run.path / PAGE, console)


def write_page(runs: list[RunFolder], page: Path, console: Console) -> None:
    """Write the page of some runs into a file."""
    with console.status("Drawing"), reading(runs[0].path):
        Folder(page.parent).write_text(page.name, report_page([Results(run) for run in runs]))
    console.print(str(page), style="bold", highlight=False, markup=False, soft_wrap=True)
