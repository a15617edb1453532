"""The whole road: a table goes in; a trained network, its scores, what they rest on, and other models come out."""

from rich.console import Console

from greenlight_films.baselines import Comparison
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.checkpoints import checkpoint_to_resume
from greenlight_films.studies.compare import compare
from greenlight_films.studies.evaluate import evaluate, measure_importance, predict
from greenlight_films.studies.fitting_beside import fitting_beside
from greenlight_films.studies.importance_files import write_importance
from greenlight_films.studies.load import load, refuse_impossible, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import busy, is_rank_zero
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import train
from greenlight_films.studies.write import write_predictions, write_test


def study(settings: Settings, run: RunFolder | None, console: Console) -> Results | None:
    """Train a network, score it on the test films, measure what its predictions rest on, and fit other models.

    Args:
        run: the one to resume; None for a new one.

    Returns:
        What stands in the run's folder; None in all processes but the first of several.

    Raises:
        InputError: the settings can't be used, or no epoch was trained.
        KeyboardInterrupt: a signal came while training; what is finished is kept.
    """
    refuse_parts_of_rows(settings)
    resume = checkpoint_to_resume(run, settings.checkpoint)
    data = load(settings, console=console)
    refuse_impossible(settings.comparison, data)
    with (
        open_run(settings, data, run, console, trains="study", resume=resume, adds=True) as folder,
        fitting_beside(settings, data, resume) as beside,
    ):
        callbacks, refit = [settings.tensorboard], settings.refit
        trained = train(data, settings.model, settings.training, folder.path, callbacks, resume, refit)
        evaluate(trained, data)
        ranking = measure_importance(trained, settings.importance)
        predict(trained, data)
        if not is_rank_zero():
            return None
        with busy(console, "Writing"):  # what the network tells, before classical models take their time
            model = trained.whole_model()
            write_test(folder, model, data)
            write_predictions(folder, model, data)
            write_importance(folder, ranking, data, settings.importance.features)
        is_stopped = STOP.number is not None or not ranking.is_whole
        if is_stopped:
            compare(folder, data, Comparison(models=[]), console)
        else:
            compare(folder, data, settings.comparison, console, beside)
        return Results(folder)
