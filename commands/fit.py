"""`fit`: train only."""

from rich.console import Console

from greenlight_films.commands.parser.options import training_options
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.program import command
from greenlight_films.studies.checkpoints import checkpoint_to_resume
from greenlight_films.studies.load import load
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.processes import is_rank_zero, say
from greenlight_films.studies.train import train


def run(words: list[str], console: Console) -> None:
    """Train a network, or go on where a run stopped."""
    settings, folder = training_options("fit", words)
    resume = checkpoint_to_resume(folder, settings.checkpoint)
    if resume and folder is None and (finished := resume.why_finished(settings.training)):
        raise InputError(f"{resume.path}: {finished}")
    data = load(settings, console=console)
    with open_run(settings, data, folder, console, trains="fit", resume=resume) as run_folder:
        callbacks = [settings.tensorboard]
        trained = train(data, settings.model, settings.training, run_folder.path, callbacks, resume, settings.refit)
    if is_rank_zero():
        if trained.finished:
            say(console, trained.finished)
        say(console, f"\n{run_folder.path}/", "bold")
        if run_folder.has("best"):
            next_step = f"score the held-out films: {command(f'test --run {run_folder.path}')}"
            say(console, next_step)
