"""Writes `report.html`: the page of a run, or of several side by side."""

from pathlib import Path

from rich.console import Console

from greenlight_films.reports.page import report_page
from greenlight_films.reports.spread_page import spread_page
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.written_files import reading

PAGE = "report.html"


def write_report(run: RunFolder, console: Console) -> None:
    """Write the page of a run that has just ended, or of several by seed or fold, into its folder."""
    write_page([run], run.path / PAGE, console)


def write_page(runs: list[RunFolder], page: Path, console: Console) -> None:
    """Write the page of some runs into a file."""
    with console.status("Drawing"), reading(runs[0].path):
        of_spread = len(runs) == 1 and runs[0].holds_runs
        text = spread_page(Spread(runs[0])) if of_spread else report_page([Results(run) for run in runs])
        Folder(page.parent).write_text(page.name, text)
    console.print(str(page), style="bold", highlight=False, markup=False, soft_wrap=True)
