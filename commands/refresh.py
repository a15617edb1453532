"""`refresh`: make what a run knows of names anew with newer films."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options, taken_out
from greenlight_films.datamodules import InputError
from greenlight_films.reports.report import write_report
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.studies.refresh import refresh


def run(words: list[str], console: Console) -> None:
    """Make a new run of a finished one, whose records and linear effects know the films of another table too."""
    words, table = taken_out("--table", words, "a table of newer films")
    if table is None and not {"--help", "--print_config"} & set(words):
        raise InputError("`refresh` needs newer films: give --table FILE")
    settings, _, checkpoint = run_options("refresh", words)
    results = refresh(settings, checkpoint, table, console)
    print_summary(results, console, importance=False)
    write_report(results.run, console, with_page=settings.report)
