"""`validate`: score the validation films of a run."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options
from greenlight_films.reports.run_summary import print_folder, print_validation
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.train import load_trained
from greenlight_films.studies.write import write_validation


def run(words: list[str], console: Console) -> None:
    """Score a run's best epoch on the films that chose it."""
    settings, folder, checkpoint = run_options("validate", words)
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint)
    with open_run(settings, data, folder, console, adds=True) as run_folder:
        trained = load_trained(settings.model, settings.training, run_folder.path, checkpoint, [settings.tensorboard])
        evaluate(trained, data, "val")
        if is_rank_zero():
            write_validation(run_folder, trained.model, data)
            print_validation(Results(run_folder), console)
            print_folder(run_folder, console)
