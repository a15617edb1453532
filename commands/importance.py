"""`importance`: say which people, companies and genres a run's predictions rest on."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options
from greenlight_films.commands.parser.stopped import raise_if_stopped
from greenlight_films.reports.importance_table import print_importance
from greenlight_films.reports.run_summary import print_folder
from greenlight_films.studies.evaluate import evaluate, measure_importance
from greenlight_films.studies.importance_files import write_importance
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.train import load_trained


def run(words: list[str], console: Console) -> None:
    """Measure permutation importance with a run's best epoch."""
    settings, folder, checkpoint = run_options("importance", words)
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint)
    with open_run(settings, data, folder, console) as run_folder:
        trained = load_trained(settings.model, settings.training, run_folder.path, checkpoint, [settings.tensorboard])
        evaluate(trained, data, settings.importance.split)
        ranking = measure_importance(trained, settings.importance)
        if is_rank_zero():
            write_importance(run_folder, ranking, data)
    if is_rank_zero():
        results = Results(run_folder)
        print_importance(results, console)
        print_folder(run_folder, console)
        raise_if_stopped(results)
