"""`test`: score the test films of a run."""

from rich.console import Console

from greenlight_films.baselines import Comparison
from greenlight_films.commands.parser.options import run_options
from greenlight_films.reports.report import write_card
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.studies.compare import compare
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.open_run import trained_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.write import write_test


def run(words: list[str], console: Console) -> None:
    """Score a run's best epoch beside guessing the mean."""
    with trained_run(*run_options("test", words), console, adds=True) as (folder, data, trained):
        evaluate(trained, data)
        if is_rank_zero():
            write_test(folder, trained.whole_model(), data)
            compare(folder, data, Comparison(models=[]), console)
            print_summary(Results(folder), console, importance=False)
            write_card(folder)
