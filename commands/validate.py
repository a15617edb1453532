"""`validate`: score the validation films of a run."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options
from greenlight_films.reports.run_summary import print_folder, print_validation
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.open_run import trained_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.write import write_validation


def run(words: list[str], console: Console) -> None:
    """Score a run's best epoch on the films that chose it."""
    with trained_run(*run_options("validate", words), console, adds=True) as (folder, data, trained):
        evaluate(trained, data, "val")
        if is_rank_zero():
            write_validation(folder, trained.model, data)
            print_validation(Results(folder), console)
            print_folder(folder, console)
