"""`predict`: predict films, those of a run or new ones."""

from rich.console import Console

from greenlight_films.commands.parser.options import run_options
from greenlight_films.reports.run_summary import print_folder, print_new_films
from greenlight_films.studies.evaluate import predict
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.train import load_trained
from greenlight_films.studies.write import write_predictions


def run(words: list[str], console: Console) -> None:
    """Predict every film of a table with a run's best epoch."""
    settings, folder, checkpoint = run_options("predict", words)
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint, "predict")
    with open_run(settings, data, folder, console) as run_folder:
        trained = load_trained(settings.model, settings.training, run_folder.path, checkpoint, [settings.tensorboard])
        predict(trained, data)
        if is_rank_zero():
            name = write_predictions(run_folder, trained.model, data)
            print_new_films(name, trained.model, data, console)
            print_folder(run_folder, console)
