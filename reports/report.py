"""Writes `report.html`, the page of a run or of several side by side, and `model_card.md`."""

from pathlib import Path

import pandas as pd
from rich.console import Console

from greenlight_films.reports.feature_slices import PAGE, write_slices
from greenlight_films.reports.model_card import CARD, CardSection, markdown, model_card
from greenlight_films.reports.page import report_page
from greenlight_films.reports.sections import intervals_of
from greenlight_films.reports.spread_page import spread_page
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.written_files import reading


def write_report(run: RunFolder, console: Console, *, with_page: bool = True) -> None:
    """Write the page of a run that has just ended, or of several by seed or fold, into its folder.

    Args:
        with_page: or the model card of a run alone.
    """
    if with_page:
        write_page([run], run.path / PAGE, console)
    else:
        write_card(run)


def write_page(runs: list[RunFolder], page: Path, console: Console) -> None:
    """Write the page of some runs into a file; of a single run its model card, too, into the run's folder."""
    with console.status("Drawing"), reading(runs[0].path):
        if len(runs) > 1:
            text = report_page([Results(run) for run in runs])
        elif runs[0].holds_runs:
            text = spread_page(Spread(runs[0]))
        else:
            results = Results(runs[0])
            intervals = intervals_of(results)
            text = report_page([results], [intervals], _write_card(results, intervals), page)
            write_slices(results.estimable, page)
        Folder(page.parent).write_text(page.name, text)
    say(console, str(page), "bold")


def write_card(run: RunFolder) -> None:
    """Write the model card of a run into its folder."""
    with reading(run.path):
        results = Results(run)
        _write_card(results, intervals_of(results))


def _write_card(results: Results, intervals: pd.DataFrame) -> list[CardSection]:
    card = model_card(results, intervals)
    results.run.write_text(CARD, markdown(results.name, card))
    return card
