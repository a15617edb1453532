"""`importance`: say which people, companies and genres a run's predictions rest on."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options
from greenlight_films.commands.parser.stopped import raise_if_stopped
from greenlight_films.reports.importance_table import print_importance
from greenlight_films.reports.run_summary import print_folder
from greenlight_films.studies.evaluate import evaluate, measure_importance
from greenlight_films.studies.importance_files import write_importance
from greenlight_films.studies.open_run import trained_run
from greenlight_films.studies.processes import busy, is_rank_zero
from greenlight_films.studies.results import Results


def run(words: list[str], console: Console) -> None:
    """Measure permutation importance with a run's best epoch."""
    settings, run, checkpoint = run_options("importance", words)
    with trained_run(settings, run, checkpoint, console) as (folder, data, trained):
        evaluate(trained, data, settings.importance.split)
        ranking = measure_importance(trained, settings.importance)
        if is_rank_zero():
            with busy(console, "Writing"):
                write_importance(folder, ranking, data, settings.importance.features)
    if is_rank_zero():
        results = Results(folder)
        print_importance(results, console)
        print_folder(folder, console)
        raise_if_stopped(results)
