"""`baselines`: fit classical models to a study's films."""

from rich.console import Console

from greenlight_films.commands.parser.options import checked, config_of
from greenlight_films.datamodules.errors import InputError
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.compare import compare
from greenlight_films.studies.load import load, refuse_impossible, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import busy
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings


def run(words: list[str], console: Console) -> None:
    """Fit classical models, and add them to a run, or make one without a network."""
    words, path = checked("baselines", words, "--run")
    if not path and not any(word.partition("=")[0] in ("--config", "-c", "--ckpt_path", "--help") for word in words):
        raise InputError(
            "`baselines` needs films: give --run runs/<study>/version_<n>, or --config configs/<study>.yaml"
        )
    folder = RunFolder.open(path) if path else None
    settings = read_settings([*config_of(folder), *words])
    refuse_parts_of_rows(settings)
    file = folder.checkpoint("best") if folder and folder.has_checkpoint else settings.checkpoint
    data = load(settings, Checkpoint.read(file) if file else None, console=console)
    refuse_impossible(settings.comparison, data)
    if settings.refit and not file:
        with busy(console, "Reading the table"):
            data.refit()
    with open_run(settings, data, folder, console, adds=True) as run_folder:
        compare(run_folder, data, settings.comparison, console)
        print_summary(Results(run_folder), console, importance=False)
