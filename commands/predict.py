"""`predict`: predict films, those of a run or new ones."""

from pathlib import Path

from rich.console import Console

from greenlight_films.commands.parser.options import run_options, taken_out
from greenlight_films.datamodules.errors import InputError
from greenlight_films.reports.run_summary import print_folder, print_intervals, print_new_films
from greenlight_films.studies.evaluate import predict
from greenlight_films.studies.interval_files import read_intervals
from greenlight_films.studies.open_run import trained_run
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.write import write_predictions


def run(words: list[str], console: Console) -> None:
    """Predict every film of a table with a run's best epoch, into a file beside the run or the one of `--out`."""
    words, out = taken_out("--out", words, "a file, such as predictions.csv")
    file = None if out is None else Path(out)
    if file and not (file.suffix == ".csv" and file.parent.is_dir()):
        raise InputError(f"--out must be a .csv file in a folder that is there, got {out}")
    with trained_run(*run_options("predict", words), console, stage="predict") as (folder, data, trained):
        predict(trained, data)
        if is_rank_zero():
            name = write_predictions(folder, trained.model, data, file)
            print_new_films(name, trained.model, data, console)
            _, reason = read_intervals(folder, trained.model.network)
            print_intervals(Results(folder), console, reason)
            print_folder(folder, console)
