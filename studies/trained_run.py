"""A trained network at work in its run's folder: what `test`, `validate`, `predict` and `importance` begin with."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import Trained, load_trained


@contextmanager
def trained_run(
    settings: Settings,
    run: RunFolder | None,
    checkpoint: Checkpoint,
    console: Console,
    *,
    stage: str = "test",
    adds: bool = False,
) -> Iterator[tuple[RunFolder, FilmDataModule, Trained]]:
    """Give a command its folder, the data as the network was trained with them, and the network.

    Args:
        run: of the network; None where a checkpoint file is given in its place, and a new folder is made.
        stage: `predict` takes any films, others the run's own.
        adds: whether scores are added to those of the run.
    """
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint, stage)
    with open_run(settings, data, run, console, adds=adds) as folder:
        callbacks = [settings.tensorboard]
        yield folder, data, load_trained(settings.model, settings.training, folder.path, checkpoint, callbacks)
